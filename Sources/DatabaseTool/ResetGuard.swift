internal import Escaping
internal import Migrations
internal import Operations
internal import Postgres

/// Whether a database may be dropped, and what would go with it.
///
/// One that is marked as development or test, or that dbtool itself has made for the project, may. One that is marked as
/// production may not, whatever is said: its mark has to be changed first, by a command that says both marks. For any other
/// its name has to be typed.
struct ResetGuard {
  let project: String
  let target: ConnectionTarget
  let isEmbedded: Bool
  /// The name that was typed.
  let typedName: String?

  /// - Returns: the marks, and what would go, for people.
  /// - Throws: `ToolError` where it may not be dropped; `PostgresError`, and what `History` throws, where that cannot be told.
  func verify(_ connection: Connection) async throws -> (marks: DatabaseMarks, contents: String) {
    let marks: DatabaseMarks
    do { marks = try await DatabaseMarks(connection) } catch let error as PostgresError where error.kind == .connection
    {
      throw error
    } catch {
      throw ToolError(
        "\(target): what dbtool's schema says of it cannot be read or trusted, so nothing was changed: \(error)\nIf it has to "
          + "go all the same, drop it by hand: DROP DATABASE \(Quote.identifier(try await name(connection)))")
    }
    let contents = try await DatabaseContents(connection).text(marks)
    if marks.environment == .production {
      throw ToolError(
        "\(target) is marked as production; nothing was changed. It has \(contents). No option drops it: if the mark is wrong, "
          + "dbtool mark --from production --to staging comes first.")
    }
    guard let reason = reason(marks) else { return (marks, contents) }
    let name = try await name(connection)
    guard let typedName else {
      throw ToolError(
        "\(target) \(reason); nothing was changed. It has \(contents). To drop it all the same, type its name: "
          + ShellWord.option("--drop-database", name))
    }
    guard typedName == name || typedName == Quote.identifier(name) else {
      throw ToolError(
        "\(target) \(reason), and --drop-database says \(Quote.identifier(typedName)), which is not its name; nothing was changed. "
          + "It has \(contents).")
    }
    return (marks, contents)
  }

  /// Why it is not known as one that nobody misses.
  private func reason(_ marks: DatabaseMarks) -> String? {
    if let theirs = marks.project, theirs != project {
      return "belongs to another project, \(theirs)"
        + (marks.environment.map { ", and is marked as \($0.shown)" } ?? "")
    }
    if let environment = marks.environment {
      if !environment.isDisposable { return "is marked as \(environment.shown)" }
    } else if !isEmbedded {
      return marks.project == nil
        ? "was not made by this project (\(project))"
        : "is not marked as a database for development or tests (dbtool apply --environment development)"
    }
    return isEmbedded || marks.project != nil ? nil : "was not made by this project (\(project))"
  }

  /// As the server has it: a connection string need not say it.
  private func name(_ connection: Connection) async throws -> String {
    try await connection.query("SELECT pg_catalog.current_database()")[0].string(0)
  }
}

/// Which database of which server, as no other one is.
struct ServerIdentity: Equatable {
  private let system: String?
  private let start: String
  private let database: String?

  /// - Parameter name: the database's name; the session may be in another one.
  init(_ name: String, _ connection: Connection) async throws {
    let row = try await connection.query(
      """
      SELECT pg_catalog.pg_postmaster_start_time()::text,
             (SELECT d.oid::text FROM pg_catalog.pg_database d WHERE d.datname = $1)
      """, [name])[0]
    start = try row.string(0)
    database = try row.optionalString(1)
    system = try await connection.systemIdentifier()
  }

  /// - Throws: `ToolError` on another server, and where another database has the name.
  func verify(_ name: String, _ connection: Connection) async throws {
    guard try await ServerIdentity(name, connection) == self else {
      throw ToolError(
        "another server, or another database of the name \(Quote.identifier(name)), answers now than the one that was looked at, so "
          + "it was not dropped. Name one server, and run this again.")
    }
  }
}

