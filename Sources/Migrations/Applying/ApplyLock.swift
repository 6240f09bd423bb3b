package import Postgres

/// The lock of what changes a database as a whole: one apply, seed, repair or retirement at a time.
package typealias ApplyLock = AdvisoryLock

/// An advisory lock of dbtool's, held by a transaction on a connection of its own.
///
/// That works behind a transaction pooler too, where a session's locks stay with a server process that others get next; and
/// the lock goes when its holder does, whatever ends it.
package struct AdvisoryLock: Sendable {
  /// The first key of the locks that have two.
  static let space = Int(AdvisoryKey.space)

  /// The session that holds the innermost lock around what runs now.
  @TaskLocal private static var holder: Connection?

  package let key: AdvisoryKey
  private let connection: Connection
  /// The server process that has it.
  private let pid: Int

  /// Everything of the transaction in one script, by the simple protocol: a portal of the extended one keeps its snapshot
  /// until the next. At another isolation level the first query's snapshot would stay until the end, and builds of indexes
  /// and detaches that run concurrently would wait for it for ever.
  ///
  /// It idles while the work is done on another connection, for as long as that takes. What the role or the database has
  /// set is not meant for it, nor is what others may have put before `pg_catalog`.
  private static let begin = """
    BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
    SET LOCAL search_path = pg_catalog, pg_temp;
    SET LOCAL statement_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0;
    SELECT pg_catalog.set_config(s.name, '0', true) FROM pg_catalog.pg_settings s WHERE s.name = 'transaction_timeout';
    """

  private static func acquire(
    _ target: ConnectionTarget, _ key: AdvisoryKey, _ purpose: String
  ) async throws -> AdvisoryLock {
    let connection = try await Connection.open(target.pinned, applicationName: "dbtool \(purpose) (lock)")
    do {
      try await begin(connection)
      let patience = ContinuousClock.now + .seconds(1)
      repeat {
        let rows = try await connection.execute(
          "SELECT pg_catalog.pg_try_advisory_xact_lock(\(key.arguments)), pg_catalog.pg_backend_pid()")
        if try rows[0].bool(0) {
          if try await connection.isPooled { try await SecondConnection.await(target) }
          return AdvisoryLock(key: key, connection: connection, pid: try rows[0].int(1))
        }
        // The server may not have noticed yet that its holder was killed.
        try await Task.sleep(for: .milliseconds(100))
      } while ContinuousClock.now < patience
      throw ApplyError.busy(try await holder(of: key, connection) ?? "a process that has just ended. Wait a little")
    } catch {
      await connection.close()
      throw error
    }
  }

  private static func begin(_ connection: Connection) async throws {
    do { try await connection.execute(begin) } catch let error as PostgresError
      where error.sqlState == .featureNotSupported
    {
      // A server that replays another one's writes has no transaction that may write.
      _ = try? await connection.execute("ROLLBACK")
      let isStandby = try await connection.query("SELECT pg_catalog.pg_is_in_recovery()")[0].bool(0)
      throw isStandby ? HistoryError.standby : error
    }
  }

  /// Who has it, and what to do about that, for people. Whoever may connect can take it: PostgreSQL has no rights on advisory
  /// locks.
  private static func holder(of key: AdvisoryKey, _ connection: Connection) async throws -> String? {
    let row = try await connection.execute(
      """
      SELECT coalesce(a.pid, 0), coalesce(nullif(pg_catalog.replace(a.application_name, ' (lock)', ''), ''), x.gid, 'dbtool'),
             coalesce(a.usename, x.owner, 'somebody')::pg_catalog.text, coalesce(a.client_addr::pg_catalog.text, 'local'),
             coalesce(pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() - coalesce(a.xact_start, x.prepared))::pg_catalog.text,
                      'a while'),
             \(TrustedRoles.condition("coalesce(a.usesysid, r.oid)", await connection.serverVersion))
        FROM pg_catalog.pg_locks l
        LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
        LEFT JOIN pg_catalog.pg_locks o
               ON l.pid IS NULL AND o.pid IS NULL AND o.virtualtransaction = l.virtualtransaction AND o.locktype = 'transactionid'
        LEFT JOIN pg_catalog.pg_prepared_xacts x ON x.transaction = o.transactionid
        LEFT JOIN pg_catalog.pg_roles r ON r.rolname = x.owner
       WHERE \(key.condition) AND l.granted AND coalesce(a.usename, x.owner) IS NOT NULL
      """
    ).first
    guard var reader = row?.reader else { return nil }
    let (pid, name) = (try reader.int(), try reader.string())
    let (role, address, age) = (try reader.string(), try reader.string(), try reader.string())
    let isTrusted = try reader.bool()
    let blocker = Blocker(pid == 0 ? .prepared(name) : .process(pid, application: name), role: role, age: age)
    let who =
      pid == 0
      ? "the prepared transaction \(name) of \(role), for \(age)"
      : "\(name), process \(pid) of \(role) from \(address), for \(age)"
    if pid == 0 { return "\(who). No dbtool prepares transactions: end it (\(blocker.ending))" }
    let whose =
      isTrusted
      ? ""
      : "That role can act neither as you nor as the database's owner, and whoever may connect can take this lock. "
    return "\(who). \(whose)Wait for it, or end it (\(blocker.ending))"
  }

  /// Holds a lock while `body` runs, however it ends.
  ///
  /// - Parameters:
  ///   - key: what nobody else is to do meanwhile.
  ///   - purpose: which command it is for: whoever finds the lock taken is told.
  /// - Throws: `ApplyError.busy` when another process holds it; what `body` throws.
  package static func with<Result: Sendable>(
    _ target: ConnectionTarget, _ key: AdvisoryKey = .change, for purpose: String = "apply",
    _ body: (AdvisoryLock) async throws -> Result
  ) async throws -> Result {
    let lock = try await acquire(target, key, purpose)
    do {
      let result = try await $holder.withValue(lock.connection) { try await body(lock) }
      await lock.release()
      return result
    } catch {
      await lock.release()
      throw error
    }
  }

  /// The same for work in a session of its own, which is on the server that has the lock.
  ///
  /// - Parameter name: what `pg_stat_activity` shows of the session.
  /// - Throws: `ApplyError.elsewhere`; what the other throws.
  package static func withSession<Result: Sendable>(
    _ target: ConnectionTarget, for purpose: String = "apply", applicationName name: String = "dbtool",
    _ body: (AdvisoryLock, Connection) async throws -> Result
  ) async throws -> Result {
    try await with(target, for: purpose) { lock in
      try await Connection.with(target, applicationName: name) { connection in
        try await lock.verify(connection)
        return try await body(lock, connection)
      }
    }
  }

  /// The same for work in a session that is there.
  ///
  /// - Throws: `ApplyError.elsewhere`; what the other throws.
  package static func with<Result: Sendable>(
    _ connection: Connection, _ key: AdvisoryKey = .change, for purpose: String,
    _ body: (AdvisoryLock) async throws -> Result
  ) async throws -> Result {
    try await with(connection.target, key, for: purpose) { lock in
      try await lock.verify(connection)
      return try await body(lock)
    }
  }

  /// Runs queries in another session of the same database, beside one that is in a transaction: in that of the lock, if there is one,
  /// because a pooler may have no third.
  ///
  /// - Throws: `PostgresError`; what `body` throws.
  static func beside<Result: Sendable>(
    _ connection: Connection, _ body: (Connection) async throws -> Result
  ) async throws -> Result {
    guard let holder, holder.target == connection.target.pinned else {
      return try await Connection.with(connection.target.pinned, applicationName: "dbtool apply (history)", body)
    }
    let result = try await body(holder)
    // The portal of a query keeps its snapshot until the next statement of a script.
    try await holder.execute("SELECT")
    return result
  }

  /// Looks whether a session is on the server, and in the database, that has the lock: a name may lead to several.
  ///
  /// - Throws: `ApplyError.elsewhere`.
  package func verify(_ session: Connection) async throws {
    let found = try await session.query(
      "SELECT FROM pg_catalog.pg_locks l WHERE \(key.condition) AND l.pid = \(pid) AND l.granted")
    guard !found.isEmpty else {
      // It may have gone meanwhile.
      try await check()
      throw ApplyError.elsewhere
    }
  }

  /// Looks whether it is still held; before each step that cannot be taken back.
  ///
  /// - Throws: `ApplyError.lockLost` when the server has ended the connection that holds it.
  package func check() async throws {
    let held: Bool
    do {
      held = try await !connection.execute(
        "SELECT FROM pg_catalog.pg_locks l WHERE \(key.condition) AND l.pid = pg_catalog.pg_backend_pid() AND l.granted"
      ).isEmpty
    } catch let error as PostgresError { throw ApplyError.lockLost(error.message) }
    guard held else { throw ApplyError.lockLost("its transaction has ended") }
  }

  private func release() async {
    // Closing the connection would do; COMMIT lets a pooler have it back clean.
    _ = try? await connection.execute("COMMIT")
    await connection.close()
  }
}
