import Catalog
import Planning
import Postgres
import TestSupport
import Testing

/// Jobs of pg_cron have one name for each role that schedules one.
@Suite struct CronJobTests {
  private static func catalog(_ jobs: (schedule: String, isActive: Bool)...) -> Catalog {
    var catalog = Catalog()
    for job in jobs {
      catalog.insert(
        Fact(
          FactID(.cronJob, name: "it's"),
          [.schedule: .text(job.schedule), .command: .text("SELECT 1"), .active: .flag(job.isActive)]))
    }
    return catalog
  }

  @Test func jobsOfOtherRolesAreInNobodysWay() async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        try await connection.execute(
          """
          INSERT INTO cron.stored_job (jobname, schedule, command, username)
          VALUES ('it''s', '1 * * * *', 'SELECT 2', 'one'), ('it''s', '2 * * * *', 'SELECT 3', 'two'), ('other', '3 * * * *', '', 'one')
          """)
        var state = Self.catalog()
        for (next, expected) in [
          (Self.catalog(("9 * * * *", false)), "9 * * * * f"), (Self.catalog(("8 * * * *", true)), "8 * * * * t"),
          (Self.catalog(("7 * * * *", false)), "7 * * * * f"),
        ] {
          for step in try Planner.plan(from: state, to: next).steps {
            for sql in step.statements { try await connection.execute(sql) }
          }
          let own = try await connection.query(
            "SELECT string_agg(schedule || ' ' || active::text::char, ',') FROM cron.job WHERE username = current_user")
          #expect(try own[0].string(0) == expected)
          #expect(
            try await connection.query("SELECT count(*) FROM cron.job WHERE username <> current_user AND active")[0]
              .int(0) == 3)
          state = next
        }
        for step in try Planner.plan(from: state, to: Self.catalog()).steps {
          for sql in step.statements { try await connection.execute(sql) }
        }
        // A superuser sees them all, and what was read of them was one job.
        #expect(try await connection.query("SELECT string_agg(jobname, ',') FROM cron.job")[0].string(0) == "other")
      }
    }
  }
}
