import Postgres
import TestSupport
import Testing

@Suite struct BookingTests {
  static let organization = "00000000-0000-0000-0000-0000000000aa"

  /// An organisation, customers numbered from 1, and one event tomorrow.
  static func setUp(customers: Int, capacity: Int) -> String {
    """
    INSERT INTO public.organizations (id, name, slug) VALUES ('\(organization)', 'Studio', 'studio');
    INSERT INTO public.customers (id, organization_id, email, full_name)
    SELECT ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, '\(organization)', format('c%s@example.org', n), 'C ' || n
      FROM generate_series(1, \(customers)) n;
    SELECT public.maintain_event_partitions(CURRENT_DATE, CURRENT_DATE + 2);
    INSERT INTO public.class_events (id, organization_id, title, starts_at, ends_at, capacity, price)
    VALUES ('\(event)', '\(organization)', 'Yoga', now() + interval '1 day', now() + interval '25 hours', \(capacity), 20)
    """
  }
  static let event = "00000000-0000-0000-0000-0000000000ee"
  static func customer(_ number: Int) -> String {
    "00000000-0000-0000-0000-" + String(repeating: "0", count: 12 - "\(number)".count) + "\(number)"
  }

  /// Outcome, repeated or not, and position.
  static func book(_ customer: Int, key: String = "k", _ connection: Connection) async throws -> String {
    let row = try await connection.query(
      "SELECT concat_ws(' ', outcome, repeated, waitlist_position) FROM public.book_event($1, $2, $3)",
      [event, Self.customer(customer), key])
    return try row[0].string(0)
  }

  /// Events whose counter is not what it counts, or more than there is room for.
  static let wrongCounters = """
    SELECT count(*) FROM public.class_events e
     WHERE e.reg_count > e.capacity
        OR e.reg_count <> (SELECT count(*) FROM public.registrations r WHERE r.event_id = e.id AND r.status = 'confirmed')
    """

