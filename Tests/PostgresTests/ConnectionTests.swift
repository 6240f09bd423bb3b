import FoundationEssentials
import Postgres
import TestSupport
import Testing

@Suite struct ConnectionTests {
  @Test func valuesArriveAsTheyWereSent() async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        let row = try await connection.query(
          "SELECT $1::text, $2::text, $3::bigint, ARRAY['a', 'b,c', 'd\"e', NULL::text, ''], true",
          ["späß", nil, "-9223372036854775808"])[0]
        var reader = row.reader
        #expect(try reader.string() == "späß")
        #expect(try reader.optionalString() == nil)
        #expect(try reader.int() == Int.min)
        #expect(try reader.strings() == ["a", "b,c", "d\"e", "NULL", ""])
        #expect(try reader.bool())
        #expect(throws: PostgresError.self) { try reader.string() }
      }
    }
  }

  @Test func anUnexpectedValueNamesItsColumn() async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        let row = try await connection.query("SELECT 'x' AS amount")[0]
        let error = #expect(throws: PostgresError.self) { try row.int(0) }
        #expect(error?.message.contains("\"amount\"") == true)
      }
    }
  }

  @Test func anErrorSaysWhereItIs() async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        let error = await #expect(throws: PostgresError.self) {
          try await connection.query("SELECT nothing FROM nowhere")
        }
        #expect(error?.sqlState == .undefinedTable)
        #expect(error?.position == 21)
      }
    }
  }

  @Test func aPipelineStopsAtItsFirstErrorOrGoesOn() async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        let statements = ["SELECT 1", "SELECT 1/0", "SELECT 3"].map { Statement($0) }
        let once = try await connection.pipeline(statements)
        #expect(once.map(succeeded) == [true, false, false])
        let each = try await connection.pipeline(statements, sync: .each)
        #expect(each.map(succeeded) == [true, false, true])
        // The connection is fit for use afterwards.
        #expect(try await connection.query("SELECT 4")[0].int(0) == 4)
      }
    }
  }

  @Test func aPipelineMayBeLargerThanAnyBuffer() async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        let text = String(repeating: "x", count: 20_000)
        let results = try await connection.pipeline((0..<200).map { _ in Statement("SELECT $1::text", [text]) })
        #expect(results.count == 200)
        for result in results { #expect(try result.get()[0].string(0).utf8.count == 20_000) }
      }
    }
  }

  private func succeeded(_ result: Result<Rows, PostgresError>) -> Bool {
    if case .success = result { true } else { false }
  }

  @Test func copySendsRows() async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        try await connection.execute("CREATE TABLE t (a int, b text)")
        var chunks = ["1,one\n2,", "two\n"][...]
        let count = try await connection.copy("COPY t FROM STDIN WITH (FORMAT csv)") {
          chunks.popFirst().map { Array($0.utf8) }
        }
        #expect(count == 2)
        await #expect(throws: PostgresError.self) {
          var bad = ["x,y\n"][...]
          _ = try await connection.copy("COPY t FROM STDIN WITH (FORMAT csv)") { bad.popFirst().map { Array($0.utf8) } }
        }
        #expect(try await connection.query("SELECT count(*) FROM t")[0].int(0) == 2)
      }
    }
  }

  @Test func cancellingTheTaskCancelsTheStatement() async throws {
    try await Databases.with { database in
      // Were it not cancelled, it would end without an error.
      let task = Task {
        try await Connection.with(database.target) { try await $0.query("SELECT pg_sleep(600)") }
      }
      try await Waiting.forSessions(at: "pg_sleep(600)", on: database.target)
      task.cancel()
      await #expect(throws: (any Error).self) { try await task.value }
    }
  }

  /// More waiting statements than the machine has cores: none may keep the one they wait for from running.
  @Test func statementsThatWaitForALockDoNotBlockItsHolder() async throws {
    try await Databases.with { database in
      let holder = try await Connection.open(database.target)
      try await holder.execute("CREATE TABLE t (a int)")
      try await holder.execute("BEGIN; LOCK TABLE t")
      let waiters = (0..<12).map { _ in
        Task { try await Connection.with(database.target) { try await $0.query("SELECT count(*) FROM t").count } }
      }
      try await Waiting.forSessions(waiters.count, at: "count(*) FROM t", waits: true, on: database.target)
      try await holder.execute("COMMIT")
      for waiter in waiters { #expect(try await waiter.value == 1) }
      await holder.close()
    }
  }

  @Test func aBadConnectionStringIsNotRepeated() {
    let error = #expect(throws: PostgresError.self) { try ConnectionTarget("postgres://me:se%zzcret@host/db") }
    #expect(error?.description.contains("cret") == false)
  }

  @Test func aDescriptionHasNoPassword() throws {
    let target = try ConnectionTarget("postgres://me:secret@db.example.org:6543/shop")
    #expect("\(target)" == "database shop on db.example.org:6543 as me")
  }

  @Test func anUnreachableHostIsAClearError() async throws {
    let target = try ConnectionTarget("postgres://me:secret@127.0.0.1:1/shop?connect_timeout=2")
    let error = await #expect(throws: PostgresError.self) { try await Connection.open(target) }
    #expect(error?.message.contains("cannot connect to database shop on 127.0.0.1:1 as me") == true)
    #expect(error?.description.contains("secret") == false)
  }
}
