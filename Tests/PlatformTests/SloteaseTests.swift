import Operations
import Postgres
import TestSupport
import Testing

@Suite struct SloteaseTests {
  static let organization = "00000000-0000-0000-0001-0000000000aa"
  static let service = "00000000-0000-0000-0001-0000000000bb"
  static let queue = "00000000-0000-0000-0001-0000000000cc"
  static func profile(_ number: Int) -> String { "00000000-0000-0000-0002-" + padded(number) }
  static func resource(_ number: Int) -> String { "00000000-0000-0000-0003-" + padded(number) }
  private static func padded(_ number: Int) -> String {
    String(repeating: "0", count: 12 - "\(number)".count) + "\(number)"
  }

  /// A clinic in a time zone, open from 8 to 18 on all days, with a service of 45 minutes and 15 minutes to clean up.
  static func setUp(people: Int, resources: Int = 1, timezone: String = "UTC") -> String {
    """
    SET search_path = slotease, public;
    INSERT INTO organizations (id, name, slug, timezone, latitude, longitude)
    VALUES ('\(organization)', 'Clinic', 'clinic', '\(timezone)', 47.37, 8.54);
    INSERT INTO services (id, organization_id, name, duration, buffer, step, price)
    VALUES ('\(service)', '\(organization)', 'Talk', '45 minutes', '15 minutes', '30 minutes', 80);
    INSERT INTO opening_hours (organization_id, weekday, opens, closes)
    SELECT '\(organization)', n, '08:00', '18:00' FROM generate_series(1, 7) n;
    INSERT INTO resources (id, organization_id, name)
    SELECT ('00000000-0000-0000-0003-' || lpad(n::text, 12, '0'))::uuid, '\(organization)', 'Room ' || n FROM generate_series(1, \(resources)) n;
    INSERT INTO service_resources SELECT '\(service)', id FROM resources;
    INSERT INTO user_profiles (id, user_id, full_name, preferences)
    SELECT ('00000000-0000-0000-0002-' || lpad(n::text, 12, '0'))::uuid, gen_random_uuid(), 'Person ' || n, '{"channels": ["email"]}'
      FROM generate_series(1, \(people)) n;
    INSERT INTO queues (id, organization_id, name, counters) VALUES ('\(queue)', '\(organization)', 'Desk', 2)
    """
  }

  /// Books a time of tomorrow.
  ///
  /// - Returns: `booked` or `repeated`, or the state of the error.
  static func book(_ person: Int, at time: String, key: String = "k", _ connection: Connection) async throws -> String {
    do {
      let row = try await connection.query(
        """
        SELECT CASE WHEN repeated THEN 'repeated' ELSE 'booked' END
          FROM slotease.book_appointment($1, $2, (\(PlatformDatabase.today) + 1 + $3::time) AT TIME ZONE 'UTC', $4)
        """, [service, profile(person), time, key])
      return try row[0].string(0)
    } catch let error as PostgresError where error.kind == .server {
      return error.sqlState.map { "\($0)" } ?? ""
    }
  }

