internal import Catalog
internal import Postgres

/// Keeps a schema of histories as it is from a look at it until the transaction ends.
///
/// A look alone is not enough: whoever owns the tables could give them a trigger between it and the write that follows, and
/// the trigger would run with the rights of whoever writes. So the tables are locked before the look: `ROW EXCLUSIVE` is in
/// the way of `CREATE TRIGGER` and of every `ALTER TABLE` that could make a write run something, and `ACCESS SHARE` of
/// putting a view, or a policy, in a table's place (PostgreSQL documentation, 13.3.1, Table-Level Locks).
///
/// A schema has no such lock, and its owner could give it another name and make one anew. Its row in `pg_namespace` is locked
/// instead, which only a superuser may do; and only a superuser has rights here that a database's owner lacks and is not
/// trusted with (`TrustedRoles.conditionOfCode`). Reading takes no lock that would write: what is no table dbtool's sessions
/// do not read, where the server has `restrict_nonsystem_relation_kind`.
enum HistoryHold {
  /// What has to be known before anything is locked.
  private struct Facts {
    /// The tables that the role may read.
    var readable: [String] = []
    var isReadCommitted = true
    /// Whether a superuser has logged in, whatever role the session acts as.
    var isSuperuser = false
  }

  /// Runs `body` while nobody can put anything in the place of those of these tables that are there and that the role may read.
  ///
  /// - Parameter body: is handed their names, `schema.table`.
  /// - Throws: `PostgresError`; what `body` throws.
  static func reading<Result: Sendable>(
    _ schema: String, _ tables: [String], _ connection: Connection,
    _ body: @Sendable (Set<String>, Connection) async throws -> Result
  ) async throws -> Result {
    try await transaction(Connection.beginReading, connection) { connection in
      // Somebody may have made others, and hold locks on them.
      let readable = try await facts(schema, connection).readable.filter(tables.contains)
      if !readable.isEmpty {
        try await connection.query("LOCK TABLE \(list(schema, readable)) IN ACCESS SHARE MODE")
      }
      return try await body(Set(readable.map { "\(schema).\($0)" }), connection)
    }
  }

  /// Runs `body`, which writes to these tables, once they were looked at and while nobody else can change what they are.
  ///
  /// - Throws: `HistoryError`; `PostgresError`; what `body` throws.
  static func writing<Result: Sendable>(
    _ schema: String, _ tables: [String], _ connection: Connection,
    _ body: @Sendable (Connection) async throws -> Result
  ) async throws -> Result {
    try await transaction(Connection.begin, connection) { connection in
      let facts = try await facts(schema, connection)
      if facts.isSuperuser { try await hold(schema, connection) }
      do { try await connection.query("LOCK TABLE \(list(schema, tables)) IN ROW EXCLUSIVE MODE") } catch let error
        as PostgresError
        where error.sqlState == .insufficientPrivilege
      {
        throw HistoryError.unwritable(role: try await role(of: connection), schema: schema)
      }
      if facts.isReadCommitted {
        try await HistoryGuard.checkAgain(schema, connection)
      } else {
        // A file's own isolation level shows what was there before the lock; another session sees what there is.
        try await Connection.with(connection.target.pinned, applicationName: "dbtool apply (history)") {
          try await HistoryGuard.checkAgain(schema, $0)
        }
      }
      return try await body(connection)
    }
  }

  private static func list(_ schema: String, _ tables: [String]) -> String {
    tables.map { "ONLY \(Quote.qualified(schema, $0))" }.joined(separator: ", ")
  }

  /// The transaction that is open, or one of its own.
  private static func transaction<Result: Sendable>(
    _ begin: String, _ connection: Connection, _ body: @Sendable (Connection) async throws -> Result
  ) async throws -> Result {
    if await connection.isIdle { return try await connection.transaction(begin) { try await $0.pinned(body) } }
    return try await connection.pinned(body)
  }

  private static func facts(_ schema: String, _ connection: Connection) async throws -> Facts {
    let rows = try await connection.query(
      """
      SELECT NULL, pg_catalog.current_setting('transaction_isolation') = 'read committed',
             (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = SESSION_USER)
      UNION ALL
      (SELECT c.relname, NULL, NULL FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relkind = 'r' AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
          AND pg_catalog.has_table_privilege(c.oid, 'SELECT') ORDER BY c.relname)
      """, [schema])
    var facts = Facts()
    for row in rows {
      var row = row.reader
      if let table = try row.optionalString() {
        facts.readable.append(table)
        continue
      }
      facts.isReadCommitted = try row.bool()
      // A role may be gone while its sessions go on.
      facts.isSuperuser = try row.optionalString() == "t"
    }
    return facts
  }

  /// Locks the schema's row, as the superuser who has logged in, whatever role he acts as.
  private static func hold(_ schema: String, _ connection: Connection) async throws {
    let held = try await connection.actingAsLogin {
      try await $0.query("SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname = $1 FOR SHARE", [schema])
    }
    guard !held.isEmpty else { throw HistoryError.replaced(schema: schema) }
  }

  private static func role(of connection: Connection) async throws -> String {
    // After the error nothing can be asked in its transaction.
    try await Connection.with(connection.target.pinned) { try await $0.query("SELECT CURRENT_USER")[0].string(0) }
  }
}
