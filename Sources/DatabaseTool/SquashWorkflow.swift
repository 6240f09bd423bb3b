internal import Catalog
internal import Escaping
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
    var target = try await states.catalog(after: old, within: lock)
    target.remove { !isOfItsTime($0) }
    let title = "\(last.version)_\(name)"
    let schema = try await text(states, from: try await states.empty(), to: target, title: title)
    var file = MigrationFile(version: last.version, name: name, text: schema)
    try await compareSchemas(file, states)

    // What a baseline of the schema alone leaves otherwise: rows, and how far sequences are.
    let (contents, bare) = (try await Contents.read(states, old), try await Contents.read(states, [file]))
    let lost = contents.differences(from: bare)
    guard !lost.isEmpty else { return file }
    guard keepsData else {
      throw ToolError(
        "the migrations leave rows, or positions of sequences, in \(lost.joined(separator: ", ")), which a baseline of the schema "
          + "alone would lose. --keep-data writes them into it. Nothing was written.")
    }
    let sql = try await contents.sql(bringingBack: lost, states, old)
    file = MigrationFile(version: last.version, name: name, text: schema + "\nBEGIN;\n\n\(sql)\nCOMMIT;\n")
    try await compareSchemas(file, states)
    let left = contents.differences(from: try await Contents.read(states, [file]))
    guard left.isEmpty else {
      throw ToolError("the baseline cannot bring back what is in \(left.joined(separator: ", ")). Nothing was written.")
    }
    return file
  }

  /// What only declarations know was not always there: a window of what became a partitioned table later, SQL that a later
  /// migration carries out.
  private func isOfItsTime(_ fact: Fact) -> Bool {
    switch fact.id.kind {
    case .partitionWindow:
      return lock[FactID(.table, schema: fact.id.schema, name: fact.id.name)]?.attributes[.partitionKey] != nil
    case .raw, .external, .optionalExtension:
      return old.contains { $0.text.contains(fact.text(.create)) }
    default: return true
    }
  }

  private func text(_ states: States, from empty: Catalog, to target: Catalog, title: String) async throws -> String {
    var workflow = PlanWorkflow(project: project, states: states, renames: .off)
    workflow.strategy = .nothing
    var plan = try await states.plan(from: empty, to: target)
    guard !plan.isEmpty else { throw ToolError("the migrations before that version lead to nothing") }
    let proof = try await workflow.prove(&plan, on: try await states.replayTemplate([]), from: empty, to: target)
    guard proof.holds else {
      throw ToolError(
        "a baseline does not lead to what the migrations lead to:\n"
          + proof.differences.prefix(10).map { DifferenceOutput.text($0).plain }.joined())
    }
    var text = MigrationWriter.text(for: plan, proof: proof, title: title)
    // Into the header, after its title.
    let end = text.firstIndex(of: "\n").map(text.index(after:)) ?? text.endIndex
    text.insert(contentsOf: MigrationFile.replaces(old), at: end)
    return text
  }

  /// With what comes after it, the same facts; also in schemas that are not ours, which migrations may have added to.
  private func compareSchemas(_ file: MigrationFile, _ states: States) async throws {
    let windows = lock.windows
    let before = try await states.replayed(old + rest).withoutWindowPartitions(of: windows)
    let after = try await states.replayed([file] + rest).withoutWindowPartitions(of: windows)
    let (actual, expected) = try await states.reconciled(after, before)
    try refuse(
      CatalogDifference.compare(expected: expected, actual: actual),
      "with the baseline, the migrations lead to something else")
    let (theirs, ours) = (try await everything(states, old + rest), try await everything(states, [file] + rest))
    let others = states.reader.excludedSchemas
    try refuse(
      CatalogDifference.compare(expected: theirs, actual: ours).filter { difference in
        others.contains(difference.id.schema) || difference.id.kind == .eventTrigger || difference.id.kind == .extension
      },
      "the migrations change what belongs to others, which a baseline does not hold; squash up to the first that does")
  }

  /// Others' schemas too.
  private func everything(_ states: States, _ files: [MigrationFile]) async throws -> Catalog {
    let template = try await states.replayTemplate(files)
    return try await states.scratch().withDatabase(from: template) { database in
      try await Connection.with(database.reading) { try await CatalogReader().read($0) }
    }.removing { $0.id.kind == .role }
  }

  private func refuse(_ differences: [CatalogDifference], _ reason: String) throws {
    guard !differences.isEmpty else { return }
    throw ToolError(
      "\(reason):\n" + differences.prefix(10).map { DifferenceOutput.text($0).plain }.joined()
        + "Nothing was written.")
  }

  /// Writes the baseline and the lock, and takes away what it stands for.
  func write(_ baseline: MigrationFile) throws {
    let folder = project.migrationsFolder
    try Project.write(baseline.text, to: "\(folder)/\(baseline.fileName)")
    // The last first: it has the baseline's version.
    for file in old.reversed() where file.fileName != baseline.fileName {
      try FileManager.default.removeItem(atPath: "\(folder)/\(file.fileName)")
    }
    let files = [baseline] + rest
    let anew = SchemaLock(
      migrations: files.map(\.lockEntry), catalog: lock, standIns: States(database: project.database).standInDigests,
      database: project.databaseName)
    try Project.write(anew.text, to: project.lockPath)
  }

  // MARK: Contents

  /// What migrations leave in a fresh database beside its schema, by the names of tables, materialized views and sequences.
  private struct Contents: Sendable {
    private var checksums: [String: String] = [:]
    private var views: [String] = []
    private var positions: [String: (value: String, isCalled: Bool)] = [:]

    static func read(_ states: States, _ files: [MigrationFile]) async throws -> Contents {
      let excluded = ArrayText.encode(CatalogReader().excludedSchemas.sorted())
      let template = try await states.replayTemplate(files)
      return try await states.scratch().withDatabase(from: template) { database in
        // To print a row may call what was loaded.
        try await database.withLoading { session in
          let connection = session.connection
          let relations = try await connection.query(Self.relations, [excluded]).map {
            (try $0.string(0), kind: try $0.string(1))
          }
          let results = try await connection.pipeline(
            relations.map { name, kind in
              Statement(
                kind == "S"
                  ? "SELECT last_value::text, is_called FROM \(name)"
                  : "SELECT pg_catalog.md5(pg_catalog.string_agg(t::text, E'\\n' ORDER BY t::text)) FROM \(name) AS t")
            })
          var contents = Contents()
          for ((name, kind), result) in zip(relations, results) {
            let row = try result.get()[0]
            if kind == "S" {
              contents.positions[name] = (try row.string(0), try row.bool(1))
            } else {
              contents.checksums[name] = try row.optionalString(0)
              if kind == "m" { contents.views.append(name) }
            }
          }
          return contents
        }
      }
    }

    /// In the order in which they were made, which is that of what they need.
    private static let relations = """
      SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), c.relkind
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE (c.relkind IN ('r', 'S') OR c.relkind = 'm' AND c.relispopulated)
         AND n.nspname <> ALL ($1::text[]) AND n.nspname !~ '^(pg_|information_schema$)'
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass
                                                             AND d.objid = c.oid AND d.deptype = 'e')
       ORDER BY c.oid
      """

    func differences(from other: Contents) -> [String] {
      Set(checksums.keys).union(other.checksums.keys).filter { checksums[$0] != other.checksums[$0] }.sorted()
        + positions.filter { name, position in other.positions[name].map { $0 != position } ?? true }.map(\.key)
        .sorted()
    }

    /// The rows as `pg_dump` writes them, then what is made of them.
    func sql(bringingBack names: [String], _ states: States, _ files: [MigrationFile]) async throws -> String {
      let tables = names.filter { checksums[$0] != nil && !views.contains($0) }
      var statements: [String] = []
      if !tables.isEmpty {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let path = folder.path + "/rows.sql"
        let template = try await states.replayTemplate(files)
        let server = template.server
        let text = try await server.withDatabase(from: template) { database in
          let target = try await database.loading()
          let dump = try await ChildProcess.run(
            server.installation.bin + "/pg_dump",
            [
              "-h", server.directory, "-U", target.user ?? "", "--role", ScratchRights.owner, "--data-only",
              "--column-inserts", "--no-comments", "--file", path,
            ] + tables.map { "--table=\($0)" } + ["-d", database.name],
            // Whatever answers there is told no password.
            environment: ["PGPASSFILE": ConnectionTarget.noPasswordFile])
          guard dump.status == 0 else {
            throw ToolError("pg_dump cannot read the rows: \(dump.output.trimmedTrailing)")
          }
          return try String(contentsOfFile: path, encoding: .utf8)
        }
        // Two lines are psql's own, before and after the rows, in which there may be such lines too; of the rest, everything but
        // the rows is settings of its session.
        var lines = text.split(separator: "\n" as Character, omittingEmptySubsequences: false)
        if let first = lines.firstIndex(where: { $0.hasPrefix("\\restrict ") }),
          let last = lines.lastIndex(of: "\\un\(lines[first].dropFirst())")
        {
          lines.remove(at: last)
          lines.remove(at: first)
        }
        statements = try Script.split(lines.joined(separator: "\n")).map(\.sql).filter(Script.isInsert)
      }
      statements += names.compactMap { name in
        positions[name].map { "SELECT pg_catalog.setval(\(Quote.literal(name)), \($0.value), \($0.isCalled))" }
      }
      statements += views.filter(names.contains).map { "REFRESH MATERIALIZED VIEW \($0)" }
      return statements.map { PortableSQL.text($0) + ";\n" }.joined()
    }
  }
}
