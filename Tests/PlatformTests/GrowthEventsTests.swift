import Postgres
import TestSupport
import Testing

/// What becomes of events.
@Suite struct GrowthEventsTests {
  @Test func eventsAreEnriched() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(
        """
        INSERT INTO marketing.leads (email) VALUES ('ada@example.org');
        INSERT INTO onboarding.sessions (session_token, email, country) VALUES ('session_123', 'ada@example.org', 'CH');
        INSERT INTO experiments.experiments (key, name, status, variants)
        VALUES ('button', 'Button', 'running', '[{"key": "green", "weight": 1}, {"key": "blue", "weight": 1}]');
        SELECT auto_assign_experiments(session_id => 'session_123');
        SET ROLE anon;
        INSERT INTO analytics.events (type, name, session_id, properties) VALUES
          ('user_action', 'demo_request', 'session_123', '{"page": "/demo", "utm_campaign": "spring", "user_agent": "Mozilla/5.0 (iPhone) Mobile"}'),
          ('page_view', 'home', NULL, '{"country": "de", "user_agent": "Googlebot/2.1"}'), ('page_view', 'home', NULL, '{"country": "nowhere"}');
        RESET ROLE
        """)
      let rows = try await connection.query(
        """
        SELECT concat_ws(' ', page, campaign, country, device, lead_id IS NOT NULL, variants ? 'button') FROM analytics.events ORDER BY id
        """)
      #expect(try rows.map { try $0.string(0) } == ["/demo spring CH mobile t t", "DE bot f", "unknown f"])
      let error = await #expect(throws: PostgresError.self) {
        try await connection.query("SET ROLE anon")
        try await connection.query(
          "INSERT INTO analytics.events (type, name, user_id) VALUES ('page_view', 'x', gen_random_uuid())")
      }
      #expect(error?.sqlState == "42501")
    }
  }

  @Test func figuresAreOfTheEventsAndAreMadeOnce() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(
        """
        INSERT INTO marketing.leads (email) VALUES ('ada@example.org');
        INSERT INTO onboarding.sessions (session_token, email) VALUES ('session_1', 'ada@example.org');
        INSERT INTO analytics.events (type, name, session_id, created_at)
        SELECT CASE WHEN n % 50 = 0 THEN 'conversion' ELSE 'page_view' END::analytics.event_type, 'home', 'session_' || n % 7,
               date_trunc('day', now(), 'UTC') - interval '1 day' + n * interval '10 minutes' FROM generate_series(1, 100) n;
        INSERT INTO analytics.events (type, name, session_id, created_at)
        VALUES ('user_action', 'demo_request', 'session_1', date_trunc('day', now(), 'UTC') - interval '1 hour')
        """)
      let hourly = try await connection.query("SELECT sum(events), count(*) FROM analytics.hourly_events")[0]
      #expect(try hourly.int(0) == 101)
      func process() async throws -> [String: Int] {
        try await connection.query("SELECT item, rows FROM process_pending_events()").reduce(into: [:]) {
          $0[try $1.string(0)] = try $1.int(1)
        }
      }
      let first = try await process()
      #expect(first["events"] == 101)
      #expect(first["leads scored"] == 1)
      let second = try await process()
      #expect(second["events"] == 0)
      // 14 pages, a conversion and a demo.
      let score = try await connection.query("SELECT score FROM marketing.leads")[0].int(0)
      #expect(score == 14 + 30 + 20)
      let overview = try await connection.query(
        "SELECT concat_ws(' ', events, sessions, demo_requests, conversions) FROM analytics.daily_overview")
      #expect(try overview.map { try $0.string(0) } == ["101 7 1 2"])
      #expect(try await connection.query("SELECT sum(events) FROM analytics.hourly_events")[0].int(0) == 101)
    }
  }

  @Test func noEventIsLostOrCountedTwiceUnderManyClients() async throws {
    try await PlatformDatabase.with { database in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for client in 0..<12 {
          group.addTask {
            try await Connection.with(database.target) { connection in
              for round in 0..<10 {
                try await connection.execute(
                  """
                  BEGIN;
                  INSERT INTO analytics.events (type, name, session_id) VALUES ('page_view', '\(["a", "b"][(client + round) % 2])', 's\(client)');
                  INSERT INTO analytics.events (type, name, session_id) VALUES ('page_view', '\(["b", "a"][(client + round) % 2])', 's\(client)');
                  COMMIT
                  """)
                if client % 4 == 0 { try await connection.query("SELECT process_pending_events(50)") }
              }
            }
          }
        }
        try await group.waitForAll()
      }
      try await Connection.with(database.target) { connection in
        try await connection.query("SELECT process_pending_events()")
        let rows = try await connection.query(
          """
          SELECT (SELECT count(*) FROM analytics.events), (SELECT count(*) FROM analytics.pending_events),
                 (SELECT sum(events) FROM analytics.event_aggregations), (SELECT value FROM analytics.metrics WHERE name = 'events')
          """)[0]
        #expect(try (0..<4).map { try rows.int($0) } == [240, 0, 240, 240])
      }
    }
  }

  @Test func oldDataGoesAndFiguresStay() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(
        """
        INSERT INTO analytics.events (type, name, created_at)
        SELECT 'page_view', 'home', now() - n * interval '1 day' FROM generate_series(85, 95) n;
        INSERT INTO onboarding.sessions (session_token, last_activity_at, status, abandoned_at)
        VALUES ('long ago', now() - interval '100 days', 'abandoned', now() - interval '99 days');
        SELECT process_pending_events()
        """)
      let removed = try await connection.query("SELECT item, rows FROM cleanup_old_data()").reduce(into: [:]) {
        $0[try $1.string(0)] = try $1.int(1)
      }
      // The 90th is not older than 90 days by more than this transaction's moment.
      #expect(removed["analytics.events"] == 6)
      #expect(removed["onboarding.sessions"] == 1)
      // That there was a session is kept, what it was is not.
      let trail = try await connection.query(
        "SELECT action, changes FROM analytics.audit_trail WHERE table_name = 'onboarding.sessions' ORDER BY id")
      #expect(try trail.map { "\(try $0.string(0)) \(try $0.string(1))" } == ["insert {}", "delete {}"])
      #expect(try await connection.query("SELECT count(*) FROM analytics.events")[0].int(0) == 5)
      #expect(
        try await connection.query("SELECT sum(value) FROM analytics.metrics WHERE name = 'events'")[0].int(0) == 11)
    }
  }
}
