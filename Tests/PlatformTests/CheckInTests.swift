import Postgres
import TestSupport
import Testing

@Suite struct CheckInTests {
  private static let setUp = """
    INSERT INTO checkin.paidparticipants (row_number, headers, data, row_hash)
    SELECT n, '["Name", "Email"]', jsonb_build_object('Name', 'Person ' || n), 'hash-' || n FROM generate_series(1, 20) n;
    SELECT checkin.set_staff_pin('door', '2468')
    """

  @Test func aPassResolvesToTheDocumentsShape() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(Self.setUp)
      let before = try await connection.query("SELECT checkin.resolve('hash-7', '192.0.2.1')::text")[0].string(0)
      #expect(
        before
          == #"{"ok": true, "checkin": null, "participant": {"data": {"Name": "Person 7"}, "headers": ["Name", "Email"], "row_number": 7}}"#
      )
      let checked = try await connection.query("SELECT checkin.check_in('hash-7', '2468', '192.0.2.9')::text")[0]
        .string(0)
      #expect(checked.contains(#""checked_in_by": "192.0.2.9""#) && checked.contains(#""row_hash": "hash-7""#))
      let form = try await connection.query(
        "SELECT checkin.resolve('hash-7', '192.0.2.1') #>> '{checkin,checked_in_at}' ~ '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$'"
      )
      #expect(try form[0].bool(0))
      let unknown = try await connection.query("SELECT checkin.resolve('nobody', '192.0.2.1') ->> 'error'")[0].string(0)
      #expect(unknown == "not_found")
    }
  }

  @Test func tenAtOnceMakeOneRowAndGetOneAnswer() async throws {
    try await PlatformDatabase.with { database in
      _ = try await Connection.with(database.target) { try await $0.execute(Self.setUp) }
      let answers = try await withThrowingTaskGroup(of: String.self) { group in
        for helper in 1...10 {
          group.addTask {
            try await Connection.with(database.target) { connection in
              try await connection.query(
                "SELECT checkin.check_in('hash-1', '2468', $1::inet)::text", ["192.0.2.\(helper)"])[0].string(0)
            }
          }
        }
        return try await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
      #expect(answers.count == 1, "\(answers)")
      let rows = try await Connection.with(database.target) {
        try await $0.query("SELECT count(*) FROM checkin.checkins")[0].int(0)
      }
      #expect(rows == 1)
    }
  }

  @Test func fiveWrongPINsLockAnAddressOut() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(Self.setUp)
      func check(_ pin: String, _ address: String) async throws -> String {
        try await connection.query(
          "SELECT coalesce(checkin.check_in('hash-2', $1, $2::inet) ->> 'error', 'ok')", [pin, address])[0].string(0)
      }
      for _ in 0..<5 { #expect(try await check("0000", "192.0.2.1") == "invalid_pin") }
      #expect(try await check("2468", "192.0.2.1") == "locked_out")
      #expect(try await check("2468", "192.0.2.2") == "ok")
      // A quarter of an hour later.
      try await connection.execute(
        "UPDATE checkin.pin_attempts SET attempted_at = attempted_at - interval '15 minutes'")
      #expect(try await check("2468", "192.0.2.1") == "ok")
      await #expect(throws: PostgresError.self) {
        try await connection.query("SELECT checkin.set_staff_pin('x', '12')")
      }
    }
  }

  @Test func guessesAtOnceAreCountedOneByOne() async throws {
    try await PlatformDatabase.with { database in
      _ = try await Connection.with(database.target) { try await $0.execute(Self.setUp) }
      let answers = try await withThrowingTaskGroup(of: String.self) { group in
        for guess in 0..<20 {
          group.addTask {
            try await Connection.with(database.target) { connection in
              try await connection.query(
                "SELECT checkin.check_in('hash-3', $1, '192.0.2.1') ->> 'error'", ["\(1000 + guess)"])[0].string(0)
            }
          }
        }
        return try await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
      }
      #expect(answers == ["invalid_pin": 5, "locked_out": 15])
    }
  }

  @Test func aHundredRequestsAMinuteAreEnough() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(Self.setUp)
      // The count belongs to a minute of the clock, which stands still within a transaction.
      try await connection.execute("BEGIN")
      let results = try await connection.pipeline(
        (0..<105).map { _ in Statement("SELECT coalesce(checkin.resolve('hash-1', '192.0.2.50') ->> 'error', 'ok')") })
      let answers = try results.map { try $0.get()[0].string(0) }
      #expect(answers.count { $0 == "ok" } == 100)
      #expect(answers.count { $0 == "rate_limited" } == 5)
      #expect(try await connection.query("SELECT checkin.clean_up()")[0].int(0) == 0)
      try await connection.execute("COMMIT")
    }
  }

  @Test func resolvingIsAnIndexScan() async throws {
    try await PlatformDatabase.connected { connection in
      try await connection.execute(
        """
        INSERT INTO checkin.paidparticipants (row_number, headers, data, row_hash)
        SELECT n, '["Name"]', '{"Name": "x"}', md5(n::text) FROM generate_series(1, 10000) n; ANALYZE checkin.paidparticipants
        """)
      let plan = try await connection.query(
        "EXPLAIN SELECT row_number, headers, data FROM checkin.paidparticipants WHERE row_hash = md5('77')"
      ).map { try $0.string(0) }.joined()
      #expect(plan.contains("Index Scan using idx_paidparticipants_row_hash"), "\(plan)")
    }
  }
}
