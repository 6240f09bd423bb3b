import Catalog
import Introspection
import Postgres
import TestSupport
import Testing

/// A large catalog is read by two sessions with one snapshot, and by one where there cannot be two.
@Suite struct LargeCatalogTests {
  /// Reads as a role that may have so many connections, and counts those that it had at once.
  private func read(_ database: ScratchDatabase, limit: Int, as role: String) async throws -> (Catalog, Int) {
    try await Connection.with(database.target) { admin in
      try await admin.execute("ALTER ROLE \(Quote.identifier(role)) CONNECTION LIMIT \(limit)")
      let reading = Task {
        try await Connection.with(database.target.setting("user", role)) { try await CatalogReader().read($0) }
      }
      let finished = Task { _ = await reading.result }
      let watching = Task {
        var most = 0
        while !Task.isCancelled {
          let sessions = "SELECT count(*) FROM pg_stat_activity WHERE usename = $1"
          // The last one is cancelled, on the server too.
          guard let count = try? await admin.query(sessions, [role])[0].int(0) else { break }
          most = max(most, count)
        }
        return most
      }
      await finished.value
      watching.cancel()
      return (try await reading.value, await watching.value)
    }
  }

  /// A role belongs to the server, which outlives the test.
  private func withRole<Result: Sendable>(
    _ role: String, in database: ScratchDatabase, _ body: () async throws -> Result
  ) async throws -> Result {
    func say(_ statement: String) async throws {
      _ = try await Connection.with(database.target) {
        try await $0.execute(statement + " " + Quote.identifier(role))
      }
    }
    try await say("CREATE USER")
    do {
      let result = try await body()
      try await say("DROP USER")
      return result
    } catch {
      try await say("DROP USER")
      throw error
    }
  }

  @Test func twoSessionsReadWhatOneReads() async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        // A transaction has locks for some thousand relations at most.
        for batch in 0..<5 {
          try await connection.execute(
            """
            DO $$ BEGIN FOR i IN \(batch * 250 + 1)..\(batch * 250 + 250) LOOP
              EXECUTE format(
                'CREATE TABLE t%1$s (a serial PRIMARY KEY, b text CHECK (b <> '''') DEFAULT ''x'');
                 CREATE INDEX ON t%1$s (lower(b)); CREATE POLICY p ON t%1$s USING (a > 0)', i);
            END LOOP; END $$
            """)
        }
      }
      let role = database.name + "_reader"
      try await withRole(role, in: database) {
        let (alone, one) = try await read(database, limit: 1, as: role)
        let (shared, two) = try await read(database, limit: 2, as: role)
        #expect(one == 1)
        #expect(two == 2)
        #expect(alone.facts.keys.count { $0.kind == .index } == 1250)
        #expect(alone.fingerprint == shared.fingerprint)
      }
    }
  }
}
