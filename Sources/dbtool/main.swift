import DatabaseTool
import Platform

await DatabaseTool.main(Platform.database)
