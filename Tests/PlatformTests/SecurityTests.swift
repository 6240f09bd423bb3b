import Catalog
import Postgres
import TestSupport
import Testing

/// Who can see and do what; and what holds for every table and function.
@Suite struct SecurityTests {
  private static let tables = [
    "webinar.webinar_registrants", "webinar.attendance_checks", "webinar.webinar_registrants_archive",
    "webinar.attendance_checks_archive", "webinar.sync_runs", "webinar.sync_rejects", "checkin.paidparticipants",
    "checkin.checkins", "checkin.staff_pins", "checkin.pin_attempts", "checkin.request_rates",
  ]

  @Test(arguments: ["anon", "authenticated"])
  func strangersSeeAndDoNothing(role: String) async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(
        "SET request.jwt.claims = '{\"sub\": \"00000000-0000-0000-0000-000000000001\", \"role\": \"\(role)\"}'; SET ROLE \(role)"
      )
      for table in Self.tables {
        for statement in [
          "SELECT FROM \(table)", "INSERT INTO \(table) DEFAULT VALUES", "DELETE FROM \(table)",
          "UPDATE \(table) SET \(try await Self.firstColumn(table, role, connection)) = DEFAULT",
        ] {
          let error = await #expect(throws: PostgresError.self, "\(statement)") {
            try await connection.query(statement)
          }
          #expect(error?.sqlState == "42501", "\(statement): \(String(describing: error))")
        }
      }
      for call in [
        "webinar.upsert_registrants('[]')", "webinar.check_attendance('a@b.c', 1, 1)",
        "checkin.resolve('x', '192.0.2.1')",
        "checkin.check_in('x', '1234', '192.0.2.1')", "checkin.set_staff_pin('x', '1234')",
      ] {
        let error = await #expect(throws: PostgresError.self, "\(call)") {
          try await connection.query("SELECT \(call)")
        }
        #expect(error?.sqlState == "42501", "\(call)")
      }
    }
  }

  private static func firstColumn(_ table: String, _ role: String, _ connection: Connection) async throws -> String {
    try await connection.execute("RESET ROLE")
    let name = try await connection.query(
      "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum = 1", [table])[0].string(0)
    try await connection.execute("SET ROLE \(role)")
    return name
  }

  @Test func thePlatformsProgramsDoEverything() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute("SET ROLE service_role")
      for table in Self.tables { try await connection.query("SELECT count(*) FROM \(table)") }
      try await connection.query(
        "SELECT webinar.upsert_registrants($1::jsonb)",
        [#"[{"id": 1, "webinar_id": 7, "schedule_id": 70, "email": "a@b.c"}, 3]"#])
      try await connection.query("SELECT webinar.check_attendance('a@b.c', 7, 70)")
      try await connection.query("SELECT webinar.archive_old_records()")
      try await connection.query("SELECT checkin.set_staff_pin('x', '1234')")
      try await connection.query("SELECT checkin.check_in('x', '1234', '192.0.2.1'), checkin.resolve('x', '192.0.2.1')")
      try await connection.query(
        "SELECT * FROM webinar.webinar_attendance, webinar.performance_dashboard, checkin.arrivals")
    }
  }

  /// Row level security binds the owner too, so a mistake in a grant is not a leak.
  @Test func aGrantAloneOpensNothing() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(
        """
        INSERT INTO checkin.paidparticipants (row_number, headers, data, row_hash) VALUES (1, '[]', '{}', 'h');
        GRANT USAGE ON SCHEMA checkin TO anon; GRANT SELECT, INSERT ON checkin.paidparticipants TO anon; SET ROLE anon
        """)
      #expect(try await connection.query("SELECT count(*) FROM checkin.paidparticipants")[0].int(0) == 0)
      let error = await #expect(throws: PostgresError.self) {
        try await connection.query(
          "INSERT INTO checkin.paidparticipants (row_number, headers, data, row_hash) VALUES (2, '[]', '{}', 'i')")
      }
      #expect(error?.sqlState == "42501")
    }
  }

  /// A partition that is asked directly does not go past the parent's policies.
  @Test func partitionsAreClosed() async throws {
    try await PlatformDatabase.connected { connection in
      // Those that booking makes for itself are as closed as those of the windows.
      let made = try await connection.query(
        "SELECT public.maintain_event_partitions(CURRENT_DATE + 400, CURRENT_DATE + 420)")[0].int(0)
      #expect(made > 0)
      let open = try await connection.query(
        """
        SELECT c.oid::regclass::text FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class p ON p.oid = i.inhparent
         WHERE c.relispartition AND c.relkind = 'r' AND p.relrowsecurity AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
        """)
      #expect(open.isEmpty)
      let partitions = try await connection.query(
        "SELECT count(*) FROM pg_class WHERE relispartition AND relkind = 'r'")
      #expect(try partitions[0].int(0) == 182 + made)
    }
  }

  @Test func everyTableIsForcedEveryFunctionPinnedEverythingCommented() async throws {
    let states = await PlatformDatabase.states.value
    let catalog = try await states.declared()
    let ours = catalog.sorted.filter { PlatformDatabase.schemas.contains($0.id.schema) }
    #expect(ours.count > 700)
    for fact in ours {
      switch fact.id.kind {
      case .table:
        #expect(fact.flag(.rowSecurity) && fact.flag(.forcedRowSecurity), "\(fact.id) has no forced row level security")
        #expect(catalog.contains(fact.id.about(.comment)), "\(fact.id) has no comment")
      case .function:
        let definition = fact.text(.definition)
        if definition.contains("SECURITY DEFINER") || definition.contains("LANGUAGE plpgsql") {
          #expect(definition.contains("SET search_path TO"), "\(fact.id) pins no search_path")
        }
        // Named last, since it would be searched first.
        if definition.contains("SECURITY DEFINER") {
          #expect(definition.contains(", 'pg_temp'\n"), "\(fact.id) finds temporary tables first")
        }
        #expect(catalog.contains(fact.id.about(.comment)), "\(fact.id) has no comment")
      case .view, .materializedView, .enumType, .trigger, .policy, .index, .schema:
        #expect(catalog.contains(fact.id.about(.comment)), "\(fact.id) has no comment")
      // Keys say what they are; what else must hold says why.
      case .constraint where ["c", "u", "x"].contains(fact.text(.type)):
        #expect(catalog.contains(fact.id.about(.comment)), "\(fact.id) has no comment")
      default: break
      }
    }
  }
}