/// What is in a database.
struct DatabaseContents {
  private var tables = 0
  private var rows = 0
  private var isEstimate = false
  private var bytes = 0
  private var lastMigration: String?

  /// Small tables are counted; of others the server's estimate is taken.
  private static let countedBytes = 8 << 20
  private static let countedTables = 200

  /// - Throws: `PostgresError`.
  init(_ connection: Connection) async throws {
    let found = try await connection.query(
      """
      SELECT n.nspname, c.relname, pg_catalog.pg_relation_size(c.oid), c.reltuples::bigint,
             pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'dbtool')
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                          WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
       ORDER BY 3
      """)
    var budget = Self.countedBytes
    var counted: [String] = []
    for row in found {
      tables += 1
      let (size, estimate) = (try row.int(2), try row.int(3))
      if size == 0 { continue }
      if size <= budget, counted.count < Self.countedTables, try row.bool(4) {
        budget -= size
        counted.append(Quote.qualified(try row.string(0), try row.string(1)))
      } else {
        isEstimate = true
        rows += max(0, estimate)
      }
    }
    if let count = await Self.count(counted, connection) { rows += count } else { isEstimate = true }
    bytes = try await connection.query("SELECT pg_catalog.pg_database_size(pg_catalog.current_database())")[0].int(0)
    lastMigration = try await History.entries(connection).last.map { "\($0.version)_\($0.name)" }
  }

  /// Whether a database has nothing of anybody's: no schema, relation, type, routine or large object but those of dbtool's schema and
  /// of extensions.
  ///
  /// - Throws: `PostgresError`.
  static func isEmpty(_ connection: Connection) async throws -> Bool {
    try await !connection.query(
      """
      SELECT EXISTS (
        SELECT FROM (
          SELECT c.tableoid, c.oid, c.relnamespace AS space FROM pg_catalog.pg_class c
          UNION ALL SELECT t.tableoid, t.oid, t.typnamespace FROM pg_catalog.pg_type t
          UNION ALL SELECT f.tableoid, f.oid, f.pronamespace FROM pg_catalog.pg_proc f
          UNION ALL SELECT n.tableoid, n.oid, n.oid FROM pg_catalog.pg_namespace n
          UNION ALL SELECT l.tableoid, l.oid, 0 FROM pg_catalog.pg_largeobject_metadata l) AS x (catalog, oid, space)
         WHERE x.oid >= 16384
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n
                            WHERE n.oid = x.space AND (n.nspname LIKE 'pg\\_%' OR n.nspname IN ('information_schema', 'dbtool')))
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                            WHERE d.classid = x.catalog AND d.objid = x.oid AND d.deptype IN ('e', 'i')))
      """)[0].bool(0)
  }

  /// - Returns: nil where that takes long, or is not allowed.
  private static func count(_ tables: [String], _ connection: Connection) async -> Int? {
    if tables.isEmpty { return 0 }
    return try? await connection.transaction(Connection.beginReading) { connection in
      // Somebody's policies are not run, and somebody's locks not waited for. A SELECT would be planned, and PostgreSQL computes
      // what is constant in the expressions of a table's indexes for that: with a superuser's rights, whoever wrote them.
      try await connection.execute("SET LOCAL row_security = off; SET LOCAL statement_timeout = '5s'")
      var rows = 0
      for table in tables { rows += try await connection.copyOut("COPY \(table) TO STDOUT").rows }
      return rows
    }
  }

  /// For people, with whose it is.
  func text(_ marks: DatabaseMarks) -> String {
    [
      countText(tables, "table"), (isEstimate ? "about " : "") + countText(rows, "row"),
      sizeText(bytes), marks.environment.map { "the mark \($0.shown)" } ?? "no mark",
      marks.project.map { "the project \($0)" } ?? "no project",
      lastMigration.map { "the last migration \($0)" } ?? "no migrations",
    ].sentence
  }
}
