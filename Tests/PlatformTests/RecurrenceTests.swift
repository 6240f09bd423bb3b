import Postgres
import TestSupport
import Testing

/// Recurring classes: which days, and which moments of those days.
@Suite struct RecurrenceTests {
  @Test(arguments: [
    ("FREQ=DAILY;INTERVAL=3", "2027-02-25", "2027-03-05", ["2027-02-25", "2027-02-28", "2027-03-03"]),
    ("FREQ=DAILY;COUNT=2", "2027-02-25", "2027-12-31", ["2027-02-25", "2027-02-26"]),
    (
      "FREQ=WEEKLY;BYDAY=MO,FR;UNTIL=20270312", "2027-03-03", "2027-12-31",
      ["2027-03-05", "2027-03-08", "2027-03-12"]
    ),
    ("FREQ=WEEKLY;INTERVAL=2", "2026-12-30", "2027-02-01", ["2026-12-30", "2027-01-13", "2027-01-27"]),
    // Weeks begin on Monday: the Sunday belongs to the first of the two.
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU", "2027-03-01", "2027-03-16", ["2027-03-01", "2027-03-07", "2027-03-15"]),
    // Months without a 31st are passed over; the last day is another rule.
    ("FREQ=MONTHLY", "2027-01-31", "2027-06-30", ["2027-01-31", "2027-03-31", "2027-05-31"]),
    (
      "FREQ=MONTHLY;BYMONTHDAY=-1", "2027-12-31", "2028-03-31",
      ["2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31"]
    ),
    (
      "FREQ=MONTHLY;BYDAY=2TU,-1FR", "2027-02-01", "2027-03-31",
      ["2027-02-09", "2027-02-26", "2027-03-09", "2027-03-26"]
    ),
    ("FREQ=YEARLY", "2024-02-29", "2033-01-01", ["2024-02-29", "2028-02-29", "2032-02-29"]),
  ])
  func daysOfARule(rule: String, start: String, end: String, expected: [String]) async throws {
    try await PlatformDatabase.connected { connection in
      let days = "SELECT public.recurrence_dates($1, $2::date, $3::date, $4::date)"
      let all = try await connection.query(days, [rule, start, start, end]).map { try $0.string(0) }
      #expect(all == expected)
      // A part of the time has a part of the days, wherever it begins.
      let part = try await connection.query(days, [rule, start, expected[1], end]).map { try $0.string(0) }
      #expect(part == Array(expected.dropFirst()))
    }
  }

  @Test func whatIsNoRuleIsRefused() async throws {
    try await PlatformDatabase.connected { connection in
      for rule in [
        "", "FREQ=HOURLY", "FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY;COUNT=1;COUNT=2", "FREQ=WEEKLY;BYDAY=2TU", "freq=daily",
        "FREQ=DAILY;INTERVAL=0", "FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=DAILY;X=1", "FREQ=DAILY\nDROP",
      ] {
        let valid = try await connection.query("SELECT public.is_recurrence_rule($1)", [rule])[0].bool(0)
        #expect(!valid, "\(rule)")
      }
    }
  }

  /// A time of day that the change to summer time leaves out, on the next such day of three zones; one of them changes by
  /// half an hour.
  @Test(arguments: [
    ("Europe/Zurich", "02:30", "03:30"), ("America/New_York", "02:30", "03:30"),
    ("Australia/Lord_Howe", "02:15", "02:45"),
  ])
  func aTimeThatDoesNotExistIsLater(zone: String, time: String, later: String) async throws {
    try await PlatformDatabase.connected { connection in
      let day = try await connection.query(
        """
        SELECT min(CURRENT_DATE + i) FROM generate_series(2, 370) i
         WHERE ((CURRENT_DATE + i + $2::time) AT TIME ZONE $1 AT TIME ZONE $1)::time <> $2::time
        """, [zone, time])[0].string(0)
      try await connection.execute(
        """
        INSERT INTO public.organizations (id, name, slug) VALUES ('\(BookingTests.organization)', 'Studio', 'studio');
        INSERT INTO public.class_series (organization_id, title, rrule, starts_on, start_time, timezone, capacity)
        VALUES ('\(BookingTests.organization)', 'Early', 'FREQ=DAILY;COUNT=3', date '\(day)' - 1, '\(time)', '\(zone)', 10);
        SELECT public.generate_events_for_all(timestamp '\(day)' + interval '7 days')
        """)
      let times = try await connection.query(
        "SELECT to_char(starts_at AT TIME ZONE $1, 'HH24:MI') FROM public.class_events ORDER BY starts_at", [zone]
      ).map { try $0.string(0) }
      #expect(times == [time, later, time])
    }
  }

  @Test func eventsOfThreeZonesAreMadeOnceAcrossAYear() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(
        """
        INSERT INTO public.organizations (id, name, slug) VALUES ('\(BookingTests.organization)', 'Studio', 'studio');
        INSERT INTO public.class_series (organization_id, title, rrule, starts_on, start_time, timezone, capacity)
        SELECT '\(BookingTests.organization)', z, 'FREQ=DAILY', CURRENT_DATE, '18:00', z, 10
          FROM unnest(ARRAY['Europe/Zurich', 'America/New_York', 'Australia/Lord_Howe']) z
        """)
      let generate = "SELECT series, events FROM public.generate_events_for_all(CURRENT_DATE + $1::interval)"
      // From today on, whichever day that is there.
      let days = """
        SELECT sum(CURRENT_DATE + $1::int + 1 - greatest(s.starts_on, (now() AT TIME ZONE s.timezone)::date))
          FROM public.class_series s WHERE s.timezone LIKE $2
        """
      let expected = try await connection.query(days, ["399", "%"])[0].int(0)
      #expect((1198...1200).contains(expected))
      let first = try await connection.query(generate, ["399 days"])[0]
      #expect(try [first.int(0), first.int(1)] == [3, expected])
      let again = try await connection.query(generate, ["399 days"])[0]
      #expect(try [again.int(0), again.int(1)] == [0, 0])
      // A day more, for the daily job.
      #expect(try await connection.query(generate, ["400 days"])[0].int(1) == 3)
      let wrong = try await connection.query(
        """
        SELECT count(*) FROM public.class_events e JOIN public.class_series s ON s.id = e.series_id
         WHERE (e.starts_at AT TIME ZONE s.timezone)::time <> '18:00'
        """)
      #expect(try wrong[0].int(0) == 0)
      // Each in the partition of its month, also at the turn of the year.
      let misplaced = try await connection.query(
        """
        SELECT count(*), count(DISTINCT tableoid) FROM public.class_events
         WHERE tableoid::regclass::text <> 'class_events_' || to_char(starts_at AT TIME ZONE 'UTC', 'YYYY_MM')
        """)
      #expect(try misplaced[0].int(0) == 0)
      // Another time of day: what is to come is made anew beside what is there, which people may have booked.
      try await connection.execute(
        "UPDATE public.class_series SET start_time = '19:00' WHERE timezone = 'Europe/Zurich'")
      let zurich = try await connection.query(days, ["10", "Europe/Zurich"])[0].int(0)
      #expect(try await connection.query(generate, ["10 days"])[0].int(1) == zurich)
      await #expect(throws: PostgresError.self) { try await connection.query(generate, ["3 years"]) }
    }
  }
}