  @Test func aFullEventHasAWaitlistAndItsOrderIsKept() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(Self.setUp(customers: 6, capacity: 2))
      var answers: [String] = []
      for customer in 1...5 { answers.append(try await Self.book(customer, connection)) }
      #expect(answers == ["confirmed f", "confirmed f", "waitlisted f 1", "waitlisted f 2", "waitlisted f 3"])
      // The same attempts again.
      #expect(try await Self.book(1, connection) == "confirmed t")
      #expect(try await Self.book(4, connection) == "waitlisted t 2")
      let cancel = """
        SELECT concat_ws(' ', c.promoted, c.repeated) FROM public.registrations r, public.cancel_booking(r.id, 'ill') c
         WHERE r.customer_id = $1
        """
      #expect(try await connection.query(cancel, [Self.customer(1)])[0].string(0) == "1 f")
      #expect(try await connection.query(cancel, [Self.customer(1)])[0].string(0) == "0 t")
      // Whoever was first in the queue has the place, and the attempt that led there says so.
      #expect(try await Self.book(3, connection) == "confirmed t")
      // Room for one more goes to who waits, not to who comes now.
      try await connection.execute("UPDATE public.class_events SET capacity = 3 WHERE id = '\(Self.event)'")
      #expect(try await Self.book(6, connection) == "waitlisted f 2")
      let promoted = try await connection.query(
        "SELECT customer_id FROM public.event_waitlists WHERE promoted_at IS NOT NULL ORDER BY id"
      ).map { try $0.string(0) }
      #expect(promoted == [Self.customer(3), Self.customer(4)])
      #expect(try await connection.query(Self.wrongCounters)[0].int(0) == 0)
      let told = try await connection.query("SELECT count(*) FROM public.notifications_outbox")[0].int(0)
      #expect(told == 9)
    }
  }

  @Test func whatCannotBeBookedIsRefusedAndChangesNothing() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(
        Self.setUp(customers: 2, capacity: 2) + """
          ;
          INSERT INTO public.organizations (id, name, slug) VALUES ('\(Self.customer(99))', 'Other', 'other');
          INSERT INTO public.customers (id, organization_id, email, full_name)
          VALUES ('\(Self.customer(50))', '\(Self.customer(99))', 'x@example.org', 'X');
          INSERT INTO public.class_events (id, organization_id, title, starts_at, ends_at, capacity)
          VALUES ('\(Self.customer(77))', '\(Self.organization)', 'Second', now() + interval '1 day', now() + interval '2 days', 5)
          """)
      #expect(try await Self.book(1, connection) == "confirmed f")
      func refusal(_ event: String, _ customer: Int, _ key: String) async throws -> SQLState? {
        do {
          try await connection.query(
            "SELECT FROM public.book_event($1, $2, $3)", [event, Self.customer(customer), key])
          return nil
        } catch let error as PostgresError {
          return error.sqlState
        }
      }
      #expect(try await refusal(Self.event, 1, "another") == "23505")
      #expect(try await refusal(Self.customer(77), 1, "k") == "23505")
      #expect(try await refusal(Self.event, 50, "k") == "23503")
      #expect(try await refusal(Self.customer(1234), 1, "k2") == "P0002")
      #expect(try await refusal(Self.event, 2, "  ") == "22023")
      try await connection.execute("SELECT public.cancel_event('\(Self.event)', 'snow')")
      #expect(try await refusal(Self.event, 2, "k") == "55000")
      let counts = try await connection.query(
        "SELECT reg_count, status FROM public.class_events WHERE id = $1", [Self.event])[0]
      #expect(try counts.int(0) == 0)
      #expect(try counts.string(1) == "cancelled")
      #expect(try await connection.query(Self.wrongCounters)[0].int(0) == 0)
    }
  }

  @Test func manyAtOnceNeverOverbook() async throws {
    try await PlatformDatabase.with { database in
      _ = try await Connection.with(database.target) {
        try await $0.execute(Self.setUp(customers: 60, capacity: 13))
      }
      // Each of 20 clients books for three customers, each twice with the same key.
      let answers = try await withThrowingTaskGroup(of: [String].self) { group in
        for client in 0..<20 {
          group.addTask {
            try await Connection.with(database.target) { connection in
              var answers: [String] = []
              for customer in [client * 3 + 1, client * 3 + 2, client * 3 + 3, client * 3 + 1, client * 3 + 2] {
                answers.append(try await Self.book(customer, connection))
              }
              return answers
            }
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(answers.count == 100)
      #expect(answers.count { $0 == "confirmed f" } == 13)
      #expect(answers.count { $0.hasPrefix("waitlisted f") } == 47)
      try await Connection.with(database.target) { connection in
        let wrong = try await connection.query(Self.wrongCounters)[0].int(0)
        let places = try await connection.query("SELECT count(*) FROM public.registrations")[0].int(0)
        #expect(wrong == 0)
        #expect(places == 13)
      }
    }
  }

  @Test func countersHoldAfterAStormWithKilledClients() async throws {
    try await PlatformDatabase.with { database in
      _ = try await Connection.with(database.target) {
        try await $0.execute(Self.setUp(customers: 80, capacity: 10))
      }
      let killed = try await withThrowingTaskGroup(of: Int.self) { group in
        for client in 0..<12 {
          group.addTask {
            var killed = 0
            for round in 0..<6 {
              // Some are killed in the middle, and start again with a connection of their own.
              do {
                try await Connection.with(database.target) { connection in
                  let customer = (client * 7 + round * 11) % 80 + 1
                  do {
                    _ = try await Self.book(customer, key: "storm \(round) \(client)", connection)
                  } catch let error as PostgresError where error.sqlState == .uniqueViolation {
                    // They have a place already, or wait for one.
                  }
                  try await connection.query(
                    """
                    SELECT c.* FROM (SELECT id FROM public.registrations WHERE status = 'confirmed' ORDER BY random() LIMIT 1) r,
                           public.cancel_booking(r.id) c
                    """)
                  if client % 3 == 0 { try await connection.query("SELECT public.promote_waitlists()") }
                  if client % 4 == 0 {
                    try await connection.query(
                      """
                      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
                         AND state = 'active' ORDER BY random() LIMIT 1
                      """)
                  }
                }
              } catch let error as PostgresError where error.sqlState == "57P01" || error.kind == .connection {
                // Anything else, a deadlock above all, fails the test.
                killed += 1
              }
            }
            return killed
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(killed > 0)
      try await Connection.with(database.target) { connection in
        #expect(try await connection.query(Self.wrongCounters)[0].int(0) == 0)
        let twice = try await connection.query(
          """
          SELECT count(*) FROM (SELECT FROM public.registrations WHERE status = 'confirmed'
                                 GROUP BY event_id, customer_id HAVING count(*) > 1) x
          """)
        #expect(try twice[0].int(0) == 0)
        // Nobody who came later was let in before somebody who waits.
        let jumped = try await connection.query(
          """
          SELECT count(*) FROM public.event_waitlists p JOIN public.event_waitlists w
              ON w.event_id = p.event_id AND w.id < p.id AND w.promoted_at IS NULL AND w.left_at IS NULL
           WHERE p.promoted_at IS NOT NULL
          """)
        #expect(try jumped[0].int(0) == 0)
      }
    }
  }

  @Test func aWebhookIsCarriedOutOnce() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(Self.setUp(customers: 1, capacity: 1))
      try await connection.query(
        "SELECT FROM public.book_event($1, $2, 'k', 'stripe', 'pi_1')", [Self.event, Self.customer(1)])
      let receive = "SELECT public.receive_webhook('stripe', 'evt_1', 'payment_intent.succeeded', $1::jsonb)"
      let payload = #"{"data": {"object": {"id": "pi_1"}}}"#
      #expect(try await connection.query(receive, [payload])[0].optionalString(0) != nil)
      #expect(try await connection.query(receive, [payload])[0].optionalString(0) == nil)
      #expect(try await connection.query("SELECT public.process_webhooks()")[0].int(0) == 1)
      #expect(try await connection.query("SELECT public.process_webhooks()")[0].int(0) == 0)
      #expect(try await connection.query("SELECT status FROM public.payments")[0].string(0) == "succeeded")
      try await connection.execute("SELECT public.cancel_booking(id) FROM public.registrations")
      #expect(try await connection.query("SELECT status FROM public.payments")[0].string(0) == "refund_pending")
    }
  }

  @Test func theOldModelIsTakenOverOnceAndWhole() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(
        """
        INSERT INTO public.organizations (id, name, slug, timezone) VALUES ('\(Self.organization)', 'Studio', 'studio', 'Europe/Zurich');
        INSERT INTO public.class_instances (organization_id, class_name, start_time, end_time, max_participants, status)
        SELECT '\(Self.organization)', CASE n % 3 WHEN 0 THEN 'Yoga' WHEN 1 THEN 'yoga ' ELSE 'Boxing' END,
               timestamptz '2020-01-05 09:00+01' + n * interval '11 days', NULL, 1 + n % 4,
               CASE WHEN n % 10 = 0 THEN 'cancelled' END
          FROM generate_series(1, 300) n;
        INSERT INTO public.class_registrations (class_instance_id, customer_name, customer_email, status)
        SELECT i.id, 'Person ' || n, CASE WHEN n < 4 THEN format(' P%s@Example.org', n) END,
               (ARRAY['confirmed', 'cancelled', 'attended', 'no_show', NULL])[n]
          FROM public.class_instances i, generate_series(1, 5) n;
        INSERT INTO public.class_registrations (class_instance_id, customer_name, customer_email, status)
        SELECT i.id, 'Person 1', 'p1@example.org', 'confirmed' FROM public.class_instances i;
        INSERT INTO public.waitlists (class_instance_id, customer_name, customer_email, position)
        SELECT i.id, 'Waiting ' || n, format('w%s@example.org', n), 4 - n FROM public.class_instances i, generate_series(1, 3) n
        """)
      let first = try await connection.query("SELECT * FROM public.migrate_class_instances_to_events()")[0]
      #expect(try (0..<5).map { try first.int($0) } == [2, 300, 3 + 600 + 3, 1800, 900])
      let second = try await connection.query("SELECT * FROM public.migrate_class_instances_to_events()")[0]
      #expect(try (0..<5).map { try second.int($0) } == [0, 0, 0, 0, 0])
      // What is written to the old tables meanwhile comes along the next time.
      try await connection.execute(
        """
        INSERT INTO public.class_registrations (class_instance_id, customer_name, customer_email, status)
        SELECT id, 'Late', 'late@example.org', 'confirmed' FROM public.class_instances WHERE status IS NULL ORDER BY start_time LIMIT 1
        """)
      let third = try await connection.query("SELECT * FROM public.migrate_class_instances_to_events()")[0]
      #expect(try (0..<5).map { try third.int($0) } == [0, 0, 1, 1, 0])
      #expect(try await connection.query(Self.wrongCounters)[0].int(0) == 0)
      let lost = try await connection.query(
        """
        SELECT (SELECT count(*) FROM public.class_registrations o WHERE NOT EXISTS (
                  SELECT FROM public.registrations n WHERE n.legacy_registration_id = o.id))
             + (SELECT count(*) FROM public.waitlists o WHERE NOT EXISTS (
                  SELECT FROM public.event_waitlists n WHERE n.legacy_waitlist_id = o.id))
        """)
      #expect(try lost[0].int(0) == 0)
      let order = try await connection.query(
        """
        SELECT string_agg(c.full_name, ', ' ORDER BY w.id) FROM public.event_waitlists w
          JOIN public.customers c ON c.id = w.customer_id GROUP BY w.event_id LIMIT 1
        """)
      #expect(try order[0].string(0) == "Waiting 3, Waiting 2, Waiting 1")
    }
  }
}
