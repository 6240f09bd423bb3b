package import Postgres

/// The schema `dbtool` in the target database: what was applied, written in the transaction that did it.
package enum History {
  /// One migration as the database remembers it.
  package struct Entry: Sendable {
    package var version: String
    package var name: String
    package var checksum: String
    package var segmentsDone: Int
    package var segments: Int
    package var isFinished: Bool
    package var appliedAt: String
  }

  static let create = """
    CREATE SCHEMA IF NOT EXISTS dbtool;
    CREATE TABLE IF NOT EXISTS dbtool.migrations (
      version text PRIMARY KEY,
      name text NOT NULL,
      checksum text NOT NULL,
      segments integer NOT NULL,
      segments_done integer NOT NULL DEFAULT 0,
      started_at timestamptz NOT NULL DEFAULT now(),
      finished_at timestamptz,
      applied_by text NOT NULL DEFAULT session_user);
    CREATE TABLE IF NOT EXISTS dbtool.seeds (
      path text NOT NULL,
      environment text NOT NULL,
      checksum text NOT NULL,
      rows bigint NOT NULL DEFAULT 0,
      applied_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (path, environment));
    CREATE TABLE IF NOT EXISTS dbtool.settings (
      key text PRIMARY KEY,
      value text NOT NULL);
    COMMENT ON SCHEMA dbtool IS 'History of dbtool: applied migrations, seeds and settings.';
    """

  /// Makes the schema where it is missing.
  package static func ensure(_ connection: Connection) async throws {
    let exists = try await connection.query("SELECT to_regclass('dbtool.settings') IS NOT NULL")
    if try exists[0].bool(0) { return }
    // Two at once would collide in the catalogs; the lock makes the second find it done.
    try await connection.transaction { connection in
      try await connection.execute("SET LOCAL client_min_messages = warning")
      try await connection.query("SELECT pg_advisory_xact_lock($1::int, 1)", [String(ApplyLock.space)])
      try await connection.execute(create)
    }
  }

  /// What was applied, in order; nothing when dbtool never was here.
  package static func entries(_ connection: Connection) async throws -> [Entry] {
    let exists = try await connection.query("SELECT to_regclass('dbtool.migrations') IS NOT NULL")
    guard try exists[0].bool(0) else { return [] }
    return try await connection.query(
      """
      SELECT version, name, checksum, segments_done, segments, finished_at IS NOT NULL,
             to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
        FROM dbtool.migrations ORDER BY version
      """
    ).map { row in
      var reader = row.reader
      return Entry(
        version: try reader.string(), name: try reader.string(), checksum: try reader.string(),
        segmentsDone: try reader.int(), segments: try reader.int(), isFinished: try reader.bool(),
        appliedAt: try reader.string())
    }
  }

  /// A setting of this database, for example `environment`.
  package static func setting(_ key: String, _ connection: Connection) async throws -> String? {
    let exists = try await connection.query("SELECT to_regclass('dbtool.settings') IS NOT NULL")
    guard try exists[0].bool(0) else { return nil }
    return try await connection.query("SELECT value FROM dbtool.settings WHERE key = $1", [key]).first?.string(0)
  }

  package static func set(_ key: String, _ value: String, _ connection: Connection) async throws {
    try await connection.query(
      "INSERT INTO dbtool.settings VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      [key, value])
  }
}

/// One apply or seed at a time for a database: a transaction-level advisory lock on a connection of its own, which works behind
/// a transaction pooler too, and goes when its holder does.
package struct ApplyLock: Sendable {
  /// The first key of dbtool's advisory locks: "dbt" in ASCII.
  static let space = 0x64_6274
  private let connection: Connection

  /// - Throws: `ApplyError.busy` when another apply holds it.
  private static func acquire(_ target: ConnectionTarget) async throws -> ApplyLock {
    let connection = try await Connection.open(target, applicationName: "dbtool apply (lock)")
    do {
      // It idles while the work is done on another connection.
      try await connection.execute("BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0")
      let rows = try await connection.query("SELECT pg_try_advisory_xact_lock($1::int, 2)", [String(space)])
      if try rows[0].bool(0) { return ApplyLock(connection: connection) }
      let holder = try await connection.query(
        """
        SELECT a.pid, coalesce(a.usename, ''), coalesce(a.client_addr::text, 'local'),
               date_trunc('second', now() - a.xact_start)::text
          FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
         WHERE l.locktype = 'advisory' AND l.classid = $1::int::oid AND l.objid = 2 AND l.granted
           AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """, [String(space)]
      ).first
      let who = try holder.map {
        "process \(try $0.string(0)) of \(try $0.string(1)) from \(try $0.string(2)), for \(try $0.string(3))"
      }
      await connection.close()
      throw ApplyError.busy(who ?? "a process that has just ended")
    } catch {
      await connection.close()
      throw error
    }
  }

  /// Holds the lock while `body` runs, however it ends.
  ///
  /// - Throws: `ApplyError.busy` when another apply or seed holds it; what `body` throws.
  package static func with<Result: Sendable>(
    _ target: ConnectionTarget, _ body: (ApplyLock) async throws -> Result
  ) async throws -> Result {
    let lock = try await acquire(target)
    do {
      let result = try await body(lock)
      await lock.release()
      return result
    } catch {
      await lock.release()
      throw error
    }
  }

  /// - Throws: `ApplyError.lockLost` when the server has ended the connection that holds the lock.
  func check() async throws {
    do { try await connection.query("SELECT") } catch let error as PostgresError {
      throw ApplyError.lockLost(error.message)
    }
  }

  private func release() async {
    // Closing the connection would do; COMMIT lets a pooler have it back clean.
    _ = try? await connection.execute("COMMIT")
    await connection.close()
  }
}
