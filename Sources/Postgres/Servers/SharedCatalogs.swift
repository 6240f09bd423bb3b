/// What a server keeps for a database outside of it, and CREATE DATABASE does not copy: settings and subscriptions. Such
/// rows are written as they are, which a scratch server alone may risk.
enum SharedCatalogs {
  /// - Parameters:
  ///   - admin: a connection to another database of the server.
  ///   - target: where the copy is reached.
  static func copy(from template: String, to name: String, _ admin: Connection, _ target: ConnectionTarget) async throws
  {
    let results = try await admin.pipeline([
      Statement(
        """
        INSERT INTO pg_db_role_setting
        SELECT copy.oid, s.setrole, s.setconfig
          FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase AND d.datname = $1
          JOIN pg_database copy ON copy.datname = $2
        """, [template, name]),
      Statement(
        """
        WITH subscription AS (
          SELECT s AS row, s.oid AS old, pg_nextoid('pg_subscription', 'oid', 'pg_subscription_oid_index') AS new
            FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid AND d.datname = $1),
        copied AS (
          INSERT INTO pg_subscription
          SELECT (jsonb_populate_record(x.row, jsonb_build_object('oid', x.new::text, 'subdbid', d.oid::text, 'subenabled', false))).*
            FROM subscription x JOIN pg_database d ON d.datname = $2)
        SELECT old::text, new::text FROM subscription
        """, [template, name]),
    ])
    _ = try results[0].get()
    let copies = try results[1].get().map { (try $0.string(0), try $0.string(1)) }
    guard !copies.isEmpty else { return }
    try await Connection.with(target) { connection in
      // What is said about them is inside the database, by their numbers.
      for (old, new) in copies {
        _ = try await connection.query(
          """
          UPDATE pg_description SET objoid = $2::oid
           WHERE classoid = 'pg_subscription'::regclass AND objoid = $1::oid
          """, [old, new])
      }
    }
  }

  /// Drops a database, which cannot be done to one with subscriptions, or to one that is a template by what was loaded into it.
  static func drop(database name: String, _ admin: Connection) async throws {
    let results = try await admin.pipeline(
      [
        Statement(
          """
          WITH gone AS (
            DELETE FROM pg_subscription s USING pg_database d WHERE d.oid = s.subdbid AND d.datname = $1
            RETURNING s.oid)
          DELETE FROM pg_shdepend WHERE classid = 'pg_subscription'::regclass AND objid IN (SELECT oid FROM gone)
          """, [name]),
        Statement("UPDATE pg_database SET datistemplate = false WHERE datname = $1 AND datistemplate", [name]),
        Statement("DROP DATABASE IF EXISTS \(Quote.identifier(name)) WITH (FORCE)"),
      ], sync: .each)
    for result in results { _ = try result.get() }
  }
}
