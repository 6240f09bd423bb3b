import Postgres
import TestSupport
import Testing

/// What slotease finds, keeps and counts: indexes, places, keys, the audit log, roles, figures.
extension SloteaseTests {
  /// The kinds of indexes that the document names, each by a query that needs it.
  @Test(arguments: [
    (
      "composite", "appointments_organization_id_starts_at_idx", "Index",
      "SELECT FROM appointments WHERE organization_id = '00000000-0000-0000-0001-0000000000aa' AND starts_at >= now() AND starts_at < now() + interval '1 day'"
    ),
    (
      "partial", "queue_entries_waiting_idx", "Index",
      "SELECT id FROM queue_entries WHERE queue_id = '00000000-0000-0000-0001-0000000000aa' AND status = 'waiting' ORDER BY priority DESC, id LIMIT 1"
    ),
    (
      "GIN", "analytics_events_properties_idx", "Bitmap",
      "SELECT FROM analytics_events WHERE properties @> '{\"plan\": \"pro\"}'"
    ),
    (
      "spatial", "organizations_position_idx", "Index",
      "SELECT FROM organizations ORDER BY position <-> on_sphere(47, 8) LIMIT 10"
    ),
    (
      "covering", "services_menu_idx", "Index Only Scan",
      "SELECT name, duration, price FROM services WHERE organization_id = '00000000-0000-0000-0001-0000000000aa' AND active"
    ),
  ])
  func everyKindOfIndexIsUsed(kind: String, index: String, node: String, query: String) async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(
        """
        SET search_path = slotease, public;
        INSERT INTO organizations (name, slug, latitude, longitude)
        SELECT 'O ' || n, 'o-' || n, n % 170 - 85, n % 350 - 175 FROM generate_series(1, 3000) n;
        INSERT INTO services (organization_id, name, duration) SELECT o.id, 'S ' || n, '1 hour' FROM organizations o, generate_series(1, 3) n;
        INSERT INTO analytics_events (event_type, properties) SELECT 'x', jsonb_build_object('plan', n) FROM generate_series(1, 5000) n;
        """)
      try await connection.execute("VACUUM ANALYZE organizations, services, analytics_events")
      // Whether rows are known to be visible to all depends on what else the server does; the index does not.
      try await connection.execute("SET enable_bitmapscan = \(kind == "GIN")")
      let plan = try await connection.query("EXPLAIN \(query)").map { try $0.string(0) }.joined(separator: "\n")
      // A partition's index has a name of its own.
      let isUsed = try await connection.query(
        """
        SELECT count(*) > 0 FROM (SELECT $1::regclass AS oid UNION SELECT inhrelid FROM pg_inherits WHERE inhparent = $1::regclass) i
          JOIN pg_class c ON c.oid = i.oid WHERE position(c.relname IN $2) > 0
        """, ["slotease.\(index)", plan])[0].bool(0)
      #expect(isUsed, "\(plan)")
      #expect(plan.contains(node), "\(plan)")
    }
  }

  @Test func theNearestIsFoundAcrossPolesAndMeridians() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(
        """
        SET search_path = slotease, public;
        INSERT INTO organizations (name, slug, latitude, longitude) VALUES
          ('Zürich', 'zurich', 47.3769, 8.5417), ('Bern', 'bern', 46.9480, 7.4474), ('Fiji', 'fiji', -18.1, 178.4),
          ('Samoa', 'samoa', -13.8, -171.8), ('Alert', 'alert', 82.5, -62.3), ('Hammerfest', 'hammerfest', 70.7, 23.7)
        """)
      func nearest(_ latitude: Double, _ longitude: Double) async throws -> [String] {
        try await connection.query(
          "SELECT name, round(metres / 1000) FROM nearest_organizations(\(latitude), \(longitude), 2)"
        )
        .map { "\(try $0.string(0)) \(try $0.string(1))" }
      }
      #expect(try await nearest(47.3769, 8.5417) == ["Zürich 0", "Bern 95"])
      // On the other side of the date line, in degrees the farthest of all.
      #expect(try await nearest(-16, -179.9).map { String($0.prefix(4)) } == ["Fiji", "Samo"])
      #expect(try await nearest(89, 120).map { String($0.prefix(5)) } == ["Alert", "Hamme"])
      let within = "SELECT name FROM organizations_within($1::jsonb)"
      let area = #"{"type": "Polygon", "coordinates": [[[8, 47], [9, 47], [9, 48], [8, 48], [8, 47]]]}"#
      if try await connection.query("SELECT FROM pg_extension WHERE extname = 'postgis'").isEmpty {
        let error = await #expect(throws: PostgresError.self) { try await connection.query(within, [area]) }
        #expect(error?.sqlState == "0A000")
      } else {
        #expect(try await connection.query(within, [area]).map { try $0.string(0) } == ["Zürich"])
      }
    }
  }

  @Test func aKeyIsShownOnceAndCountsItsHour() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(Self.setUp(people: 1))
      let made = try await connection.query(
        "SELECT api_key_id, api_key FROM create_api_key($1, 'Till', '{book}')", [Self.organization])[0]
      let key = try made.string(1)
      let kept = try await connection.query(
        "SELECT count(*) FROM api_keys k WHERE k::text LIKE '%' || $1 || '%'", [key])[0].int(0)
      #expect(kept == 0)
      try await connection.execute("UPDATE api_keys SET hourly_limit = 2")
      let ask = "SELECT concat_ws(' ', organization_id, allowed, remaining) FROM authenticate_api_key($1)"
      var answers: [String] = []
      for _ in 1...3 { answers.append(try await connection.query(ask, [key])[0].string(0)) }
      #expect(answers == ["\(Self.organization) t 1", "\(Self.organization) t 0", "\(Self.organization) f 0"])
      #expect(try await connection.query(ask, ["se_wrong"]).isEmpty)
      try await connection.execute("UPDATE api_keys SET revoked_at = now()")
      #expect(try await connection.query(ask, [key]).isEmpty)
      let logged = try await connection.query("SELECT count(*) FROM audit_log WHERE changes ? 'key_hash'")[0].int(0)
      #expect(logged == 0)
    }
  }

  /// Who did what to which row is kept, with what it was before.
  @Test func everyChangeIsInTheAuditLog() async throws {
    try await PlatformDatabase.connected { connection in
      _ = try await World.build(connection)
      let admin = World.admin(1)
      try await connection.execute(
        """
        SET search_path = slotease, public; SET request.jwt.claims = '{"sub": "\(admin)", "role": "authenticated"}'; SET ROLE authenticated;
        UPDATE services SET price = 12; UPDATE services SET price = 12;
        DELETE FROM services WHERE name = 'none'; INSERT INTO services (organization_id, name, duration) VALUES ('\(World.id(1, 21))', 'New', '1 hour');
        """)
      let rows = try await connection.query(
        "SELECT action || ' ' || changes::text, actor_id, actor_role FROM audit_log WHERE table_name = 'services' AND actor_id IS NOT NULL ORDER BY id"
      )
      #expect(rows.count == 2)
      #expect(try rows[0].string(0) == #"update {"price": [0.00, 12.00]}"#)
      #expect(try rows[1].string(0).hasPrefix(#"insert {"id": "#))
      #expect(try rows.allSatisfy { try $0.string(1) == admin })
      #expect(try rows.allSatisfy { try $0.string(2) == "authenticated" })
      // Of their own organisation alone.
      let others = try await connection.query(
        "SELECT count(*) FROM audit_log WHERE organization_id <> '\(World.id(1, 21))'")[0].int(0)
      #expect(others == 0)
      let error = await #expect(throws: PostgresError.self) { try await connection.query("DELETE FROM audit_log") }
      #expect(error?.sqlState == "42501")
    }
  }

  /// An admin appoints staff; only a super admin appoints admins.
  @Test func rolesAreGivenByThoseAbove() async throws {
    try await PlatformDatabase.connected { connection in
      _ = try await World.build(connection)
      func attempt(_ user: String, _ role: String, for organization: String) async throws -> Bool {
        try await connection.execute(
          "BEGIN; SET LOCAL request.jwt.claims = '{\"sub\": \"\(user)\", \"role\": \"authenticated\"}'; SET LOCAL ROLE authenticated"
        )
        do {
          try await connection.query(
            "INSERT INTO slotease.organization_members (organization_id, user_id, role) VALUES ($1, gen_random_uuid(), $2::slotease.user_role)",
            [organization, role])
          try await connection.execute("ROLLBACK")
          return true
        } catch let error as PostgresError where error.sqlState == "42501" {
          try await connection.execute("ROLLBACK")
          return false
        }
      }
      let (own, other) = (World.id(1, 21), World.id(2, 21))
      let boss = World.id(1, 95)
      try await connection.execute(
        "INSERT INTO slotease.organization_members VALUES ('\(own)', '\(boss)', 'super_admin')")
      var answers: [Bool] = []
      for (user, role, organization) in [
        (World.staff(1), "customer", own), (World.admin(1), "staff", own), (World.admin(1), "admin", own),
        (boss, "admin", own), (boss, "super_admin", own), (World.admin(1), "staff", other), (boss, "staff", other),
      ] {
        answers.append(try await attempt(user, role, for: organization))
      }
      #expect(answers == [false, true, false, true, true, false, false])
    }
  }

  @Test func figuresAreOfTheRowsAndForThoseWhoRunIt() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(Self.setUp(people: 3) + "; SET timezone = 'UTC'")
      for (person, time) in [(1, "09:00"), (2, "10:00"), (3, "11:00")] {
        _ = try await Self.book(person, at: time, connection)
      }
      try await connection.execute(
        """
        UPDATE appointments SET status = 'completed' WHERE customer_id = '\(Self.profile(1))';
        UPDATE appointments SET status = 'no_show' WHERE customer_id = '\(Self.profile(2))';
        INSERT INTO feedback (organization_id, service_id, appointment_id, customer_id, rating)
        SELECT organization_id, service_id, id, customer_id, 4 FROM appointments WHERE status = 'completed';
        INSERT INTO organization_members VALUES ('\(Self.organization)', '\(World.admin(1))', 'admin')
        """)
      let refreshed = try await connection.query("SELECT count(*) FROM refresh_all_materialized_views()")[0].int(0)
      #expect(refreshed == 5)
      let analysed = try await connection.query("SELECT count(*) FROM update_table_statistics()")[0].int(0)
      #expect(analysed == 20)
      #expect(try await connection.query("SELECT count(*) FROM cleanup_old_data()")[0].int(0) == 6)
      let stats = try await connection.query(
        "SELECT concat_ws(' ', customers, appointments, upcoming, completed, missed, revenue, average_rating) FROM organization_stats"
      )[0]
      #expect(try stats.string(0) == "3 3 1 1 1 80.00 4.00")
      func dashboard(_ user: String) async throws -> String? {
        try await connection.execute(
          "SET ROLE authenticated; SET request.jwt.claims = '{\"sub\": \"\(user)\", \"role\": \"authenticated\"}'")
        let rows = try await connection.query(
          "SELECT d #>> '{services,0,missed_percent}' FROM organization_dashboard($1) d", [Self.organization])
        try await connection.execute("RESET ROLE")
        return try rows.first?.optionalString(0)
      }
      #expect(try await dashboard(World.admin(1)) == "33.3")
      #expect(try await dashboard(World.admin(2)) == nil)
    }
  }
}
