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
    var callsOthers = false
    switch error.sqlState {
    case .notNullViolation:
      guard let column = error.column else { return nil }
      condition = "\(Quote.identifier(column)) IS NULL"
    case .checkViolation:
      guard let name = error.constraint else { return nil }
      let version = await connection.serverVersion
      // Without a schema in the search path, PostgreSQL writes the names of all.
      let found = try await connection.query(
        """
        SELECT pg_catalog.pg_get_expr(k.conbin, k.conrelid),
               EXISTS (SELECT FROM pg_catalog.pg_depend g
                        WHERE g.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND g.objid = k.oid AND g.refobjid >= 16384
                          AND (g.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass)
                               OR g.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
                                  AND (\(TrustedRoles.condition(ofType: "g.refobjid", version))) IS NOT TRUE))
               -- A conversion of these says which type it leads to, and not which it starts from.
               OR EXISTS (SELECT FROM pg_catalog.pg_attribute a
                           WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) AND a.atttypid >= 16384
                             AND (\(TrustedRoles.condition(ofType: "a.atttypid", version))) IS NOT TRUE)
          FROM pg_catalog.pg_constraint k
         WHERE k.conrelid = pg_catalog.to_regclass($1) AND k.conname = $2 AND k.contype = 'c' AND NOT k.convalidated
        """, [table, name])
      guard let row = found.first else { return nil }
      condition = "NOT (\(try row.string(0)))"
      callsOthers = try row.bool(1)
    default: return nil
    }
    // A text means what it meant only where nobody can add a function that fits its names better.
    let isBeyond = callsOthers ? try await TrustedRoles.isPrivileged(connection) : false
    let query = "SELECT * FROM \(table) WHERE \(condition)"
    let count = try await connection.transaction { connection -> Int? in
      try await connection.execute("SET LOCAL row_security = off; SET LOCAL statement_timeout = '60s'")
      guard !isBeyond, try await isTrusted(error.table, connection) else { return nil }
      return try await connection.query(
        "SELECT pg_catalog.count(*) FROM (SELECT FROM \(table) WHERE \(condition) LIMIT \(limit + 1)) AS rows")[0].int(
          0)
    }
    guard let count else {
      // Whoever runs it by hand calls what PostgreSQL finds for its names then.
      return
        (isBeyond
        ? "what breaks it, unless somebody has added functions that fit its names better: " : "what breaks it: ")
        + query
    }
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
