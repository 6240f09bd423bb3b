import Catalog
import FoundationEssentials
import Introspection
import Migrations
import Operations
import Postgres
import SchemaDSL
import TestSupport
import Testing

private struct Orders: Table {
  static let name = RelationName("orders", in: .public)
  let id = Column("id", .bigint, identity: .always)
  let at = Column("at", .timestamptz)
  let note = Column("note", .text, default: "")
  var body: TableBody {
    PrimaryKey(id, at)
    Index("orders_note_idx", on: note)
    Partitions(.monthly(ahead: 2, keep: 3), by: at, runner: .database(schedule: "25 1 * * *"))
  }
}

/// Years of operation: the clock goes on month by month while clients write, the runner is cut off again and again, and no
/// row is refused or lost. Half a year in CI; five years by `make partition-years`.
@Suite(.serialized) struct PartitionYearsTests {
  enum Runner: String, CaseIterable, Sendable { case dbtool, database }

  private static let months =
    ProcessInfo.processInfo.environment["DBTOOL_YEARS"].flatMap(Int.init).map { $0 * 12 } ?? 6

  private static let states = States(database: Database("years") { Orders.self })

  /// Clients that write rows around the present moment, whatever moment that is.
  private actor Clients {
    private(set) var now = "2026-01-31 12:00:00+00"
    private(set) var inserted = 0
    private(set) var failures: [String] = []
    private var isStopped = false

    func set(_ moment: String) { now = moment }
    func stop() { isStopped = true }
    private func add(_ count: Int) { inserted += count }
    private func fail(_ message: String) { failures.append(message) }
    private var moment: String? { isStopped ? nil : now }

    nonisolated func run(_ target: ConnectionTarget) async {
      do {
        try await Connection.with(target, applicationName: "client") { connection in
          while let moment = await moment {
            do {
              // What clients write is of this month, of the one before, and of the one to come.
              let rows = try await connection.query(
                """
                INSERT INTO public.orders (at, note)
                SELECT $1::timestamptz + (random() * 50 - 25) * interval '1 day', 'x' FROM generate_series(1, 5)
                """, [moment])
              await add(rows.affected)
            } catch { await fail("\(moment): \(error)") }
          }
        }
      } catch { await fail("\(error)") }
    }
  }

  /// Ends the runner's session before or after a command that changes the schema: an event trigger holds it there.
  private actor Striker {
    private var isStopped = false
    func stop() { isStopped = true }
    private var isOver: Bool { isStopped }

    /// - Parameter count: at which command.
    nonisolated func arm(_ count: Int, _ target: ConnectionTarget) async throws {
      _ = try await Connection.with(target) { connection in
        try await connection.execute(
          """
          CREATE SCHEMA strike;
          CREATE SEQUENCE strike.passed;
          CREATE FUNCTION strike.hold() RETURNS event_trigger LANGUAGE plpgsql AS $$
          BEGIN
            IF current_setting('application_name') = 'runner' AND nextval('strike.passed') = \(count) THEN
              PERFORM pg_sleep(600);
            END IF;
          END $$;
          CREATE EVENT TRIGGER strike_before ON ddl_command_start EXECUTE FUNCTION strike.hold();
          CREATE EVENT TRIGGER strike_after ON ddl_command_end EXECUTE FUNCTION strike.hold();
          """)
      }
    }

    nonisolated func disarm(_ target: ConnectionTarget) async throws {
      try await Connection.with(target) {
        _ = try await $0.execute("SET client_min_messages = warning; DROP SCHEMA strike CASCADE")
      }
    }

    /// - Returns: how many sessions it ended: none when the runner was done before.
    nonisolated func run(_ target: ConnectionTarget) async throws -> Int {
      try await Connection.with(target) { connection in
        try await Waiting.value("the runner's statement") {
          if await isOver { return 0 }
          return try await connection.query(
            """
            SELECT pg_terminate_backend(pid)::int FROM pg_stat_activity
             WHERE application_name = 'runner' AND datname = current_database() AND wait_event = 'PgSleep'
            """
          ).first?.int(0)
        }
      }
    }
  }

