internal import Catalog
internal import Migrations
internal import Postgres

/// Keeps tables what they are found to be until the transaction ends, so that a name means the same in every statement.
enum TableHold {
  /// - Throws: `PartitionError.elsewhere` where a schema has another name by now; `PostgresError`.
  static func keep(_ schemas: Set<String>, _ connection: Connection) async throws {
    guard try await SchemaHold.keep(schemas, connection) else {
      throw PartitionError.elsewhere("the schema \(schemas.sorted().map(Quote.identifier).joined(separator: " or "))")
    }
  }

  /// Whether a schema or a table belongs to a role whose code must not run here.
  ///
  /// - Parameter table: as SQL names it.
  /// - Throws: `PostgresError`.
  static func isStrange(_ schemas: Set<String>, _ table: String?, _ connection: Connection) async throws -> Bool {
    let trusted = TrustedRoles.conditionOfCode("(\(TrustedRoles.owner(ofSchema: "n")))", await connection.serverVersion)
    let found = try await connection.query(
      "SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY ($1::text[]) AND NOT \(trusted)",
      [ArrayText.encode(schemas.sorted())])
    if !found.isEmpty { return true }
    guard let table else { return false }
    return try await !TrustedRoles.owns(table, connection)
  }

  /// Locks the default partition of a table, which is locked itself against that it gets another one.
  ///
  /// - Throws: `PartitionError.elsewhere`; `PostgresError`.
  static func lockDefault(_ partition: FactID, of parent: String, _ connection: Connection) async throws {
    try await keep([partition.schema], connection)
    let name = partition.sqlName
    try await connection.query("LOCK TABLE \(name) IN ACCESS EXCLUSIVE MODE")
    let found = try await connection.query(
      """
      SELECT FROM pg_catalog.pg_partitioned_table p
       WHERE p.partrelid = pg_catalog.to_regclass($1) AND p.partdefid = pg_catalog.to_regclass($2)
      """, [parent, name])
    guard !found.isEmpty else { throw PartitionError.elsewhere("the default partition \(name)") }
  }
}
