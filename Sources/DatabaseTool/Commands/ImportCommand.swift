internal import ArgumentParser
internal import Catalog
internal import FoundationEssentials
internal import Importing
internal import Introspection
internal import Migrations
internal import Planning
internal import Postgres

struct ImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Turn an existing database into Swift declarations.",
    discussion: """
      Writes a Swift file for each table, view and function, and a baseline migration, proved, with schema.lock. The baseline is \
      marked as applied in the database, in a schema dbtool; nothing else of it is touched. What the declarations' language has no \
      words for stands in SQL beside them. After it, `swift build` and `dbtool plan --database URL` find nothing to do.
      """)

  @Argument(
    help: ArgumentHelp("The database, as a libpq connection string or URL, or a folder of SQL files.", valueName: "url")
  )
  var state: String

  @Option(help: ArgumentHelp("The folder for the declarations, new or empty: Sources/<target>.", valueName: "folder"))
  var into: String

  @Option(help: ArgumentHelp("The baseline migration's name.", valueName: "name"))
  var name = "baseline"

  @Flag(inversion: .prefixedNo, help: "Mark the baseline as applied in the database.")
  var mark = true

  @OptionGroup var projectOptions: ProjectOptions

  func validate() throws {
    guard MigrationFile.isName(name) else {
      throw ValidationError("A migration's name has letters, digits, _ and -, for example baseline.")
    }
  }

  func run() async throws {
    try await reporting {
      let project = try projectOptions.project()
      let folder = into.hasPrefix("/") ? into : "\(project.root)/\(into)"
      try refuseToOverwrite(folder, project)
      let source = try StateArgument(state)
      let states = States(database: project.database)
      var found = try await source.catalog(project, states)
      guard found.unmodeled.isEmpty else {
        let list = found.unmodeled.map { "\($0.kind) \($0.name)" }.joined(separator: ", ")
        throw ToolError("dbtool does not model \(list). Take them out, or import a copy of the database without them.")
      }
      found.remove { $0.id.kind.isDeclaredOnly || $0.id.kind == .cronJob && $0.id.name.isEmpty }
      let roles = found.facts.values.filter { $0.id.kind == .role }
      let (settled, details) = try await settle(SchemaImport.withRolesInUse(found), states)
      let imported = try SchemaImport(
        settled, roles: roles, base: try await states.empty(), details: details, database: databaseName(source))
      for note in imported.notes { Console.error.warning(note) }
      let files = try await baseline(imported, project, states)
      for file in imported.files { try Project.write(file.text, to: "\(folder)/\(file.path)") }
      if mark, case .url(let target) = source {
        try await Connection.with(target) { try await History.adopt(files, $0) }
      }
      report(imported, files, source)
    }
  }

  private func refuseToOverwrite(_ folder: String, _ project: Project) throws {
    let there = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    guard there.isEmpty else { throw ToolError("\(into) is not empty; import into a new folder") }
    guard try project.migrations().isEmpty, !project.hasLock else {
      throw ToolError("\(project.root) has migrations or a schema.lock already; import into a project without them")
    }
  }

  /// The catalog as PostgreSQL prints it once it was read again, and what declarations spell out of it.
  private func settle(_ found: Catalog, _ states: States) async throws -> (Catalog, ImportDetails) {
    let settled = try await states.settled(found)
    let template = try await states.rebuiltTemplate(settled)
    let server = try await states.scratch()
    let reader = states.reader
    let details = try await server.withDatabase(from: template) { database in
      try await Connection.with(database.target) { connection in
        try await reader.read(connection) { try await ImportDetails.read($0) }.1
      }
    }
    return (settled, details)
  }

  private func databaseName(_ source: StateArgument) -> String {
    if case .url(let target) = source, let name = target.databaseName { return name }
    return into.split(separator: "/").last.map(String.init) ?? "database"
  }

  /// The migration from nothing to all of it, written and proved.
  private func baseline(
    _ imported: SchemaImport, _ project: Project, _ states: States
  ) async throws -> [MigrationFile] {
    let empty = try await states.empty()
    var workflow = PlanWorkflow(project: project, states: states, renames: .off)
    workflow.strategy = .nothing
    var plan = try await states.plan(from: empty, to: imported.catalog)
    guard !plan.isEmpty else { throw ToolError("there is nothing in the database to import") }
    let proof = try await workflow.prove(
      &plan, on: try await states.replayTemplate([]), from: empty, to: imported.catalog)
    guard proof.holds else {
      throw ToolError(
        "the baseline does not lead to what the database is:\n"
          + proof.differences.prefix(10).map { DifferenceOutput.text($0, Console.error) }.joined())
    }
    let result = PlanWorkflow.Result(
      plan: plan, proof: proof, source: empty, target: imported.catalog, unlisted: [], files: [])
    _ = try workflow.write(result, name: name)
    return try project.migrations()
  }

  private func report(_ imported: SchemaImport, _ files: [MigrationFile], _ source: StateArgument) {
    let console = Console.output
    console.line(
      "wrote \(imported.files.count) files to \(into), \(files.map { "migrations/\($0.fileName)" }.sentence) and schema.lock"
    )
    if imported.counts.inSQL > 0 {
      console.note("\(imported.counts.said) facts are declared in words, \(imported.counts.inSQL) in SQL")
    }
    if mark, case .url = source { console.line("marked the baseline as applied in \(source)") }
    console.line("next: swift build, and dbtool plan, which finds nothing to do")
  }
}