  @Test(arguments: Runner.allCases)
  func noRowIsRefusedOrLost(runner: Runner) async throws {
    let template = try await Self.states.declaredTemplate()
    let catalog = try await Self.states.declared()
    let server = try await Databases.server.value
    try await Databases.gate.pass {
      try await server.withDatabase(from: template) { database in
        try await Databases.takeOver(database)
        let manager = PartitionManager(catalog: catalog)
        let clients = Clients()
        var faults = 0
        // The first partitions are there before anybody writes.
        faults += try await keep(runner, manager, database, await clients.now, month: 0, isDisturbed: false)
        let writing = (0..<2).map { _ in Task { await clients.run(database.target) } }
        for month in 1...Self.months {
          let now = try await Self.moment(month, database)
          await clients.set(now)
          faults += try await keep(runner, manager, database, now, month: month, isDisturbed: true)
          try await check(runner, manager, database, now)
        }
        await clients.stop()
        for task in writing { await task.value }
        let (inserted, failures) = (await clients.inserted, await clients.failures)
        let found = try await Connection.with(database.target) { connection in
          // Those that were retired are tables of their own now.
          try await connection.query(
            """
            SELECT coalesce(sum((xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM public.%I', relname),
                                                                     false, true, '')))[1]::text::bigint), 0)::bigint,
                   count(*) FILTER (WHERE NOT relispartition)
              FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname ~ '^orders_'
            """)[0]
        }
        #expect(failures.isEmpty, "\(failures.prefix(3))")
        #expect(faults > 0)
        #expect(try found.int(0) == inserted)
        #expect(try found.int(1) == Self.months, "partitions retired")
        print(
          "\(runner): \(Self.months) months, \(faults) faults, \(inserted) rows inserted, \(failures.count) refused, "
            + "\(inserted - (try found.int(0))) lost")
      }
    }
  }

  /// The end of a month, with the clock a little further each time.
  private static func moment(_ month: Int, _ database: ScratchDatabase) async throws -> String {
    try await Connection.with(database.target) { connection in
      try await connection.query(
        "SELECT (timestamptz '2026-01-31 12:00:00+00' + $1::int * interval '1 month')::text", [String(month)])[0]
        .string(0)
    }
  }

  /// Runs the runner until it comes to its end, cutting it off on the way.
  ///
  /// - Returns: how often it was cut off.
  private func keep(
    _ runner: Runner, _ manager: PartitionManager, _ database: ScratchDatabase, _ now: String, month: Int,
    isDisturbed: Bool
  ) async throws -> Int {
    var faults = 0
    for attempt in 0..<4 {
      let striker = Striker()
      let strikes = isDisturbed && attempt < 3
      if strikes { try await striker.arm(1 + (month * 5 + attempt * 3) % 11, database.target) }
      let striking = Task { strikes ? try await striker.run(database.target) : 0 }
      do {
        try await Connection.with(database.target, applicationName: "runner") { connection in
          try await PartitionTests.set(now, connection)
          switch runner {
          case .dbtool:
            let created = try await manager.create(connection)
            #expect(created.allSatisfy { $0.failure == nil }, "\(created)")
            _ = try await manager.retire(connection)
          case .database:
            try await connection.query("SELECT public.orders_partitions_create($1)", [now])
            try await connection.execute("CALL public.orders_partitions_retire(\(Quote.literal(now)))")
          }
        }
      } catch let error as PostgresError where isDisturbed && (error.kind == .connection || error.sqlState == "57P01") {
        await striker.stop()
        faults += try await striking.value
        if strikes { try await striker.disarm(database.target) }
        continue
      }
      await striker.stop()
      faults += try await striking.value
      if strikes { try await striker.disarm(database.target) }
      if attempt >= 1 { break }
    }
    return faults
  }

  private func check(
    _ runner: Runner, _ manager: PartitionManager, _ database: ScratchDatabase, _ now: String
  ) async throws {
    try await Connection.with(database.target) { connection in
      try await PartitionTests.set(now, connection)
      let missing = try await manager.missing(connection).map(\.partition)
      #expect(missing.isEmpty, "\(now)")
      // From inside the database a detach gives way to whoever has the table, and waits for the next run.
      for _ in 0..<5 where runner == .database {
        if try await manager.expired(connection).isEmpty { break }
        try await connection.execute("CALL public.orders_partitions_retire(\(Quote.literal(now)))")
      }
      let expired = try await manager.expired(connection).map(\.partition.name)
      #expect(expired.isEmpty, "\(now)")
    }
  }
}
