internal import Migrations
internal import Postgres

/// Which database of which server, by what a restart and another name do not change.
struct DatabaseIdentity: Codable, Equatable {
  /// The server's, from `pg_control_system`; nil where the role may not call it.
  var system: String?
  /// The database's OID.
  var database: String

  /// - Throws: `PostgresError`.
  init(_ connection: Connection) async throws {
    database = try await connection.query(
      "SELECT d.oid::text FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()")[0].string(0)
    system = try await connection.systemIdentifier()
  }

  /// Whether both may be the same, as far as both are known.
  func mayBe(_ other: DatabaseIdentity) -> Bool {
    let isSameSystem = system == nil || other.system == nil || system == other.system
    return isSameSystem && database == other.database
  }
}
