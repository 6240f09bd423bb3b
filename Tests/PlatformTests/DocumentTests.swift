import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// Every SQL statement of the documents, run as it stands with the subsystem's schema first on the path; where a
/// document's statement is wrong, what it says and the corrected one stand side by side.
@Suite struct DocumentTests {
  private func columns(_ table: String, _ connection: Connection) async throws -> [String] {
    try await connection.query(
      """
      SELECT a.attname || ' ' || a.attnotnull FROM pg_attribute a
       WHERE a.attrelid = $1::regclass AND a.attnum > 0 ORDER BY a.attnum
      """, [table]
    ).map { try $0.string(0) }
  }

  // MARK: 000, webinar

  /// The document's CREATE TABLE and CREATE INDEX statements, in an empty schema beside ours: the columns are the same,
  /// in the same order, with the same nullability, and so are the indexes.
  @Test func webinarTablesAndIndexesAreAsGiven() async throws {
    let document = try Self.document("webinar_ddl.sql")
    try await PlatformDatabase.connected { connection in
      try await connection.execute("CREATE SCHEMA given; SET search_path = given")
      for statement in try Script.split(document) { try await connection.query(statement.sql) }
      for table in ["webinar_registrants", "attendance_checks"] {
        let given = try await columns("given.\(table)", connection)
        #expect(given.count > 9)
        #expect(try await columns("webinar.\(table)", connection) == given, "\(table)")
      }
      let missing = try await connection.query(
        """
        SELECT i.indexname FROM pg_indexes i WHERE i.schemaname = 'given' AND NOT EXISTS (
          SELECT FROM pg_indexes o WHERE o.schemaname = 'webinar' AND o.indexname = i.indexname
             AND replace(o.indexdef, 'webinar.', 'given.') = i.indexdef)
        """
      ).map { try $0.string(0) }
      #expect(missing.isEmpty, "\(missing)")
    }
  }

  @Test func webinarLightningLookupRuns() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute("SET search_path = webinar, public")
      try await connection.query(
        "SELECT upsert_registrants($1::jsonb)",
        [#"[{"id": 1, "webinar_id": 7, "schedule_id": 70, "email": "a@b.c", "attended_live": "1"}]"#])
      let rows = try await connection.query(
        """
        SELECT 
          id, email, first_name, last_name,
          webinar_name, webinar_id, schedule_id,
          attended_live, date_live, time_live,
          purchased_live, revenue_live
        FROM webinar_registrants 
        WHERE email = $1 
          AND webinar_id = $2 
          AND schedule_id = $3
        ORDER BY event_date DESC 
        LIMIT 1;
        """, ["a@b.c", "7", "70"])
      #expect(rows.count == 1)
    }
  }

