package import Postgres

/// Trying again what others were in the way of.
package enum Patience {
  /// How often, before it is left to the user.
  static let attempts = 30

  /// Errors that go by themselves: a lock that was not to be had, a deadlock, a serialisation failure.
  static func passes(_ error: PostgresError) -> Bool {
    error.sqlState.map { [.lockNotAvailable, "40P01", "40001"].contains($0) } ?? false
  }

  /// Exponential, at most 10 s, with jitter, so that two who wait do not meet again.
  static func pause(after attempt: Int) async throws {
    let base = min(10.0, 0.2 * Double(1 << min(attempt, 6)))
    try await Task.sleep(for: .seconds(base * Double.random(in: 0.5...1.0)))
  }

  /// Runs a short transaction until it gets its locks; in between others get theirs.
  ///
  /// - Throws: `PostgresError`; what `body` throws.
  package static func brief(
    _ connection: Connection, _ body: @Sendable (Connection) async throws -> Void
  ) async throws {
    try await retry { _ in
      try await connection.transaction { connection in
        try await connection.execute("SET LOCAL lock_timeout = '1s'")
        try await body(connection)
      }
    }
  }

  /// Runs `body` again while it fails with what passes.
  ///
  /// - Parameter body: gets how often it was tried before.
  /// - Throws: what `body` throws otherwise, or too often.
  package static func retry<Result>(_ body: (Int) async throws -> Result) async throws -> Result {
    var attempt = 0
    while true {
      do {
        // A statement with a lock timeout is over before anybody would look who is in its way.
        return try await LockWatch.$patience.withValue(LockWatch.shortPatience) { try await body(attempt) }
      } catch let error as PostgresError where passes(error) && attempt < attempts {
        attempt += 1
        try await pause(after: attempt)
      }
    }
  }

  /// After this time in a lock's queue PostgreSQL ends an autovacuum that is in the way, and a deadlock by ending whoever
  /// looks first: with a second, as usual, a lock timeout of a second would come before the one, and a client's wait before
  /// the other.
  ///
  /// - Throws: `PostgresError`.
  package static func giveWay(_ connection: Connection) async throws {
    do { try await connection.execute("SET deadlock_timeout = '100ms'") } catch let error as PostgresError
      where error.sqlState == .insufficientPrivilege
    {
      // Only a superuser may; others wait until the autovacuum is done.
    }
  }
}
