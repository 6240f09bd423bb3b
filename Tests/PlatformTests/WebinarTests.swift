import Postgres
import TestSupport
import Testing

@Suite struct WebinarTests {
  @Test func aPageIsTakenOverAndABadRecordIsKeptForReview() async throws {
    try await PlatformDatabase.connected { connection in
      let page = #"""
        [{"id": "1", "webinar_id": 7, "schedule_id": 70, "email": "  Ada@Example.ORG ", "attended_live": "1", "revenue_live": "97.50"},
         {"id": 2, "webinar_id": 7, "schedule_id": 70, "email": "b@example.org", "attended_live": 1, "revenue_live": "free"},
         {"id": 3, "webinar_id": 7, "schedule_id": 70, "email": "c@example.org", "attended_live": "0", "revenue_live": "NaN"},
         {"id": 1, "webinar_id": 7, "schedule_id": 70, "email": "ada@example.org", "first_name": "Ada"},
         {"id": "x", "webinar_id": 7, "schedule_id": 70, "email": "d@example.org"},
         {"id": 5, "webinar_id": 7, "schedule_id": 70, "email": "no address"},
         {"id": 6, "webinar_id": 7, "schedule_id": 70, "email": "f@example.org", "event_date": "someday"},
         {"id": 7, "schedule_id": 70, "email": "g@example.org"}, 8, "nine", null]
        """#
      try await connection.execute("INSERT INTO webinar.sync_runs DEFAULT VALUES")
      let first = try await connection.query("SELECT * FROM webinar.upsert_registrants($1::jsonb, 1)", [page])[0]
      #expect(try (0..<4).map { try first.int($0) } == [11, 3, 0, 7])
      let rows = try await connection.query(
        "SELECT email, first_name, attended_live, revenue_live FROM webinar.webinar_registrants ORDER BY webinarjam_id")
      #expect(
        try rows.map { try "\($0.string(0)) \($0.optionalString(1) ?? "-") \($0.string(2)) \($0.string(3))" } == [
          // Of two records of one registration, the last wins.
          "ada@example.org Ada f 0.00", "b@example.org - t 0.00", "c@example.org - f 0.00",
        ])
      let reasons = try await connection.query("SELECT reason FROM webinar.sync_rejects ORDER BY id").map {
        try $0.string(0)
      }
      #expect(reasons.count == 7)
      #expect(reasons[1] == "\"no address\" is no email address")
      let second = try await connection.query("SELECT * FROM webinar.upsert_registrants($1::jsonb, 1)", [page])[0]
      #expect(try (0..<4).map { try second.int($0) } == [11, 0, 3, 7])
      let run = try await connection.query(
        "SELECT pages, received, inserted, updated, rejected FROM webinar.sync_runs")[0]
      #expect(try (0..<5).map { try run.int($0) } == [2, 22, 3, 3, 14])
      await #expect(throws: PostgresError.self) {
        try await connection.query("SELECT webinar.upsert_registrants('{}')")
      }
    }
  }

  @Test func aCheckAnswersAndIsLogged() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.query(
        "SELECT webinar.upsert_registrants($1::jsonb)",
        [
          #"[{"id": 1, "webinar_id": 7, "schedule_id": 70, "email": "a@b.c", "attended_live": "1"}, {"id": 2, "webinar_id": 7, "schedule_id": 70, "email": "d@e.f"}]"#
        ])
      var statuses: [String] = []
      for email in [" A@B.c", "d@e.f", "x@y.z"] {
        let row = try await connection.query(
          "SELECT status, response_time_ms FROM webinar.check_attendance($1, 7, 70, 'ghl')", [email])[0]
        statuses.append(try row.string(0))
        #expect(try row.int(1) >= 0)
      }
      #expect(statuses == ["attended", "no_show", "not_found"])
      let logged = try await connection.query(
        "SELECT attendance_status, registrant_id IS NOT NULL FROM webinar.attendance_checks ORDER BY id")
      #expect(try logged.map { try "\($0.string(0)) \($0.string(1))" } == ["attended t", "no_show t", "not_found f"])
      let dashboard = try await connection.query(
        "SELECT total_checks, attended_count, not_found_count FROM webinar.performance_dashboard")[0]
      #expect(try (0..<3).map { try dashboard.int($0) } == [3, 1, 1])
      let attendance = try await connection.query(
        "SELECT registrants, attended, attendance_rate FROM webinar.webinar_attendance")[0]
      #expect(try attendance.string(2) == "50.0")
    }
  }

  @Test func theLookupUsesItsIndex() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(
        """
        INSERT INTO webinar.webinar_registrants (webinarjam_id, webinar_id, schedule_id, email)
        SELECT n, 7, 70 + n % 5, format('p%s@example.org', n) FROM generate_series(1, 20000) n;
        ANALYZE webinar.webinar_registrants
        """)
      let plan = try await connection.query(
        """
        EXPLAIN SELECT id FROM webinar.webinar_registrants
         WHERE email = 'p77@example.org' AND webinar_id = 7 AND schedule_id = 72 ORDER BY event_date DESC LIMIT 1
        """
      ).map { try $0.string(0) }.joined(separator: "\n")
      #expect(plan.contains("idx_webinar_registrants_"), "\(plan)")
    }
  }

  @Test func whatIsOldGoesToTheArchiveAndNothingIsLost() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(
        """
        INSERT INTO webinar.webinar_registrants (webinarjam_id, webinar_id, schedule_id, email, event_date)
        SELECT n, 7, 70, format('p%s@example.org', n), now() - n * interval '1 month' FROM generate_series(1, 36) n;
        INSERT INTO webinar.attendance_checks (registrant_id, email, checked_at)
        SELECT id, email, event_date + interval '3 hours' FROM webinar.webinar_registrants
        """)
      let moved = try await connection.query(
        "SELECT registrants, checks FROM webinar.archive_old_records(interval '12 months')")[0]
      #expect(try moved.int(0) >= 24)
      let counts = try await connection.query(
        """
        SELECT (SELECT count(*) FROM webinar.webinar_registrants) + (SELECT count(*) FROM webinar.webinar_registrants_archive),
               (SELECT count(*) FROM webinar.attendance_checks) + (SELECT count(*) FROM webinar.attendance_checks_archive)
        """)[0]
      #expect(try counts.int(0) == 36)
      #expect(try counts.int(1) == 36)
      let again = try await connection.query(
        "SELECT registrants, checks FROM webinar.archive_old_records(interval '12 months')")[0]
      #expect(try again.int(0) == 0)
      await #expect(throws: PostgresError.self) {
        try await connection.query("SELECT webinar.archive_old_records(interval '1 day')")
      }
    }
  }
}
