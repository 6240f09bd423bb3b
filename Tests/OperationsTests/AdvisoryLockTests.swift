import Migrations
import Operations
import Postgres
import SchemaDSL
import TestSupport
import Testing

private struct Visits: Table {
  static let name = RelationName("visits", in: .public)
  let at = Column("at", .timestamptz)
  var body: TableBody {
    Partitions(.monthly(ahead: 1, keep: 1), by: at, runner: .database(schedule: "25 1 * * *"))
  }
}

/// Locks that keep two runs of dbtool from doing the same.
@Suite struct AdvisoryLockTests {
  private static let held = """
    SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
     WHERE l.locktype = 'advisory' AND d.datname = current_database()
    """

  /// Old partitions, and a connection that has seen more than this.
  private func with(
    _ body: @Sendable (PartitionManager, Connection, ScratchDatabase) async throws -> Void
  ) async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        try await connection.execute("CREATE TABLE t (at date NOT NULL) PARTITION BY RANGE (at)")
        let manager = PartitionTests.manager(ahead: 1, keep: 0, retire: "archive")
        try await PartitionTests.set("2026-01-10", connection)
        _ = try await manager.create(connection)
        try await PartitionTests.set("2026-03-10", connection)
        try await body(manager, connection, database)
      }
    }
  }

  @Test func aRetirementThatFailsLeavesNothingLocked() async throws {
    try await with { manager, connection, database in
      await #expect(throws: ForgetfulFolder.PowerLoss.self) {
        try await manager.retire(connection, archive: { throw ForgetfulFolder.PowerLoss() })
      }
      // The connection lives: what its session had locked would be locked still.
      #expect(try await connection.query(Self.held)[0].int(0) == 0)
      try await ApplyLock.with(database.target) { _ in }
    }
  }

  @Test func whoHasTheLockIsTold() async throws {
    try await with { manager, connection, database in
      try await ApplyLock.with(database.target) { _ in
        let outcomes = try await manager.retire(connection)
        #expect(outcomes.count == 1 && outcomes[0].failure?.contains(": dbtool apply, process ") == true, "\(outcomes)")
      }
      let error = await #expect(throws: ApplyError.self) {
        try await AdvisoryLock.with(database.target, .change, for: "partitions apply") { _ in
          try await ApplyLock.with(database.target) { _ in }
        }
      }
      #expect("\(try #require(error))".contains(": dbtool partitions apply, process "))
    }
  }

  /// PostgreSQL lets everybody have any lock of this kind who may connect: that is told, with what ends it.
  @Test func somebodyElseWhoHasTheLockIsTold() async throws {
    try await Databases.with { database in
      let name = "nobody \(database.name)"
      try await Connection.with(database.target) { connection in
        try await connection.execute("CREATE ROLE \(Quote.identifier(name)) LOGIN")
        try await Connection.with(database.target.setting("user", name), applicationName: "psql") { somebody in
          let row = try await somebody.query(
            "SELECT pg_backend_pid(), pg_advisory_lock(\(AdvisoryKey.change.arguments))")[0]
          let pid = try row.int(0)
          let error = await #expect(throws: ApplyError.self) { try await ApplyLock.with(database.target) { _ in } }
          let text = error?.description ?? ""
          #expect(text.contains(": psql, process \(pid) of \(name) from "), "\(text)")
          #expect(text.contains("pg_terminate_backend(\(pid))"), "\(text)")
        }
        try await connection.execute("DROP ROLE \(Quote.identifier(name))")
      }
    }
  }

  /// A name may lead to several servers, and each connection to another one of them.
  @Test func aLockElsewhereIsNoLock() async throws {
    try await Databases.with { database in
      try await Databases.withinGate { other in
        try await ApplyLock.with(database.target) { lock in
          try await Connection.with(database.target) { try await lock.verify($0) }
          // As another server would: somebody has the same lock there.
          try await ApplyLock.with(other.target) { _ in
            let error = await #expect(throws: ApplyError.self) {
              try await Connection.with(other.target) { try await lock.verify($0) }
            }
            #expect(error?.description.contains("on another server") == true)
          }
          try await lock.check()
        }
      }
    }
  }

  @Test func aLockThatIsLostIsNoticed() async throws {
    try await Databases.with { database in
      await #expect(throws: ApplyError.self) {
        try await ApplyLock.with(database.target) { lock in
          try await lock.check()
          try await Connection.with(database.target) { connection in
            try await connection.query(
              """
              SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
               WHERE application_name = 'dbtool apply (lock)' AND datname = current_database()
              """)
          }
          try await lock.check()
        }
      }
    }
  }

  /// A snapshot would keep concurrent builds and detaches waiting, and vacuum from its work.
  @Test(arguments: ["repeatable read", "serializable", "read committed"])
  func aLockHoldsNoSnapshot(isolation: String) async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        try await connection.execute(
          """
          ALTER DATABASE \(database.name) SET default_transaction_isolation = '\(isolation)';
          ALTER DATABASE \(database.name) SET default_transaction_read_only = on;
          ALTER DATABASE \(database.name) SET idle_in_transaction_session_timeout = '1ms';
          """)
        try await ApplyLock.with(database.target) { lock in
          try await lock.check()
          let rows = try await connection.query(
            """
            SELECT backend_xmin IS NULL FROM pg_stat_activity
             WHERE application_name = 'dbtool apply (lock)' AND datname = current_database()
            """)
          #expect(try rows.map { try $0.bool(0) } == [true])
          try await lock.check()
        }
      }
    }
  }

  /// What others have put before PostgreSQL's own functions is not called.
  @Test func aLockIsNotTakenByFunctionsOfOthers() async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        try await connection.execute(
          """
          CREATE SCHEMA evil;
          CREATE TABLE evil.called (what text);
          CREATE FUNCTION evil.pg_try_advisory_xact_lock(integer, integer) RETURNS boolean LANGUAGE sql
            AS 'INSERT INTO evil.called VALUES (''lock''); SELECT true';
          CREATE FUNCTION evil.same(name, name) RETURNS boolean LANGUAGE sql
            AS 'INSERT INTO evil.called VALUES (''operator''); SELECT true';
          CREATE OPERATOR evil.= (LEFTARG = name, RIGHTARG = name, FUNCTION = evil.same);
          ALTER DATABASE \(database.name) SET search_path = evil, pg_catalog;
          """)
        try await ApplyLock.with(database.target) { lock in try await lock.check() }
        await #expect(throws: ApplyError.self) {
          try await ApplyLock.with(database.target) { _ in try await ApplyLock.with(database.target) { _ in } }
        }
        #expect(try await connection.query("SELECT count(*) FROM evil.called")[0].int(0) == 0)
      }
    }
  }

  /// PostgreSQL finds a lock under the key that dbtool looks for.
  @Test func everyKeyIsFoundAmongTheLocks() async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        let keys: [AdvisoryKey] =
          [.history, .change] + (0..<20).flatMap { [.partitions(of: "public.t\($0)"), .division(into: "t\($0)")] }
        for key in keys {
          try await AdvisoryLock.with(database.target, key, for: "test") { lock in
            try await lock.check()
            for other in keys {
              let found = try await connection.query("SELECT count(*) FROM pg_locks l WHERE \(other.condition)")
              #expect(try found[0].int(0) == (other == key ? 1 : 0))
            }
          }
        }
      }
    }
  }

  /// Tables whose names have one `hashtext` do not wait for each other.
  @Test func tablesDoNotShareAKey() async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        let names = try await connection.query(
          """
          SELECT min(name), max(name) FROM (SELECT 'public.t_' || i AS name FROM generate_series(1, 300000) i) AS names
           GROUP BY hashtext(name) HAVING count(*) > 1
          """
        ).map { (try $0.string(0), try $0.string(1)) }
        #expect(!names.isEmpty)
        for (one, other) in names {
          #expect(AdvisoryKey.partitions(of: one).arguments != AdvisoryKey.partitions(of: other).arguments)
        }
      }
    }
  }

  @Test func theRunnerInTheDatabaseTakesTheLockOfDbtool() async throws {
    let states = States(database: Database("visits") { Visits.self })
    let template = try await states.declaredTemplate()
    let server = try await Databases.server.value
    try await Databases.gate.pass {
      try await server.withDatabase(from: template) { database in
        try await Databases.takeOver(database)
        try await Connection.with(database.target) { connection in
          try await AdvisoryLock.with(database.target, .partitions(of: "public.visits"), for: "test") { _ in
            let error = await #expect(throws: PostgresError.self) {
              try await connection.query("SELECT public.visits_partitions_create()")
            }
            #expect(error?.sqlState == .lockNotAvailable)
          }
          #expect(try await connection.query("SELECT public.visits_partitions_create()").count == 3)
        }
      }
    }
  }

  /// Behind a pooler, what a session is told stays with a server process that others get next.
  @Test func nothingIsSetForTheSession() async throws {
    try await with { manager, connection, _ in
      let settings = "SELECT name, setting FROM pg_settings WHERE name !~ '^transaction|[.]' ORDER BY 1"
      try await connection.execute(
        "SET timezone = 'Asia/Tokyo'; SET datestyle = 'German'; SET lock_timeout = '1h'; SET client_min_messages = info"
      )
      let before = try await connection.query(settings).map { "\(try $0.string(0)) \(try $0.string(1))" }
      _ = try await manager.coverage(connection)
      _ = try await manager.expired(connection)
      let folder = ForgetfulFolder()
      let outcomes = try await manager.retire(connection, archive: { folder })
      #expect(!outcomes.isEmpty && outcomes.allSatisfy { $0.failure == nil }, "\(outcomes)")
      let after = try await connection.query(settings).map { "\(try $0.string(0)) \(try $0.string(1))" }
      #expect(before == after)
    }
  }

  /// A reader holds on to the partition for longer than is waited for.
  @Test func aDetachThatIsInNobodysWayWaitsOnlyShortly() async throws {
    try await with { manager, connection, database in
      try await Connection.with(database.target) { reader in
        try await reader.execute("BEGIN; SELECT * FROM t")
        let folder = ForgetfulFolder()
        let outcomes = try await manager.retire(connection, archive: { folder }, patience: .milliseconds(300))
        #expect(outcomes.count == 2, "\(outcomes)")
        #expect(outcomes[0].failure?.contains("half detached, with all its rows") == true, "\(outcomes)")
        #expect(try await connection.query(Self.held)[0].int(0) == 0)
        try await reader.execute("COMMIT")
        let again = try await manager.retire(connection, archive: { folder })
        #expect(again.count == 2 && again.allSatisfy { $0.failure == nil }, "\(again)")
      }
    }
  }
}
