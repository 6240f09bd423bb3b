package import Postgres

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Waiting for a condition instead of for a time. The only place in the tests that sleeps, which `LuckTests` holds.
package enum Waiting {
  /// What turns a hang into a failure. No test depends on it: it is far more than the slowest machine takes.
  package static let cap = Duration.seconds(600)

  /// A condition did not come true.
  package struct Hang: Error, CustomStringConvertible {
    package let description: String
  }

  /// Looks again and again until a condition holds.
  ///
  /// - Parameter what: what is waited for, as in "the migration waits for the lock".
  /// - Throws: `Hang` when it never does; what the condition throws.
  package static func until(
    _ what: String, isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Bool
  ) async throws {
    _ = try await value(what) { try await condition() ? true : nil }
  }

  /// Looks again and again until there is a value.
  ///
  /// - Throws: `Hang` when there never is; what `look` throws.
  package static func value<Value>(
    _ what: String, isolation: isolated (any Actor)? = #isolation, _ look: () async throws -> Value?
  ) async throws -> Value {
    let end = ContinuousClock.now + cap
    while true {
      if let value = try await look() { return value }
      guard ContinuousClock.now < end else { throw Hang(description: "waited in vain for: \(what)") }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  /// The same on a thread that is no task's.
  package static func blocking<Value>(_ what: String, _ look: () -> Value?) -> Value {
    let end = ContinuousClock.now + cap
    while true {
      if let value = look() { return value }
      precondition(ContinuousClock.now < end, "waited in vain for: \(what)")
      usleep(1000)
    }
  }

  /// Some time or none, for what strikes at a moment of chance. Nothing may depend on how long it is.
  package static func chance() { usleep(UInt32.random(in: 0...2000)) }

  /// Waits until a number of sessions of a database are at a statement that has a text in it; with `waits`, until they wait
  /// there for a lock.
  package static func forSessions(
    _ count: Int = 1, at text: String, waits: Bool = false, on target: ConnectionTarget
  ) async throws {
    try await Connection.with(target, applicationName: "waiting") { connection in
      try await until("\(count) sessions at \(text)") {
        try await connection.query(
          """
          SELECT count(*) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active'
             AND strpos(query, $1) > 0 AND (wait_event_type = 'Lock' OR NOT $2::bool)
          """, [text, String(waits)])[0].int(0) >= count
      }
    }
  }
}

/// Something that a statement waits for until it is told to go on: an advisory lock that a test holds.
package struct Obstacle: Sendable {
  private static let key = 0x7465_7374
  /// Waits for it. There is no other time limit for it than the session's, which it lifts.
  package static let statements =
    "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0;\nSELECT pg_advisory_xact_lock(\(key));"

  private let connection: Connection
  private let target: ConnectionTarget

  /// Puts it up in a database.
  package init(in target: ConnectionTarget) async throws {
    self.target = target
    connection = try await Connection.open(target, applicationName: "obstacle")
    try await connection.execute("SELECT pg_advisory_lock(\(Self.key))")
  }

  /// Waits until somebody waits for it.
  package func isReached() async throws {
    try await Waiting.forSessions(at: "pg_advisory_xact_lock(\(Self.key))", waits: true, on: target)
  }

  /// Lets whoever waits go on.
  package func remove() async { await connection.close() }
}
