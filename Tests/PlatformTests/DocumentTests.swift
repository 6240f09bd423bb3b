import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// Every SQL statement of the two documents, run as it stands with the subsystem's schema first on the path; where a
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

  private static func document(_ name: String) throws -> String {
    var folder = #filePath
    folder = String(folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)])
    return try String(contentsOfFile: "\(folder)/Documents/\(name)", encoding: .utf8)
  }
}