  @Test func offeredTimesCanBeBookedAndTakenOnesAreNotOffered() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(Self.setUp(people: 4, resources: 2))
      let slots =
        "SELECT starts_at AT TIME ZONE 'UTC', resource_id FROM available_slots('\(Self.service)', \(PlatformDatabase.today) + 1)"
      func times() async throws -> [String: Int] {
        try await connection.query(slots).reduce(into: [:]) { $0[String(try $1.string(0).suffix(8)), default: 0] += 1 }
      }
      let before = try await times()
      // From 8:00 to 17:00, the last one that ends before the evening; each with both rooms.
      #expect(before.count == 19)
      #expect(before["08:00:00"] == 2)
      #expect(before["17:00:00"] == 2)
      #expect(before["17:30:00"] == nil)
      let morning = try await Self.book(1, at: "10:00", connection)
      let again = try await Self.book(1, at: "10:00", connection)
      let other = try await Self.book(2, at: "10:15", connection)
      let late = try await Self.book(3, at: "10:30", connection)
      #expect([morning, again, other, late] == ["booked", "repeated", "booked", "23P01"])
      let after = try await times()
      // The first room is busy until 11:00, cleaning included, the second from 10:15 until 11:15.
      #expect(after["09:00:00"] == 2)
      #expect(after["09:30:00"] == nil)
      #expect(after["10:30:00"] == nil)
      #expect(after["11:00:00"] == 1)
      #expect(after["11:30:00"] == 2)
      try await connection.execute(
        """
        INSERT INTO closures (organization_id, during)
        VALUES ('\(Self.organization)', tstzrange(\(PlatformDatabase.today) + interval '36 hours', \(PlatformDatabase.today) + interval '37 hours'));
        SELECT cancel_appointment(a.id, 'ill') FROM appointments a WHERE a.customer_id = '\(Self.profile(1))'
        """)
      let closed = try await times()
      #expect(closed["12:30:00"] == nil)
      #expect(closed["11:30:00"] == nil)
      #expect(closed["10:00:00"] == 1)
      let refused = [
        try await Self.book(3, at: "12:30", connection), try await Self.book(3, at: "07:00", connection),
        try await Self.book(3, at: "17:30", connection),
      ]
      #expect(refused == ["23P01", "55000", "55000"])
      // Every time that is offered can be had, whoever asks for it.
      let offered = try await connection.query(slots)
      for (number, row) in offered.enumerated() where number % 5 == 0 {
        let time = String(try row.string(0).suffix(8))
        let answer = try await Self.book(4, at: time, key: "k\(number)", connection)
        #expect(answer == "booked" || answer == "23P01", "\(time)")
      }
    }
  }

  /// On the days when the clocks change the desk still opens at eight by its own clock, and no time is offered twice.
  @Test(arguments: [
    ("Europe/Zurich", "2037-03-29", "2037-03-29 06:00", 19), ("Europe/Zurich", "2037-10-25", "2037-10-25 07:00", 19),
    ("America/New_York", "2037-03-08", "2037-03-08 12:00", 19),
    ("Pacific/Auckland", "2037-04-05", "2037-04-04 20:00", 19),
  ])
  func clocksThatChangeMoveNoOpeningHours(zone: String, day: String, first: String, count: Int) async throws {
    try await PlatformDatabase.connected { connection in
      // A year that stays in the future for long, which is farther than can be booked.
      try await connection.execute(
        Self.setUp(people: 1, timezone: zone) + """
          ; CREATE OR REPLACE FUNCTION booking_horizon() RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT timestamptz 'infinity' $$
          """)
      let rows = try await connection.query(
        """
        SELECT to_char(min(starts_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), count(*), count(DISTINCT starts_at)
          FROM available_slots($1, $2)
        """, [Self.service, day])[0]
      #expect(try rows.string(0) == first)
      #expect(try rows.int(1) == count)
      #expect(try rows.int(2) == count)
      // Open around the clock, the hour that is left out or comes twice is offered as it passes.
      try await connection.execute(
        "DELETE FROM opening_hours; INSERT INTO opening_hours SELECT '\(Self.organization)', n, '00:00', '24:00' FROM generate_series(1, 7) n"
      )
      let night = try await connection.query(
        "SELECT count(*), count(DISTINCT starts_at), max(ends_at) <= ($2::date + 1)::timestamp AT TIME ZONE $3 FROM available_slots($1, $2)",
        [Self.service, day, zone])[0]
      #expect(try night.int(0) == night.int(1))
      #expect(try night.bool(2))
    }
  }

  @Test func nothingIsOfferedForWhichThereIsNoPartition() async throws {
    let catalog = try await PlatformDatabase.states.value.declared()
    try await PlatformDatabase.with { database in
      try await Connection.with(database.target) { connection in
        try await connection.execute(Self.setUp(people: 1))
        // The clock stands still in a transaction; a month that has just ended may have left a partition to be made.
        try await connection.execute("BEGIN")
        try await connection.query("SELECT now()")
        try await Connection.with(database.target) {
          let made = try await PlatformDatabase.createPartitions(catalog, $0)
          #expect(made.compactMap(\.failure).isEmpty)
        }
        let offered = try await connection.query(
          """
          SELECT max(starts_at) < booking_horizon(), count(*) > 0
            FROM available_slots($1, (booking_horizon() - interval '3 days')::date, 30)
          """, [Self.service])[0]
        #expect(try offered.bool(0))
        #expect(try offered.bool(1))
        let book = "SELECT book_appointment($1, $2, booking_horizon() + $3::text::interval, $3)"
        try await connection.query(book, [Self.service, Self.profile(1), "-14 hours"])
        let error = await #expect(throws: PostgresError.self) {
          try await connection.query(book, [Self.service, Self.profile(1), "10 hours"])
        }
        #expect(error?.sqlState == "55000")
        try await connection.execute("ROLLBACK")
      }
    }
  }

  /// Resources are of the service's organisation, whoever wrote that they are not; and nobody is known by being named.
  @Test func nobodyReachesAnotherOrganisationsPeople() async throws {
    try await PlatformDatabase.connected { connection in
      _ = try await World.build(connection)
      let (service, others) = (World.id(1, 22), World.id(2, 23))
      try await connection.execute(
        "SET search_path = slotease, public; INSERT INTO service_resources VALUES ('\(service)', '\(others)')")
      let offered = try await connection.query(
        "SELECT DISTINCT resource_id FROM available_slots($1, \(PlatformDatabase.today) + 2)", [service])
      #expect(try offered.map { try $0.string(0) } == [World.id(1, 23)])
      let error = await #expect(throws: PostgresError.self) {
        try await connection.query(
          "SELECT book_appointment($1, $2, \(PlatformDatabase.today) + interval '60 hours', 'x', $3)",
          [service, World.profile(1), others])
      }
      #expect(error?.sqlState == "23P01")
      let claims = World.claims(World.admin(1), "authenticated")
      try await connection.execute(
        """
        INSERT INTO user_profiles (user_id, full_name) VALUES ('\(World.id(1, 98))', 'Stranger');
        DELETE FROM service_resources WHERE resource_id = '\(others)';
        SET request.jwt.claims = '\(claims)'; SET ROLE authenticated;
        INSERT INTO organization_members (organization_id, user_id) VALUES ('\(World.id(1, 21))', '\(World.id(1, 98))')
        """)
      #expect(try await connection.query("SELECT FROM user_profiles WHERE full_name = 'Stranger'").isEmpty)
      let refused = await #expect(throws: PostgresError.self) {
        try await connection.query("INSERT INTO service_resources VALUES ($1, $2)", [service, others])
      }
      #expect(refused?.sqlState == "42501")
    }
  }

  @Test func whoIsForgottenBooksNoMoreAndFreesTheirTime() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(Self.setUp(people: 2))
      _ = try await Self.book(1, at: "10:00", connection)
      let cancelled = try await connection.query(
        "SELECT rows FROM forget_user($1) WHERE item = 'appointments cancelled'", [Self.profile(1)])
      #expect(try cancelled[0].int(0) == 1)
      let answers = [
        try await Self.book(1, at: "11:00", key: "again", connection), try await Self.book(2, at: "10:00", connection),
      ]
      #expect(answers == ["P0002", "booked"])
      let known = try await connection.query("SELECT export_user_data($1) -> 'notifications'", [Self.profile(1)])
      #expect(try known[0].string(0) == "null")
    }
  }

  @Test func aHundredAtOnceBookEachTimeOnce() async throws {
    try await PlatformDatabase.with { database in
      _ = try await Connection.with(database.target) { try await $0.execute(Self.setUp(people: 100, resources: 3)) }
      let answers = try await withThrowingTaskGroup(of: [String].self) { group in
        for person in 1...100 {
          group.addTask {
            try await Connection.with(database.target) { connection in
              // Two times that overlap, and the first attempt again.
              let one = try await Self.book(person, at: "10:00", connection)
              let two = try await Self.book(person, at: "10:30", key: "second", connection)
              let three = try await Self.book(person, at: "14:00", key: "third", connection)
              return [one, two, three]
            }
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      // Nothing else: no deadlock reaches the caller.
      #expect(Set(answers) == ["booked", "23P01"])
      #expect(answers.count { $0 == "booked" } == 6)
      try await Connection.with(database.target) { connection in
        let double = try await connection.query(
          """
          SELECT count(*) FROM slotease.appointments a JOIN slotease.appointments b
              ON b.resource_id = a.resource_id AND b.id > a.id AND b.status <> 'cancelled'
             AND tstzrange(a.starts_at, a.blocked_until) && tstzrange(b.starts_at, b.blocked_until)
           WHERE a.status <> 'cancelled'
          """)[0].int(0)
        #expect(double == 0)
      }
    }
  }

  /// Whoever writes without the functions is refused by PostgreSQL itself.
  @Test func noWriterBooksTwice() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(Self.setUp(people: 2))
      let insert = """
        INSERT INTO appointments (organization_id, service_id, resource_id, customer_id, starts_at, ends_at, blocked_until)
        VALUES ('\(Self.organization)', '\(Self.service)', '\(Self.resource(1))', '\(Self.profile(1))', \(PlatformDatabase.today) + $1::interval,
                \(PlatformDatabase.today) + $1::interval + interval '45 minutes', \(PlatformDatabase.today) + $1::interval + interval '1 hour')
        """
      try await connection.query(insert, ["34 hours"])
      try await connection.query(insert, ["35 hours"])
      let error = await #expect(throws: PostgresError.self) {
        try await connection.query(insert, ["34 hours 59 minutes"])
      }
      #expect(error?.sqlState == "23P01")
      let moved = await #expect(throws: PostgresError.self) {
        try await connection.query(
          "UPDATE appointments SET starts_at = starts_at + interval '30 minutes', ends_at = ends_at + interval '30 minutes', blocked_until = blocked_until + interval '30 minutes' WHERE starts_at = \(PlatformDatabase.today) + interval '34 hours'"
        )
      }
      #expect(moved?.sqlState == "23P01")
      // Cancelled ones hold nothing, and do not come back.
      try await connection.execute(
        "UPDATE appointments SET status = 'cancelled' WHERE starts_at = \(PlatformDatabase.today) + interval '34 hours'"
      )
      try await connection.query(insert, ["34 hours"])
      let back = await #expect(throws: PostgresError.self) {
        try await connection.query("UPDATE appointments SET status = 'scheduled' WHERE status = 'cancelled'")
      }
      #expect(back?.sqlState == "55000")
    }
  }

  @Test func anAppointmentMovesAcrossMonthsAndEverybodyIsTold() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(Self.setUp(people: 1) + "; LISTEN slotease_appointments")
      _ = try await Self.book(1, at: "10:00", connection)
      let move = """
        SELECT m.starts_at = \(PlatformDatabase.today) + $1::interval FROM appointments a, reschedule_appointment(a.id, \(PlatformDatabase.today) + $1::interval) m
        """
      for distance in ["40 days 9 hours", "41 days 9 hours"] {
        let moved = try await connection.query(move, [distance])[0].bool(0)
        #expect(moved)
      }
      let kinds = try await connection.query(
        "SELECT kind, channel FROM notifications ORDER BY created_at, channel"
      ).map { "\(try $0.string(0)) \(try $0.string(1))" }
      #expect(kinds.count == 6)
      #expect(kinds.prefix(2) == ["appointment_scheduled app", "appointment_scheduled email"])
      #expect(kinds.suffix(4).allSatisfy { $0.hasPrefix("appointment_rescheduled") })
      #expect(try await connection.query("SELECT count(*) FROM slot_reservations")[0].int(0) == 1)
      let claimed = try await connection.query("SELECT id, created_at FROM claim_notifications()")
      #expect(claimed.count == 3)
      #expect(try await connection.query("SELECT FROM claim_notifications()").isEmpty)
      let sent = try await connection.query(
        "SELECT finish_notification($1, $2, true), finish_notification($1, $2, true)",
        [try claimed[0].string(0), try claimed[0].string(1)])[0]
      #expect(try sent.bool(0))
      #expect(try !sent.bool(1))
    }
  }

  @Test func aQueueIsServedByPriorityAndThenInOrder() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(Self.setUp(people: 6))
      func join(_ person: Int, _ priority: Int = 0) async throws -> String {
        try await connection.query(
          "SELECT concat_ws(' ', ticket, position, estimated_wait) FROM join_queue($1, $2, NULL, \(priority))",
          [Self.queue, Self.profile(person)])[0].string(0)
      }
      var places: [String] = []
      for person in 1...4 { places.append(try await join(person)) }
      places.append(try await join(5, 10))
      places.append(try await join(2))
      // Two counters: the third waits for two rounds of five minutes. Who waits already keeps their ticket.
      #expect(
        places == [
          "1 1 00:05:00", "2 2 00:05:00", "3 3 00:10:00", "4 4 00:10:00", "5 1 00:05:00", "2 3 00:10:00",
        ])
      let order = "SELECT string_agg(ticket::text, ' ' ORDER BY position) FROM queue_entries WHERE status = 'waiting'"
      #expect(try await connection.query(order)[0].string(0) == "5 1 2 3 4")
      let called = try await connection.query("SELECT id, ticket FROM call_next($1)", [Self.queue])[0]
      #expect(try called.int(1) == 5)
      try await connection.execute(
        "SELECT prioritize_entry(id, 5) FROM queue_entries WHERE ticket = 4; SELECT finish_entry(id, 'left') FROM queue_entries WHERE ticket = 1"
      )
      #expect(try await connection.query(order)[0].string(0) == "4 2 3")
      try await connection.query(
        "UPDATE queue_entries SET called_at = now() - interval '15 minutes' WHERE id = $1", [try called.string(0)])
      let finished = try await connection.query(
        "SELECT finish_entry($1), finish_entry($1)", [try called.string(0)])[0]
      #expect(try finished.bool(0))
      #expect(try !finished.bool(1))
      // A tenth of the way from five to fifteen minutes.
      let average = try await connection.query("SELECT extract(epoch FROM average_service)::int FROM queues")[0].int(0)
      #expect(average == 360)
      try await connection.execute("UPDATE queues SET status = 'paused'")
      let error = await #expect(throws: PostgresError.self) { try await join(6) }
      #expect(error?.sqlState == "55000")
    }
  }

  @Test func queuesHoldUnderManyCountersAndPeople() async throws {
    try await PlatformDatabase.with { database in
      _ = try await Connection.with(database.target) { try await $0.execute(Self.setUp(people: 60)) }
      let called = try await withThrowingTaskGroup(of: [Int].self) { group in
        for client in 0..<20 {
          group.addTask {
            try await Connection.with(database.target) { connection in
              var called: [Int] = []
              try await connection.execute("SET search_path = slotease, public")
              for round in 1...3 {
                try await connection.query(
                  "SELECT join_queue($1, $2, NULL, \(round == 2 ? 1 : 0))",
                  [Self.queue, Self.profile(client * 3 + round)])
                if client % 2 == 0 {
                  let rows = try await connection.query("SELECT id, ticket FROM call_next($1)", [Self.queue])
                  for row in rows {
                    called.append(try row.int(1))
                    try await connection.query("SELECT finish_entry($1)", [try row.string(0)])
                  }
                }
              }
              return called
            }
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(called.count == 30)
      #expect(Set(called).count == 30, "nobody is called twice")
      try await Connection.with(database.target) { connection in
        let rows = try await connection.query(
          """
          SELECT count(*), count(DISTINCT ticket), count(position), max(position),
                 count(*) FILTER (WHERE status = 'waiting') FROM slotease.queue_entries
          """)[0]
        let numbers = try (0..<5).map { try rows.int($0) }
        #expect(numbers == [60, 60, 30, 30, 30])
      }
    }
  }
}
