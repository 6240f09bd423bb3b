internal import ArgumentParser
internal import Catalog
internal import Escaping
internal import FoundationEssentials
internal import Importing
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

  @OptionGroup var source: SourceOptions
  @OptionGroup var projectOptions: ProjectOptions

  func validate() throws {
    guard MigrationFile.isName(name) else {
      throw ValidationError(migrationName: "baseline")
    }
  }

  func run() async throws {
    try await reporting(loading: source) {
      let work = ImportWork(
        project: try projectOptions.project(), source: try StateArgument(state), folder: into, name: name,
        isMarked: mark)
      try await work.run()
    }
  }
}

/// An import into a project's folder.
struct ImportWork {
  let project: Project
  let source: StateArgument
  /// The folder for the declarations, from the project's.
  let folder: String
  /// The baseline's name.
  var name = "baseline"
  /// Whether the baseline is marked as applied.
  var isMarked = true

  /// - Throws: `ToolError` where there is something already, or the database has what cannot be imported.
  func run() async throws {
    let path = folder.hasPrefix("/") ? folder : "\(project.root)/\(folder)"
    let gate = try await project.holdFiles()
    defer { _ = gate }
    try refuseToOverwrite(path)
    try await refuseUnmarkable()
    let states = States(database: try await StateArgument.database(for: [source], project))
    let found = try await source.catalog(project, states)
    if let text = found.leftOutText(of: source) { Console.error.note(text) }
    guard found.unmodeled.isEmpty else {
      let list = found.unmodeled.map { "\($0.kind) \($0.name)" }.joined(separator: ", ")
      throw ToolError("dbtool does not model \(list). Take them out, or import a copy of the database without them.")
    }
    let imported = try await ImportWorkflow(states: states).declarations(of: found, database: databaseName)
    for note in imported.notes { Console.error.warning("\(note)") }
    let files = try await baseline(imported, states)
    for file in imported.files { try Project.write(file.text, to: "\(path)/\(file.path)") }
    if isMarked, case .url(let target) = source {
      var correction = History.Correction()
      correction.adopted = files
      try await Connection.with(target) { [correction] in try await History.correct(correction, $0) }
    }
    report(imported, files)
  }

  private func refuseToOverwrite(_ path: String) throws {
    let there = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    guard there.isEmpty else { throw ToolError("\(folder) is not empty; import into a new folder") }
    guard try project.migrations().isEmpty, !project.hasLock else {
      throw ToolError("\(project.root) has migrations or a schema.lock already; import into a project without them")
    }
  }

  /// Files that are written and a baseline that is not marked would be half an import.
  private func refuseUnmarkable() async throws {
    guard isMarked, case .url(let target) = source else { return }
    let (mayCreate, entries) = try await Connection.with(target) { connection in
      // Neither a replica nor a session that is to read only can be marked.
      let row = try await connection.asSession { connection in
        try await connection.query(
          """
          SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
                 AND NOT pg_catalog.pg_is_in_recovery()
                 AND NOT pg_catalog.current_setting('transaction_read_only')::pg_catalog.bool
          """)
      }[0]
      return (try row.bool(0), try row.bool(0) ? try await History.entries(connection) : [])
    }
    guard mayCreate else {
      throw ToolError(
        "\(target) may not make the schema dbtool, which marks the baseline as applied; use a role that may, or --no-mark"
      )
    }
    guard entries.isEmpty else {
      throw ToolError(
        "\(target) has a history of dbtool already, of \(countText(entries.count, "migration")); --no-mark imports beside it"
      )
    }
  }

  private var databaseName: String {
    if case .url(let target) = source, let name = target.databaseName { return name }
    return folder.split(separator: "/").last.map(String.init) ?? "database"
  }

  /// The migration from nothing to all of it, written and proved.
  private func baseline(_ imported: SchemaImport, _ states: States) async throws -> [MigrationFile] {
    let empty = try await states.empty()
    var workflow = PlanWorkflow(project: project, states: states, renames: .off)
    workflow.strategy = .nothing
    workflow.databaseName = databaseName
    var plan = try await states.plan(from: empty, to: imported.catalog)
    guard !plan.isEmpty else { throw ToolError("there is nothing in the database to import") }
    await states.expect(plan.steps)
    let proof = try await workflow.prove(
      &plan, on: try await states.replayTemplate([]), from: empty, to: imported.catalog)
    guard proof.holds else {
      throw ToolError(
        "the baseline does not lead to what the database is:\n"
          + proof.differences.prefix(10).map { DifferenceOutput.text($0).plain }.joined())
    }
    let result = PlanWorkflow.Result(
      plan: plan, proof: proof, source: empty, target: imported.catalog, unlisted: [], files: [])
    _ = try workflow.write(result, name: name)
    return try project.migrations()
  }

  private func report(_ imported: SchemaImport, _ files: [MigrationFile]) {
    let console = Console.output
    console.line(
      "wrote \(countText(imported.files.count, "file")) to \(folder), \(files.map { "migrations/\($0.fileName)" }.sentence) and schema.lock"
    )
    if imported.counts.inSQL > 0 {
      console.note("\(imported.counts.said) facts are declared in words, \(imported.counts.inSQL) in SQL")
    }
    if isMarked, case .url = source { console.line("marked the baseline as applied in \(source)") }
    console.line("next: swift build, and dbtool plan, which finds nothing to do")
  }
}
