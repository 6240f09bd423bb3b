internal import Postgres

/// What goes on in the server for an apply that was killed: a server process does not notice that nobody listens before
/// it has something to say.
///
/// Any session may call itself `dbtool apply`. One of a role that is not trusted is none: what it does it may do, and dbtool has
/// no reason to wait for it.
enum Stragglers {
  /// How long they are waited for, and how long those that do nothing within an open transaction.
  struct Limit {
    var work = Duration.seconds(600)
    var rest = Duration.seconds(2)
  }

  /// Waits until they have ended; only then the history and the catalogs say what was done.
  ///
  /// - Throws: `ApplyError.stragglers` for those that do not; `PostgresError`.
  static func wait(
    _ connection: Connection, upTo limit: Limit = Limit(), _ report: ([Blocker]) -> Void
  ) async throws {
    let start = ContinuousClock.now
    var restsSince: ContinuousClock.Instant?
    var told: Set<Blocker.Kind> = []
    while true {
      let found = try await look(connection)
      if found.isEmpty { return }
      let blockers = found.map(\.blocker)
      if !told.isSuperset(of: blockers.map(\.kind)) {
        report(blockers)
        told.formUnion(blockers.map(\.kind))
      }
      let now = ContinuousClock.now
      restsSince = found.contains(where: \.isAtWork) ? nil : restsSince ?? now
      let rests = restsSince.map { $0.duration(to: now) } ?? .zero
      if start.duration(to: now) > limit.work || rests > limit.rest { throw ApplyError.stragglers(blockers) }
      try await Task.sleep(for: .milliseconds(200))
    }
  }

  /// Sessions within a transaction: between two a pooler's look the same, and wait for nobody. Of other roles' sessions
  /// PostgreSQL hides what they do, but not that they have locked their own transaction.
  private static func look(_ connection: Connection) async throws -> [(blocker: Blocker, isAtWork: Bool)] {
    try await connection.query(
      """
      SELECT a.pid, a.usename::pg_catalog.text,
             coalesce(pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() - a.xact_start)::pg_catalog.text, 'a while'),
             coalesce(pg_catalog.left(a.query, 100), ''), coalesce(a.state NOT LIKE 'idle%', true)
        FROM pg_catalog.pg_stat_activity a
       WHERE a.datname = pg_catalog.current_database() AND a.application_name = 'dbtool apply'
         AND a.pid <> pg_catalog.pg_backend_pid()
         AND coalesce(a.state <> 'idle', EXISTS (SELECT FROM pg_catalog.pg_locks l
                                                  WHERE l.pid = a.pid AND l.locktype = 'virtualxid' AND l.granted))
         AND \(TrustedRoles.condition("a.usesysid", await connection.serverVersion))
       ORDER BY a.pid
      """
    ).map { row in
      let blocker = Blocker(
        .process(try row.int(0), application: ""), role: try row.string(1), age: try row.string(2),
        query: try row.string(3))
      return (blocker, try row.bool(4))
    }
  }
}
