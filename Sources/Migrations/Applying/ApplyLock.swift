package import Postgres

/// One apply or seed at a time for a database: a transaction-level advisory lock on a connection of its own, which works behind
/// a transaction pooler too, and goes when its holder does.
package struct ApplyLock: Sendable {
  /// The first key of dbtool's advisory locks: "dbt" in ASCII.
  static let space = 0x64_6274
  private let connection: Connection

  /// - Throws: `ApplyError.busy` when another apply holds it.
  private static func acquire(_ target: ConnectionTarget) async throws -> ApplyLock {
    let connection = try await Connection.open(target.pinned, applicationName: "dbtool apply (lock)")
    do {
      // It idles while the work is done on another connection.
      try await connection.execute("\(Connection.begin); SET LOCAL idle_in_transaction_session_timeout = 0")
      // By the simple protocol: a portal of the extended one keeps its snapshot until the next, and concurrent index builds,
      // one of an apply that was killed too, would wait for it.
      let patience = ContinuousClock.now + .seconds(1)
      repeat {
        let rows = try await connection.execute("SELECT pg_catalog.pg_try_advisory_xact_lock(\(space), 2)")
        if try rows[0].bool(0) { return ApplyLock(connection: connection) }
        // The server may not have noticed yet that its holder was killed.
        try await Task.sleep(for: .milliseconds(100))
      } while ContinuousClock.now < patience
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
    do { try await connection.execute("SELECT") } catch let error as PostgresError {
      throw ApplyError.lockLost(error.message)
    }
  }

  private func release() async {
    // Closing the connection would do; COMMIT lets a pooler have it back clean.
    _ = try? await connection.execute("COMMIT")
    await connection.close()
  }
}
