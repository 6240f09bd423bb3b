internal import Migrations
internal import Postgres

/// What `dbtool.retired` has of a partition.
struct RememberedPartition {
  var oid: Int
  /// The table that it was a partition of, as SQL names it.
  var parent: String
  var schema: String
  var name: String
  var action: String
  var bound: String
  /// Of its archive, where there is one.
  var rows: Int?
  var checksum: String?
  /// As PostgreSQL prints an instant in UTC.
  var startedAt: String
  var isFinished: Bool

  /// - Returns: nothing where the role may not read what is remembered.
  /// - Throws: `HistoryError`; `PostgresError`.
  static func all(_ connection: Connection) async throws -> [RememberedPartition] {
    let columns = [
      "partition_oid", "parent", "schema_name", "partition_name", "action", "bound", "rows", "checksum", "started_at",
      "finished_at",
    ]
    return try await (History.rows(of: .retired, columns, connection) ?? []).compactMap { row in
      guard let oid = row[0].flatMap({ Int($0) }) else { return nil }
      return RememberedPartition(
        oid: oid, parent: row[1] ?? "", schema: row[2] ?? "", name: row[3] ?? "", action: row[4] ?? "",
        bound: row[5] ?? "", rows: row[6].flatMap { Int($0) }, checksum: row[7], startedAt: row[8] ?? "",
        isFinished: row[9] != nil)
    }
  }

  /// Whoever owns the history can write there that any table was a partition, and whoever connects next would drop it. What no catalog
  /// says is believed of the tables alone that this role could drop itself.
  ///
  /// - Parameter tables: OIDs of what is no expired partition now.
  /// - Returns: those of others, with what is wrong.
  /// - Throws: `PostgresError`.
  static func claims(on tables: [Int], _ connection: Connection) async throws -> [Int: PartitionError] {
    if tables.isEmpty { return [:] }
    let version = await connection.serverVersion
    let rows = try await connection.query(
      """
      SELECT c.oid::bigint, pg_catalog.pg_get_userbyid(h.relowner), pg_catalog.pg_get_userbyid(c.relowner)
        FROM pg_catalog.pg_class c, pg_catalog.pg_class h JOIN pg_catalog.pg_namespace n ON n.oid = h.relnamespace
       WHERE c.oid = ANY ($1::bigint[]::oid[]) AND n.nspname = 'dbtool' AND h.relname = 'retired'
         AND NOT \(TrustedRoles.actsAs("h.relowner", "c.relowner", version))
      """, [ArrayText.encode(tables.map(String.init))])
    var claims: [Int: PartitionError] = [:]
    for row in rows { claims[try row.int(0)] = .claimed(by: try row.string(1), owner: try row.string(2)) }
    return claims
  }
}

extension [RememberedPartition] {
  /// Those that are there still as relations, with the schema and name that each has now, and whether it is attached.
  ///
  /// - Throws: `PostgresError`.
  func present(
    _ connection: Connection
  ) async throws -> [(partition: RememberedPartition, schema: String, name: String, isAttached: Bool)] {
    if isEmpty { return [] }
    let rows = try await connection.query(
      """
      SELECT c.oid::bigint, n.nspname, c.relname,
             EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid AND NOT i.inhdetachpending)
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE c.oid = ANY ($1::bigint[]::oid[])
      """, [ArrayText.encode(map { String($0.oid) })])
    var found: [Int: (String, String, Bool)] = [:]
    for row in rows { found[try row.int(0)] = (try row.string(1), try row.string(2), try row.bool(3)) }
    return compactMap { partition in
      found[partition.oid].map { (partition: partition, schema: $0.0, name: $0.1, isAttached: $0.2) }
    }
  }
}
