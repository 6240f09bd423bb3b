import Catalog
import Migrations
import Operations
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// What drift says of the server itself: a value in other words is no other value.
@Suite struct ServerNotesTests {
  private static let database = Database("notes") {
    ServerSetting("shared_buffers", "65536kB")
    ServerSetting("work_mem", "4096")
    ServerSetting("maintenance_work_mem", "1GB")
    ServerSetting("deadlock_timeout", "1000ms")
    ServerSetting("autovacuum_naptime", "2min")
    ServerSetting("random_page_cost", "4.0")
    ServerSetting("wal_level", "replica")
    ServerSetting("no_such_setting", "1")
    // What the reader sets for its own session is not the server's.
    ServerSetting("max_parallel_workers_per_gather", "2")
    ServerSetting("track_activities", "true")
    ServerSetting("track_activity_query_size", "1kB")
    OptionalExtension("citext", in: .public, for: "texts")
    OptionalExtension("no_such_extension", in: .public, for: "wonders")
  }

  @Test func whatDiffersIsToldAndNothingElse() async throws {
    let states = States(database: Self.database)
    let expected = try await states.declared()
    let base = try await states.declaredTemplate()
    let server = try await Databases.server.value
    let report = try await Databases.gate.pass {
      try await server.withDatabase(from: base) { database in
        try await Connection.with(database.target) { connection in
          try await DriftReport.make(states: states, expected: expected, connection)
        }
      }
    }
    #expect(!report.hasFindings())
    #expect(
      report.findings.map(\.message) == [
        "the server has autovacuum_naptime = 1min where 2min is declared (ALTER SYSTEM changes it)",
        "the server has maintenance_work_mem = 64MB where 1GB is declared (ALTER SYSTEM changes it)",
        "the server shows this role no setting no_such_setting; 1 is declared",
        "the server has wal_level = logical where replica is declared (ALTER SYSTEM changes it)",
        "no_such_extension is not installed there: wonders is skipped",
      ])
  }
}
