internal import Postgres

/// The rows that keep a constraint from being made: PostgreSQL says that there is one, and neither which nor how many.
enum BreakingRows {
  /// More are not counted.
  private static let limit = 1_000

  /// The error, with the number of such rows and the query that finds them for a hint, where it is about a CHECK that is there and not
  /// validated, or about a column that is to take no NULL.
  ///
  /// - Parameters:
  ///   - sql: the statement that was refused. What it has changed is undone.
  ///   - connection: outside of a transaction.
  static func told(in error: PostgresError, of sql: String, _ connection: Connection) async -> PostgresError {
    guard error.kind == .server, let table = error.table, ParseTree(parsing: sql)?["AlterTableStmt"] != nil else {
      return error
    }
    var result = error
    // What cannot be told is no second error.
    if let hint = try? await hint(error, Quote.qualified(table.schema, table.name), connection) { result.hint = hint }
    return result
  }

  private static func hint(_ error: PostgresError, _ table: String, _ connection: Connection) async throws -> String? {
    let condition: String
    switch error.sqlState {
    case .notNullViolation:
      guard let column = error.column else { return nil }
      condition = "\(Quote.identifier(column)) IS NULL"
    case .checkViolation:
      guard let name = error.constraint else { return nil }
      // Without a schema in the search path, PostgreSQL writes the names of all.
      let found = try await connection.query(
        """
        SELECT pg_catalog.pg_get_expr(k.conbin, k.conrelid) FROM pg_catalog.pg_constraint k
         WHERE k.conrelid = pg_catalog.to_regclass($1) AND k.conname = $2 AND k.contype = 'c' AND NOT k.convalidated
        """, [table, name])
      guard let expression = try found.first?.string(0) else { return nil }
      condition = "NOT (\(expression))"
    default: return nil
    }
    let count = try await connection.transaction { connection in
      try await connection.execute("SET LOCAL row_security = off; SET LOCAL statement_timeout = '60s'")
      return try await connection.query(
        "SELECT pg_catalog.count(*) FROM (SELECT FROM \(table) WHERE \(condition) LIMIT \(limit + 1)) AS rows")[0].int(
          0)
    }
    let rows = count > limit ? "more than \(limit) rows break" : count == 1 ? "1 row breaks" : "\(count) rows break"
    return "\(rows) it: SELECT * FROM \(table) WHERE \(condition)"
  }
}
