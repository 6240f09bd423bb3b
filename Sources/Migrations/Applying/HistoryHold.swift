internal import Catalog
internal import Postgres

/// Keeps a schema of histories as it is from a look at it until what is written there is committed.
///
/// A look alone is not enough: whoever owns the tables could give them a trigger between it and the write that follows, and
/// the trigger would run with the rights of whoever writes. So the tables are locked before the look: `SHARE ROW EXCLUSIVE` is in
/// the way of triggers, rules and every `ALTER TABLE` that could make a write run something; and of what an UPDATE would be planned
/// with, whose expressions PostgreSQL computes: indexes, also those built concurrently, statistics, and children, which take but
/// `SHARE UPDATE EXCLUSIVE` (PostgreSQL documentation, 13.3.1, Table-Level Locks). Those who only read are in nobody's way.
///
/// The schema keeps its name as well (`SchemaHold`), where the session may have that. Other roles trust the database's owner
/// (`TrustedRoles.conditionOfCode`).
///
/// Reading needs neither: it runs nothing, whatever has come into a table's place meanwhile (`Connection.plainRows`).
enum HistoryHold {
  /// Runs `body`, which writes to these tables, once they were looked at and while nobody else can change what they are.
  ///
  /// - Throws: `HistoryError`; `PostgresError`; what `body` throws.
  static func writing<Result: Sendable>(
    _ schema: String, _ tables: [String], _ connection: Connection,
    _ body: @Sendable (Connection) async throws -> Result
  ) async throws -> Result {
    try await transaction(Connection.begin, connection) { connection in
      let (isReadCommitted, state) = try await lock(schema, tables, connection)
      if !isReadCommitted {
        // A file's own isolation level shows what was there before the lock; another session sees what there is.
        try await AdvisoryLock.beside(connection) { try await HistoryGuard.checkAgain(schema, $0) }
      } else if await connection.remembered(schema) != state {
        try await HistoryGuard.checkAgain(schema, connection)
        await connection.remember(schema, state)
      }
      return try await body(connection)
    }
  }

  // MARK: Locks

  /// - Returns: whether what is asked from here on sees what the locks have found; and what there is, as a digest.
  private static func lock(
    _ schema: String, _ tables: [String], _ connection: Connection
  ) async throws -> (isReadCommitted: Bool, state: String) {
    let holds = try await SchemaHold.statements([schema], connection)
    let statements =
      holds + [
        Statement("LOCK TABLE \(list(schema, tables)) IN SHARE ROW EXCLUSIVE MODE"),
        Statement("SELECT pg_catalog.current_setting('transaction_isolation') = 'read committed'"),
        Statement(state, [schema]),
      ]
    let results = try await connection.pipeline(statements)
    // Each answer but that of the row is a row too. What comes after it may stumble over what is there now.
    for result in results.prefix(holds.count) where try result.get().isEmpty {
      throw HistoryError.replaced(schema: schema)
    }
    for case .failure(let error) in results {
      guard error.sqlState == .insufficientPrivilege else { throw error }
      // After an error nothing can be asked in its transaction.
      let role = try await Connection.with(connection.target.pinned) {
        try await $0.query("SELECT CURRENT_USER")[0].string(0)
      }
      throw HistoryError.unwritable(role: role, schema: schema)
    }
    let rows = try results.map { try $0.get() }
    return (try rows[rows.count - 2][0].bool(0), try rows[rows.count - 1][0].string(0))
  }

  private static func list(_ schema: String, _ tables: [String]) -> String {
    tables.map { "ONLY \(Quote.qualified(schema, $0))" }.joined(separator: ", ")
  }

  /// The transaction that is open, or one of its own.
  static func transaction<Result: Sendable>(
    _ begin: String, _ connection: Connection, _ body: @Sendable (Connection) async throws -> Result
  ) async throws -> Result {
    if await connection.isIdle { return try await connection.transaction(begin) { try await $0.pinned(body) } }
    return try await connection.pinned(body)
  }

  /// A digest of the rows of the catalogs that make the schema, its relations and their columns, by what has written each, and
  /// of what depends on one of them: triggers, rules, policies, constraints, indexes, defaults, children, types, functions. While it is
  /// what it was, a look more would find what the last one did.
  private static let state = """
    WITH own AS MATERIALIZED (
      SELECT n.oid, 'pg_catalog.pg_namespace'::pg_catalog.regclass AS catalog, n.xmin::pg_catalog.text AS written
        FROM pg_catalog.pg_namespace n WHERE n.nspname = $1
      UNION ALL
      SELECT c.oid, 'pg_catalog.pg_class'::pg_catalog.regclass, c.xmin::pg_catalog.text
        FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid WHERE n.nspname = $1),
    parts (object, part, written) AS (
      SELECT o.oid, 0, o.written FROM own o
      UNION ALL
      SELECT a.attrelid, a.attnum, a.xmin::pg_catalog.text FROM own o JOIN pg_catalog.pg_attribute a ON a.attrelid = o.oid
      UNION ALL
      SELECT d.refobjid, d.refobjsubid, pg_catalog.concat_ws(' ', d.classid, d.objid, d.objsubid, d.deptype)
        FROM own o JOIN pg_catalog.pg_depend d ON d.refclassid = o.catalog AND d.refobjid = o.oid)
    SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.string_agg(
             pg_catalog.concat_ws(' ', p.object, p.part, p.written), ',' ORDER BY p.object, p.part, p.written), 'UTF8')), 'hex')
      FROM parts p
    """
}
