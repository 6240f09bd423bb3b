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
    let query = "SELECT * FROM \(table) WHERE \(condition)"
    let count = try await connection.transaction { connection -> Int? in
      try await connection.execute("SET LOCAL row_security = off; SET LOCAL statement_timeout = '60s'")
      guard try await isTrusted(error.table, connection) else { return nil }
      return try await connection.query(
        "SELECT pg_catalog.count(*) FROM (SELECT FROM \(table) WHERE \(condition) LIMIT \(limit + 1)) AS rows")[0].int(
          0)
    }
    guard let count else { return "what breaks it: \(query)" }
    let rows = count > limit ? "more than \(limit) rows break" : count == 1 ? "1 row breaks" : "\(count) rows break"
    return "\(rows) it: \(query)"
  }

  /// Whether what the table's owner wrote may run here: the condition and the table's indexes are his. Once it is locked, it and its
  /// owner stay what they are.
  private static func isTrusted(_ table: (schema: String, name: String)?, _ connection: Connection) async throws -> Bool
  {
    guard let table, try await SchemaHold.keep([table.schema], connection) else { return false }
    let name = Quote.qualified(table.schema, table.name)
    try await connection.query("LOCK TABLE \(name) IN ACCESS SHARE MODE")
    return try await TrustedRoles.owns(name, connection)
  }
}
