internal import ArgumentParser
internal import Escaping
internal import FoundationEssentials
internal import Generating
internal import Introspection
internal import Migrations
internal import Postgres

struct TypesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "types",
    abstract: "Write types for clients: tables, views, functions, enums, composites.",
    discussion: """
      For TypeScript, the type `Database` in the shape that Supabase's client library reads; for Swift, Codable structures. Of what \
      is declared, or with --database of what is there. Partitions, and what belongs to others, are left out.
      """)

  enum Language: String, ExpressibleByArgument, CaseIterable { case typescript, swift }

  @Option(help: "Which language: typescript or swift.")
  var language: Language

  @Option(name: .customLong("schema"), help: ArgumentHelp("Only this schema. May be repeated.", valueName: "name"))
  var schemas: [String] = []

  @Option(name: [.short, .long], help: ArgumentHelp("Write into this file instead of the output.", valueName: "file"))
  var output: String?

  @Flag(help: "Exit with 2 when the file is not what would be written; write nothing. For CI.")
  var check = false

  @Option(
    help: ArgumentHelp("A database instead of what is declared, as a libpq connection string or URL.", valueName: "url")
  )
  var database: String?

  @OptionGroup var source: SourceOptions
  @OptionGroup var projectOptions: ProjectOptions

  func validate() throws {
    if check, output == nil { throw ValidationError("--check compares a file: say --output <file>.") }
  }

  func run() async throws {
    try await reporting(loading: source) {
      let project = try projectOptions.project()
      let model = try await SchemaModel.read(
        schemas.isEmpty ? nil : schemas, from: database, States(database: project.database))
      let text =
        switch language {
        case .typescript: TypeScriptTypes(model).text
        case .swift: SwiftTypes(model).text
        }
      guard let output else {
        Console.output.emit(text)
        return
      }
      if check {
        let there = try? String(contentsOfFile: output, encoding: .utf8)
        guard there != text else { return }
        Console.error.failure(
          "\(output) is not what the schema is. Write it anew, with the same options without --check.")
        throw ExitCode(2)
      }
      try Project.write(text, to: output.contains("/") ? output : "./\(output)")
      Console.output.line(
        "wrote \(output): \(countText(model.relations.count, "table or view", plural: "tables and views")), \(countText(model.functions.count, "function"))"
      )
    }
  }
}

extension SchemaModel {
  /// What is declared, or what a database is.
  static func read(_ schemas: [String]?, from url: String?, _ states: States) async throws -> SchemaModel {
    let excluded = states.reader.excludedSchemas
    if let url {
      return try await Connection.with(try ConnectionTarget(url)) { try await read(schemas, excluding: excluded, $0) }
    }
    let server = try await states.scratch()
    return try await server.withDatabase(from: try await states.declaredTemplate()) { database in
      try await Connection.with(database.reading) { try await read(schemas, excluding: excluded, $0) }
    }
  }
}
