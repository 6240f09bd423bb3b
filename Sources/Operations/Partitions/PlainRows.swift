internal import Migrations
internal import Postgres
internal import Synchronization

/// A look at the rows of tables that others may own, by `COPY table TO STDOUT`, which reads a table and does nothing else.
///
/// A SELECT is planned, and for that PostgreSQL computes what is constant in the expressions of a table's indexes, partitions
/// and checks, with the rights of whoever asks; their owner may add one at any moment. COPY reads no view and no foreign table.
enum PlainRows {
  /// How much was read of a table until enough was known.
  struct Seen {
    var rows = 0
    /// As text.
    var bytes = 0
  }

  /// Reads at least `limit` rows, if there are so many.
  ///
  /// - Parameter tables: as SQL names them; none is partitioned.
  /// - Returns: what was seen; nil where the role may not read one of them whole.
  /// - Throws: `PostgresError`.
  static func look(at tables: [String], upTo limit: Int, _ connection: Connection) async throws -> Seen? {
    var seen = Seen()
    for table in tables where seen.rows < limit {
      let rest = limit - seen.rows
      do {
        let part = try await isolated(connection) { try await read(table, rest, $0) }
        seen.rows += part.rows
        seen.bytes += part.bytes
      } catch let error as PostgresError where error.sqlState == .insufficientPrivilege { return nil }
    }
    return seen
  }

  /// The tables that hold a table's rows: itself, or its partitions of the last level, and what inherits from them.
  ///
  /// - Throws: `PostgresError`.
  static func leaves(of table: String, _ connection: Connection) async throws -> [String] {
    try await connection.query(
      """
      WITH RECURSIVE tree (oid) AS (
        SELECT pg_catalog.to_regclass($1)::pg_catalog.oid
        UNION SELECT i.inhrelid FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid)
      SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
        FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND pg_catalog.pg_relation_size(c.oid) > 0 ORDER BY 1
      """, [table]
    ).map { try $0.string(0) }
  }

  /// Enough was read.
  private struct Enough: Error {}

  private static func read(_ table: String, _ limit: Int, _ connection: Connection) async throws -> Seen {
    // Policies are queries; whoever has to obey them may not read it whole.
    try await connection.execute("SET LOCAL row_security = off")
    let seen = Mutex(Seen())
    do {
      _ = try await connection.copyOut("COPY \(table) TO STDOUT") { row in
        let isEnough = seen.withLock { seen in
          seen.rows += 1
          seen.bytes += row.count
          // To cancel what is about to end could hit what comes after it.
          return seen.rows >= limit && seen.bytes > 1 << 20
        }
        if isEnough { throw Enough() }
      }
    } catch is Enough {}
    return seen.withLock { $0 }
  }

  /// A copy that was broken off ends what it is in: a transaction of its own, or a part of the one that there is.
  private static func isolated(
    _ connection: Connection, _ body: @Sendable (Connection) async throws -> Seen
  ) async throws -> Seen {
    guard await !connection.isIdle else {
      try await connection.execute(Connection.begin)
      return try await ended(by: "ROLLBACK", connection, body)
    }
    try await connection.execute("SAVEPOINT dbtool_rows")
    return try await ended(by: "ROLLBACK TO SAVEPOINT dbtool_rows; RELEASE SAVEPOINT dbtool_rows", connection, body)
  }

  private static func ended(
    by end: String, _ connection: Connection, _ body: @Sendable (Connection) async throws -> Seen
  ) async throws -> Seen {
    let seen: Seen
    do { seen = try await body(connection) } catch {
      // The error is what matters.
      _ = try? await connection.execute(end)
      throw error
    }
    try await connection.execute(end)
    return seen
  }
}
