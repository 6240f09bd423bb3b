internal import Catalog
package import Postgres

/// A database that is to take another's name, and says so in its history.
///
/// Whoever may make databases can give one any name and any marks, and would have it taken for what an interrupted reset has left: its
/// owner would be the owner of what comes into the place of somebody's database. So it is believed of a history alone that belongs to the
/// role that is connected, whatever this database's settings make it act as, or to a superuser; where nothing was applied; and that
/// names this very database by its OID, and the name that it is to get.
package enum DatabaseSuccession {
  private static let key = "succeeds"

  /// Writes that the database is to be called `name`; `History.ensure` comes before it.
  ///
  /// - Throws: `HistoryError`; `PostgresError`.
  package static func announce(_ name: String, _ connection: Connection) async throws {
    try await History.set(key, value(name, connection), connection)
  }

  /// Whether an interrupted reset has made it, to be called `name`.
  ///
  /// - Parameter role: what the session acts as in a database that is not in question.
  /// - Throws: `HistoryError`; `PostgresError`.
  package static func isAnnounced(_ name: String, by role: String, _ connection: Connection) async throws -> Bool {
    guard try await History.setting(key, connection) == value(name, connection) else { return false }
    let isOwn = try await connection.query(
      """
      SELECT EXISTS (
        SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          JOIN pg_catalog.pg_roles o ON o.oid = n.nspowner JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
         WHERE n.nspname = '\(ToolSchema.history)' AND c.relname = '\(History.Table.settings)'
           AND (o.rolsuper OR o.rolname IN (SESSION_USER, $1)) AND (r.rolsuper OR r.rolname IN (SESSION_USER, $1)))
      """, [role])[0].bool(0)
    guard isOwn else { return false }
    return try await History.entries(connection).isEmpty
  }

  /// It has its name, and is a database like others.
  ///
  /// - Throws: `HistoryError`; `PostgresError`.
  package static func end(_ connection: Connection) async throws {
    guard try await History.setting(key, connection) != nil else { return }
    try await History.writing(.settings, to: connection) {
      try await $0.query("DELETE FROM dbtool.settings WHERE key = $1", [key])
    }
  }

  private static func value(_ name: String, _ connection: Connection) async throws -> String {
    let oid = try await connection.query(
      "SELECT d.oid::bigint FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()")[0].int(0)
    return "\(oid) \(name)"
  }
}
