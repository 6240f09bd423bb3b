internal import ArgumentParser
internal import Escaping
internal import Migrations
internal import Postgres

struct MarkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mark",
    abstract: "Change what a database is marked as.",
    discussion: """
      dbtool apply --environment marks a database that has no mark. From then on only this changes it, and only from what it is: \
      dbtool mark --from production --to staging. reset drops only databases that are marked development or test; seed \
      refuses another environment's seeds anywhere else. Case does not matter, and prod or live is production, stage or preprod \
      staging, dev or local development, testing or ci test; any other name is a mark of its own. One that was written by hand is \
      named as it is, whatever it is: dbtool mark --from 'Our demo!' --to staging.
      """)

  @Option(help: ArgumentHelp("What the database is marked as; none for no mark.", valueName: "name"))
  var from: String?

  @Option(help: ArgumentHelp("What it is to be marked as.", valueName: "name"))
  var to: String?

  @Option(
    help: ArgumentHelp("Take the database over from this project, which was renamed to this one.", valueName: "project")
  )
  var renamedFrom: String?

  @OptionGroup var databaseOptions: DatabaseOptions
  @OptionGroup var projectOptions: ProjectOptions

  func validate() throws {
    guard (from == nil) == (to == nil), from != nil || renamedFrom != nil else {
      throw ValidationError("Say both marks, for example dbtool mark --from production --to staging.")
    }
    if let to { _ = try environmentMark(to, option: "--to") }
  }

  func run() async throws {
    try await reporting {
      let project = try projectOptions.project(.migrations)
      let (target, _) = try await databaseOptions.resolve(project)
      let name = project.databaseName
      let change = try from.flatMap { from in
        try to.map { (from: from, to: try environmentMark($0, option: "--to")) }
      }
      try await ApplyLock.withSession(target) { _, connection in
        if let renamedFrom { try await DatabaseMarks.rename(target, from: renamedFrom, to: name, connection) }
        if let change {
          try await DatabaseMarks(connection).verify(target, project: name)
          try await DatabaseMarks.change(target, from: change.from, to: change.to, connection)
        }
      }
      if renamedFrom != nil { Console.output.line("\(target) belongs to the project \(name)") }
      if let change { Console.output.line("\(target) is marked as \(change.to)") }
    }
  }
}
