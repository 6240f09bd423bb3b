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

/// The foreign keys of a partitioned table, for a table that becomes a partition of it.
///
/// A table that is attached without them gets them then, and PostgreSQL looks whether its rows keep them by a query, which it plans
/// with the rights of whoever attaches: what is constant in the indexes of the table that is referred to is computed, and its owner wrote
/// that. With a foreign key from the start there is nothing to look for (documentation, section 5.11.2.2 and "ALTER TABLE", ATTACH
/// PARTITION).
enum ReferencesAhead {
  enum Extent {
    case all
    /// To tables whose owners' code this session must not run. Each row that is loaded is looked up on its own then.
    case strangers
  }

  /// - Parameter parent: as SQL names it.
  /// - Returns: constraints of CREATE TABLE. Those to tables that this role may not refer to are missing.
  /// - Throws: `PostgresError`.
  static func of(_ parent: String, _ extent: Extent, _ connection: Connection) async throws -> [String] {
    let trusted = TrustedRoles.conditionOfCode("c.relowner", await connection.serverVersion)
    let rows = try await connection.query(
      """
      SELECT pg_catalog.format('CONSTRAINT %I %s', k.conname, pg_catalog.pg_get_constraintdef(k.oid))
        FROM pg_catalog.pg_constraint k
       WHERE k.conrelid = pg_catalog.to_regclass($1) AND k.contype = 'f'
         AND pg_catalog.has_table_privilege(k.confrelid, 'REFERENCES')
         -- One to a partitioned table has one more to each of its partitions.
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint u WHERE u.oid = k.conparentid AND u.conrelid = k.conrelid)
         AND ($2 OR EXISTS (SELECT FROM pg_catalog.pg_class c
                             WHERE (c.oid = k.confrelid OR c.oid IN (SELECT t.relid FROM pg_catalog.pg_partition_tree(k.confrelid) t))
                               AND NOT \(trusted)))
       ORDER BY k.conname
      """, [parent, extent == .all ? "t" : "f"])
    return try rows.map { try $0.string(0) }
  }
}
