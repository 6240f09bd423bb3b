import Catalog
import Introspection
import Postgres
import Synchronization
import TestSupport
import Testing

/// Reading a catalog opens tables, and waits for whoever has locked them. Who that is, is said.
@Suite struct LockedCatalogTests {
  /// What was said so far.
  private final class Said: Sendable {
    private let sentences = Mutex<[String]>([])
    var all: [String] { sentences.withLock { $0 } }
    var notice: WaitNotice { WaitNotice { sentence in self.sentences.withLock { $0.append(sentence) } } }
  }

  private static let objects = """
    CREATE SCHEMA ev;
    CREATE TABLE ev.x (a integer CHECK (a > 0), b text DEFAULT 'x');
    CREATE VIEW ev.v AS SELECT a FROM ev.x;
    """

  /// Reads a database in which somebody has a lock, lets him go once something was said, and reads to the end.
  ///
  /// - Returns: what was said, and what was read.
  private func read(
    _ target: ConnectionTarget, until isSaid: @escaping @Sendable ([String]) -> Bool,
    release: () async throws -> Void
  ) async throws -> ([String], Catalog) {
    let said = Said()
    let reading = WaitNotice.$listener.withValue(said.notice) {
      Task { try await Connection.with(target) { try await CatalogReader().read($0) } }
    }
    do {
      try await Waiting.until("the read says for what it waits") { isSaid(said.all) }
    } catch {
      try await release()
      throw error
    }
    try await release()
    return (said.all, try await reading.value)
  }

  @Test func whoHasTheLockIsSaidWithItsTable() async throws {
    try await Databases.with { database in
      _ = try await Connection.with(database.target) { try await $0.execute(Self.objects) }
      let role = "mal\u{1B}[31m\(database.name)"
      let quoted = Quote.identifier(role)
      _ = try await Connection.with(database.target) {
        try await $0.execute(
          "CREATE ROLE \(quoted) LOGIN; GRANT USAGE ON SCHEMA ev TO \(quoted); GRANT TRUNCATE ON ev.x TO \(quoted)")
      }
      let expected = try await Connection.with(database.target) { try await CatalogReader().read($0) }
      let locker = try await Connection.open(database.target.setting("user", role), applicationName: "night job")
      try await locker.execute("BEGIN; LOCK TABLE ev.x IN ACCESS EXCLUSIVE MODE")
      let pid = try await locker.query("SELECT pg_backend_pid()")[0].int(0)
      let (said, catalog) = try await read(database.target.pinned, until: { !$0.isEmpty }) {
        try await locker.execute("ROLLBACK")
      }
      await locker.close()
      let sentence = try #require(said.first)
      let who = "waiting for a lock on ev.x, behind process \(pid) (night job) of the role \(role), open for "
      #expect(sentence.hasPrefix(who), "\(sentence)")
      #expect(sentence.hasSuffix("(to end what is in the way: SELECT pg_catalog.pg_terminate_backend(\(pid)))"))
      // Of one table once, however many objects are printed from it.
      #expect(said.count == 1, "\(said)")
      _ = try await Connection.with(database.target) {
        try await $0.execute("DROP OWNED BY \(quoted); DROP ROLE \(quoted)")
      }
      #expect(catalog.fingerprint == expected.fingerprint)
    }
  }

  /// Reading goes on where the second session is refused.
  @Test func aRoleThatMayHaveNoSecondSessionIsToldSo() async throws {
    try await Databases.with { database in
      _ = try await Connection.with(database.target) { try await $0.execute(Self.objects) }
      let role = database.name + "_one"
      _ = try await Connection.with(database.target) {
        try await $0.execute("CREATE ROLE \(role) LOGIN CONNECTION LIMIT 1")
      }
      try await Connection.with(database.target) { locker in
        try await locker.execute("BEGIN; LOCK TABLE ev.x")
        let (said, catalog) = try await read(
          database.target.setting("user", role).pinned, until: { !$0.isEmpty }
        ) { try await locker.execute("ROLLBACK") }
        #expect(
          said.first?.contains("whether it waits for a lock cannot be told: ") == true
            && said.first?.contains("too many connections") == true, "\(said)")
        #expect(catalog.facts.keys.contains { $0.kind == .view })
        try await locker.execute("DROP ROLE \(role)")
      }
    }
  }

  /// Nobody can connect to a database whose catalogs are locked, neither to look nor to wait for that.
  @Test func aSecondSessionThatGetsNoAnswerIsNotWaitedFor() async throws {
    try await Databases.with { database in
      _ = try await Connection.with(database.target) { try await $0.execute(Self.objects) }
      let said = Said()
      try await Connection.with(database.target) { locker in
        try await Connection.with(database.target.pinned) { reader in
          try await locker.execute("BEGIN; LOCK TABLE pg_catalog.pg_class, pg_catalog.pg_attribute")
          let reading = WaitNotice.$listener.withValue(said.notice) {
            Task { try await CatalogReader().read(reader) }
          }
          try await Waiting.until("it says that nothing can be told") { !said.all.isEmpty }
          try await locker.execute("ROLLBACK")
          #expect(try await reading.value.facts.keys.contains { $0.kind == .view })
        }
      }
      #expect(said.all.first?.contains("a second connection gets no answer either") == true, "\(said.all)")
    }
  }

  @Test func whatIsReadQuicklyIsNotSaid() async throws {
    try await Databases.with { database in
      _ = try await Connection.with(database.target) { try await $0.execute(Self.objects) }
      let said = Said()
      let sessions = try await WaitNotice.$listener.withValue(said.notice) {
        try await Connection.with(database.target.pinned) { connection in
          _ = try await CatalogReader().read(connection)
          return try await connection.query(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dbtool (watch)' AND datname = current_database()"
          )[0].int(0)
        }
      }
      // Unless the machine is so busy that a read takes a second; then it was for no lock.
      #expect(said.all.isEmpty && sessions <= 1, "\(said.all)")
    }
  }
}