  @Test func webinarPerformanceDashboardRuns() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute("SET search_path = webinar, public")
      try await connection.query("SELECT count(*) FROM check_attendance('nobody@example.org', 1, 1)")
      let rows = try await connection.query(
        """
        SELECT 
          DATE_TRUNC('hour', checked_at) as hour,
          AVG(response_time_ms) as avg_response_time,
          COUNT(*) as total_checks,
          SUM(CASE WHEN attended THEN 1 ELSE 0 END) as attended_count
        FROM attendance_checks 
        WHERE checked_at >= NOW() - INTERVAL '24 hours'
        GROUP BY hour 
        ORDER BY hour;
        """)
      #expect(rows.count == 1)
    }
  }

  // MARK: 001, booking

  /// All statements of the document in its order; COPY from and to the server's files and ALTER SYSTEM aside. What is
  /// declared of the server's settings is compared with the document.
  @Test func bookingStatementsRun() async throws {
    let statements = try Self.statements("booking.sql")
    #expect(statements.count == 33)
    try await PlatformDatabase.connected { connection in
      try await connection.execute(BookingTests.setUp(customers: 3, capacity: 2))
      for customer in 1...3 { _ = try await BookingTests.book(customer, connection) }
      try await connection.execute("SET search_path = public")
      var ran = 0
      var settings: [String] = []
      for statement in statements {
        let words = statement.split(separator: " ", maxSplits: 3)
        if words[0] == "COPY" { continue }
        if words[0] == "ALTER", words[1] == "SYSTEM" {
          settings.append(String(words[3]))
          continue
        }
        do {
          try await connection.query(statement)
          ran += 1
        } catch { Issue.record("\(statement): \(error)") }
      }
      #expect(ran == 24)
      #expect(
        settings == [
          "max_connections = 200", "shared_buffers = '256MB'", "effective_cache_size = '1GB'", "work_mem = '4MB'",
          "maintenance_work_mem = '64MB'",
        ])
      let jobs = try await connection.query(
        "SELECT count(*) FROM cron.job WHERE jobname IN ('events_generate_daily', 'waitlist_promote_minute')")
      #expect(try jobs[0].int(0) == 0, "the document's rollback takes them off")
      let summary = try await connection.query(
        "SELECT bookings, confirmed, waitlisted, failed FROM simulate_booking_load(50, 60)")[0]
      #expect(try (0..<4).map { try summary.int($0) } == [50, 40, 10, 0])
    }
  }

  /// The document's thresholds, as the common seeds have them: a metric above one raises its alert.
  @Test func bookingAlertsAreRaised() async throws {
    let seed = try Self.file("seeds/common/010_alert_rules.sql")
    try await PlatformDatabase.connected { connection in
      try await connection.execute("SET search_path = public; \(seed)")
      #expect(try await connection.query("SELECT FROM active_alerts").isEmpty)
      for (milliseconds, severity) in [(2500, "warning"), (9000, "critical")] {
        try await connection.execute(
          """
          INSERT INTO performance_metrics (metric_name, metric_value, tags)
          VALUES ('booking_operation_duration', \(milliseconds), '{"operation": "book"}')
          """)
        let alerts = try await connection.query(
          "SELECT severity FROM active_alerts WHERE name = 'booking_response_time'")
        #expect(try alerts.map { try $0.string(0) } == [severity])
      }
      let status = try await connection.query("SELECT get_system_health_summary() ->> 'status'")[0].string(0)
      #expect(status == "critical")
    }
  }

  // MARK: 003, check-in

  @Test func checkinQueriesRun() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute("SET search_path = checkin, public")
      try await connection.execute(
        "INSERT INTO paidparticipants (row_number, headers, data, row_hash) VALUES (42, '[\"Name\"]', '{\"Name\": \"John Doe\"}', 'abc123...')"
      )
      let participant = try await connection.query(
        "SELECT row_number, headers, data\nFROM paidparticipants\nWHERE row_hash = 'abc123...'")
      #expect(try participant[0].int(0) == 42)
      let checkin = try await connection.query(
        "SELECT row_hash, checked_in_at, checked_in_by\nFROM checkins\nWHERE row_hash = 'abc123...'")
      #expect(checkin.isEmpty)
    }
  }

  /// The document writes "UPSERT INTO … ON CONFLICT (row_hash) DO UPDATE", which is no SQL: there is no UPSERT, and DO
  /// UPDATE says nothing to set.
  @Test func checkinUpsertIsWrongAsWrittenAndRunsCorrected() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute("SET search_path = checkin, public")
      let written = """
        UPSERT INTO checkins (
          row_hash,
          checked_in_at,
          checked_in_by
        ) VALUES (
          'abc123...',
          NOW(),
          '192.168...'
        )
        ON CONFLICT (row_hash) DO UPDATE
        """
      let error = await #expect(throws: PostgresError.self) { try await connection.query(written) }
      #expect(error?.sqlState == "42601")
      let corrected =
        "INSERT" + written.dropFirst("UPSERT".count)
        + " SET checked_in_at = excluded.checked_in_at, checked_in_by = excluded.checked_in_by"
      for _ in 0..<2 { try await connection.query(corrected) }
      #expect(try await connection.query("SELECT count(*) FROM checkins")[0].int(0) == 1)
    }
  }

  // MARK: 002, slotease

  /// All statements of the document; of ALTER SYSTEM what is declared is compared.
  @Test func sloteaseStatementsRun() async throws {
    let statements = try Self.statements("slotease.sql")
    let (alterations, others) = (
      statements.filter { $0.hasPrefix("ALTER SYSTEM") }, statements.filter { !$0.hasPrefix("ALTER SYSTEM") }
    )
    #expect(others.count == 8)
    try await PlatformDatabase.connected { connection in
      try await connection.execute("SET search_path = slotease, public")
      for statement in others {
        do {
          try await connection.query(statement)
        } catch { Issue.record("\(statement): \(error)") }
      }
      // The partitions of a year are partitions like others, with what the parent has.
      let made = try await connection.query(
        "SELECT count(*) FROM pg_inherits WHERE inhrelid IN ('appointments_2024'::regclass, 'notifications_2024'::regclass)"
      )
      #expect(try made[0].int(0) == 2)
      // The jobs are the declared ones; written as in the document they find their functions by the search path alone.
      let jobs = try await connection.query(
        "SELECT count(*) FROM cron.job WHERE command NOT LIKE '%slotease.%' AND jobname LIKE '%-%'")
      #expect(try jobs[0].int(0) == 3)
      for call in ["refresh_all_materialized_views()", "cleanup_old_data()", "update_table_statistics()"] {
        try await connection.query("SELECT \(call)")
      }
    }
    let declared = try await PlatformDatabase.states.value.declared().sorted.filter { $0.id.kind == .serverSetting }
    for alteration in alterations {
      let words = alteration.split(separator: " ")
      let value = words[5].replacing("'", with: "")
      let setting = try #require(declared.first { $0.id.name == words[3] }, "\(alteration)")
      #expect(setting.text(.text) == value, "\(alteration)")
    }
    #expect(alterations.count == 9)
  }

  // MARK: 004, growth

  /// All statements of the document. It reads `mean_time` of pg_stat_statements, a column that PostgreSQL 13 renamed to
  /// `mean_exec_time`.
  @Test func growthStatementsRun() async throws {
    let statements = try Self.statements("growth.sql")
    #expect(statements.count == 13)
    try await PlatformDatabase.connected { connection in
      try await connection.execute(
        """
        INSERT INTO marketing.leads (email) VALUES ('test@example.com');
        INSERT INTO onboarding.sessions (session_token) VALUES ('sess_user_token_123');
        INSERT INTO experiments.experiments (key, name, status, variants)
        VALUES ('x', 'X', 'running', '[{"key": "a", "weight": 1}, {"key": "b", "weight": 1}]');
        SET search_path = marketing, public
        """)
      for statement in statements {
        do {
          let rows = try await connection.query(statement)
          let isAWrite = ["INSERT", "UPDATE"].contains { statement.hasPrefix($0) }
          #expect(!isAWrite || rows.affected == 1, "\(statement)")
        } catch let error as PostgresError where statement.contains("mean_time") {
          #expect(error.sqlState == "42703")
          try await connection.query(statement.replacing("mean_time", with: "mean_exec_time"))
        } catch { Issue.record("\(statement): \(error)") }
      }
      let session = try await connection.query(
        "SELECT concat_ws(' ', current_step, progress_percentage) FROM onboarding.sessions")
      #expect(try session[0].string(0) == "bot_setup 20")
      #expect(try await connection.query("SELECT count(*) FROM experiments.assignments")[0].int(0) == 1)
      #expect(try await connection.query("SELECT count(*) FROM analytics.events WHERE page = '/demo'")[0].int(0) == 1)
      // The last ones are about a policy: seen by a visitor, it is their own lead.
      try await connection.execute("SET ROLE anon")
      let own = try await connection.query(statements[12])
      #expect(try own.map { try $0.string(1) } == ["test@example.com"])
    }
  }

  /// The statements of a document, each without the comments before it.
  static func statements(_ name: String) throws -> [String] {
    try Script.split(try document(name)).map { statement in
      statement.sql.split(separator: "\n").drop { $0.drop { $0 == " " }.hasPrefix("--") }.joined(separator: "\n")
    }
  }

  private static func document(_ name: String) throws -> String {
    try file("Tests/PlatformTests/Documents/\(name)")
  }

  /// A file of the project.
  private static func file(_ path: String) throws -> String {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    return try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
  }
}
