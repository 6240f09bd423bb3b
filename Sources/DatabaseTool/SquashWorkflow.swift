internal import Catalog
internal import FoundationEssentials
internal import Introspection
internal import Migrations
internal import Planning
internal import Postgres

/// From old migrations to one that leads to the same.
struct SquashWorkflow {
  let project: Project
  let old: [MigrationFile]
  let rest: [MigrationFile]
  /// Where all of them lead.
  let lock: Catalog
  let name: String
  let keepsData: Bool

  /// - Throws: `ToolError` where the migrations leave rows, or the baseline does not lead to the same.
  func baseline() async throws -> MigrationFile {
    guard let last = old.last, old.count > 1 else {
      throw ToolError("there are not two migrations before that version to make one of; dbtool status lists them")
    }
    let states = States(database: project.database)
    let rows = try await SquashedRows.read(states, old)
    if !rows.isEmpty, !keepsData {
      throw ToolError(
        "the migrations leave rows in \(rows.tables.joined(separator: ", ")), which a baseline of the schema alone would lose. "
          + "--keep-data writes them into it. Nothing was written.")
    }
    let target = try await states.catalog(after: old, within: lock).removing { fact in
      // A window of what became a partitioned table later.
      fact.id.kind == .partitionWindow && !isPartitioned(fact.id)
    }
    let file = MigrationFile(
      version: last.version, name: name,
      text: try await text(states, from: try await states.empty(), to: target, rows, title: "\(last.version)_\(name)"))
    try await prove(file, states, rows)
    return file
  }

  private func isPartitioned(_ window: FactID) -> Bool {
    lock[FactID(.table, schema: window.schema, name: window.name)]?.attributes[.partitionKey] != nil
  }

  private func text(
    _ states: States, from empty: Catalog, to target: Catalog, _ rows: SquashedRows, title: String
  ) async throws -> String {
    var workflow = PlanWorkflow(project: project, states: states, renames: .off)
    workflow.strategy = .nothing
    var plan = try await states.plan(from: empty, to: target)
    guard !plan.isEmpty || !rows.isEmpty else { throw ToolError("the migrations before that version lead to nothing") }
    let proof = try await workflow.prove(&plan, on: try await states.replayTemplate([]), from: empty, to: target)
    guard proof.holds else {
      throw ToolError(
        "a baseline does not lead to what the migrations lead to:\n"
          + proof.differences.prefix(10).map { DifferenceOutput.text($0, Console.error) }.joined())
    }
    var text = MigrationWriter.text(for: plan, proof: proof, title: title)
    // Into the header, after its title.
    let end = text.firstIndex(of: "\n").map(text.index(after:)) ?? text.endIndex
    text.insert(contentsOf: MigrationFile.replaces(old), at: end)
    return rows.isEmpty ? text : text + "\nBEGIN;\n\n" + rows.sql + "\nCOMMIT;\n"
  }

  /// With what comes after it, the same facts and the same rows.
  private func prove(_ file: MigrationFile, _ states: States, _ rows: SquashedRows) async throws {
    let windows = lock.windows
    let before = try await states.replayed(old + rest).withoutWindowPartitions(of: windows)
    let after = try await states.replayed([file] + rest).withoutWindowPartitions(of: windows)
    let (actual, expected) = try await states.reconciled(after, before)
    let differences = CatalogDifference.compare(expected: expected, actual: actual)
    guard differences.isEmpty else {
      throw ToolError(
        "with the baseline, the migrations lead to something else:\n"
          + differences.prefix(10).map { DifferenceOutput.text($0, Console.error) }.joined())
    }
    let kept = try await SquashedRows.read(states, [file])
    guard kept.checksums == rows.checksums else {
      let names = Set(rows.checksums.keys).union(kept.checksums.keys).filter {
        rows.checksums[$0] != kept.checksums[$0]
      }
      throw ToolError("with the baseline, other rows are in \(names.sorted().joined(separator: ", "))")
    }
  }

  /// Writes the baseline and the lock, then takes away what it stands for.
  func write(_ baseline: MigrationFile) throws {
    let folder = project.migrationsFolder
    try Project.write(baseline.text, to: "\(folder)/\(baseline.fileName)")
    let files = [baseline] + rest
    try Project.write(SchemaLock(migrations: files.map(\.lockEntry), catalog: lock).text, to: project.lockPath)
    for file in old where file.fileName != baseline.fileName {
      try FileManager.default.removeItem(atPath: "\(folder)/\(file.fileName)")
    }
  }
}

/// The rows that migrations leave in a fresh database.
struct SquashedRows: Sendable {
  /// The SQL that brings them back, as `pg_dump` writes it, and where sequences stand.
  var sql: String
  /// Each table's, by its name.
  var checksums: [String: String]

  var tables: [String] { checksums.keys.sorted() }
  var isEmpty: Bool { checksums.isEmpty }

  static func read(_ states: States, _ files: [MigrationFile]) async throws -> SquashedRows {
    let server = try await states.scratch()
    let excluded = states.reader.excludedSchemas
    return try await server.withDatabase(from: try await states.replayTemplate(files)) { database in
      let (checksums, sequences) = try await Connection.with(database.target) {
        (try await Self.checksums($0, excluded), try await Self.sequences($0, excluded))
      }
      guard !checksums.isEmpty else { return SquashedRows(sql: "", checksums: [:]) }
      let dump = try await ChildProcess.run(
        server.installation.bin + "/pg_dump",
        ["-h", server.directory, "-U", ScratchServer.superuser, "--data-only", "--column-inserts", "--no-comments"]
          + excluded.sorted().map { "--exclude-schema=\(Quote.identifier($0))" } + ["-d", database.name])
      guard dump.status == 0 else { throw ToolError("pg_dump cannot read the rows: \(dump.output.trimmedTrailing)") }
      // Lines for psql are not SQL, and everything but the rows is settings of its session.
      let lines = dump.output.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("\\") }
      let inserts = try Script.split(lines.joined(separator: "\n")).map(\.sql).filter(Script.isInsert)
      return SquashedRows(sql: (inserts + sequences).map { $0 + ";\n" }.joined(), checksums: checksums)
    }
  }

  private static func checksums(_ connection: Connection, _ excluded: Set<String>) async throws -> [String: String] {
    let names = try await connection.query(
      """
      SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND n.nspname <> ALL ($1::text[]) AND n.nspname !~ '^(pg_|information_schema$)'
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                                                             AND d.deptype = 'e')
       ORDER BY 1
      """, [ArrayText.encode(excluded.sorted())]
    ).map { try $0.string(0) }
    let results = try await connection.pipeline(
      names.map {
        Statement("SELECT pg_catalog.md5(pg_catalog.string_agg(t::text, E'\\n' ORDER BY t::text)) FROM \($0) AS t")
      })
    var checksums: [String: String] = [:]
    for (name, result) in zip(names, results) {
      if let sum = try result.get()[0].optionalString(0) { checksums[name] = sum }
    }
    return checksums
  }

  private static func sequences(_ connection: Connection, _ excluded: Set<String>) async throws -> [String] {
    try await connection.query(
      """
      SELECT pg_catalog.format('SELECT pg_catalog.setval(%L, %s)', pg_catalog.format('%I.%I', schemaname, sequencename), last_value)
        FROM pg_catalog.pg_sequences WHERE last_value IS NOT NULL AND schemaname <> ALL ($1::text[]) ORDER BY 1
      """, [ArrayText.encode(excluded.sorted())]
    ).map { try $0.string(0) }
  }
}
