import Catalog
import FoundationEssentials
import Migrations
import Operations
import Postgres
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// Strikes at the statements of `dbtool partitions apply` while it detaches, drops and archives partitions and divides a
/// default partition. Then it is run again: it ends where it should, every row is there, and nothing is locked.
@Suite(.serialized) struct PartitionFaultTests {
  /// How many strikes each way; without it, the test is left out. A handful in CI, all by `make faults`.
  private static let budget = ProcessInfo.processInfo.environment["DBTOOL_PARTITION_STRIKES"].flatMap(Int.init) ?? 0
  typealias Fault = FaultInjectionTests.Fault

  static let rows = 3_000
  private static let manyRows = 11_000

  /// Three windows whose old partition is detached, dropped and archived, and one with a default partition.
  private static let tables =
    ["kept", "dropped", "stored"].map { name in
      """
      CREATE TABLE public.\(name) (id bigint NOT NULL, at date NOT NULL, note text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE public.\(name)_2025_12 PARTITION OF public.\(name) FOR VALUES FROM ('2025-12-01') TO ('2026-01-01');
      CREATE TABLE public.\(name)_2026_03 PARTITION OF public.\(name) FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
      INSERT INTO public.\(name) SELECT i, date '2025-12-01' + i % 31, 'note ' || i FROM generate_series(1, \(rows)) i;
      INSERT INTO public.\(name) SELECT i, date '2026-03-01' + i % 31, 'note ' || i FROM generate_series(1, \(rows)) i;
      """
    }.joined(separator: "\n") + """
      CREATE TABLE public.divided (id bigint NOT NULL, at date NOT NULL, note text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE public.divided_rest PARTITION OF public.divided DEFAULT;
      INSERT INTO public.divided SELECT i, date '2026-02-15' + i % 90, 'note ' || i FROM generate_series(1, \(manyRows)) i;
      ANALYZE;
      """

  private static func write(to project: TestProject) throws {
    let file = MigrationFile(
      version: "20260101000000", name: "beginning", text: "BEGIN;\nCREATE TABLE public.other (a integer);\nCOMMIT;\n")
    var catalog = Catalog()
    for (table, action) in [("kept", "detach"), ("dropped", "drop"), ("stored", "archive"), ("divided", "stay")] {
      catalog.insert(
        Fact(
          FactID(.partitionWindow, schema: "public", name: table),
          [
            .unit: .text("month"), .ahead: .integer(1), .keep: .integer(0), .column: .text("at"),
            .timeZone: .text("UTC"), .drop: .text(action),
          ]))
    }
    try Project.write(file.text, to: "\(project.root)/migrations/\(file.fileName)")
    try Project.write(
      SchemaLock(migrations: [file.lockEntry], catalog: catalog).text, to: "\(project.root)/schema.lock")
  }

  /// The moment is the same in every database, behind the pooler too.
  private static let clock = ["DBTOOL_NOW": "2026-03-10"]

  func with(_ body: (FaultServer, TestProject) async throws -> Void) async throws {
    let server = try await FaultServer()
    var project = try TestProject()
    project.environment = Self.clock
    do {
      try Self.write(to: project)
      try await server.execute(Self.tables, in: "base")
      let applied = try await project.dbtool("apply", "--database", server.url("base", pooled: false))
      #expect(applied.status == 0, "\(applied.output)")
      try await body(server, project)
    } catch {
      await server.remove()
      project.remove()
      throw error
    }
    await server.remove()
    project.remove()
  }

  static func arguments(_ url: String, _ folder: String) -> [String] {
    ["partitions", "apply", "--archive-to", folder, "--database", url]
  }

  // MARK: Strikes

  private struct Point {
    var at: Int
    var isBefore: Bool
    var fault: Fault
  }

  @Test(
    .enabled(if: budget > 0 && FileManager.default.fileExists(atPath: FaultServer.poolerPath)),
    arguments: [false, true])
  func whereverItIsStruckItIsFinished(pooled: Bool) async throws {
    try await with { server, project in
      if pooled { try await server.startPooler() }
      let relay = try server.relay(pooled: pooled)
      defer { relay.close() }
      try await strike(relay, server, project, pooled: pooled)
    }
  }

  private func strike(_ relay: Relay, _ server: FaultServer, _ project: TestProject, pooled: Bool) async throws {
    try await server.copyBase(to: "calm")
    relay.arm(nil)
    let calm = try run(project, "calm", relay)
    let outcome = await Task.detached { calm.finish() }.value
    try #require(outcome.status == 0, "\(outcome.output)")
    try await check("calm", server, project, pooled: pooled, "nothing")
    let ranks = relay.ranks
    // Behind a pooler a server process is nobody's in particular.
    let faults = Fault.allCases.filter { !pooled || $0 != .backend }
    let all = (1...ranks.count).flatMap { at in
      [true, false].flatMap { isBefore in faults.map { Point(at: at, isBefore: isBefore, fault: $0) } }
    }
    // One fault for each moment first, in turn, then the others; a few are spread over the whole.
    let points = all.enumerated().map { index, point in
      let turn = (index + point.at + (point.isBefore ? 1 : 0)) % faults.count
      return (rank: ranks[point.at - 1], turn: turn, place: point.at * 389 % 1009, point: point)
    }.sorted { ($0.rank, $0.turn, $0.place) < ($1.rank, $1.turn, $1.place) }.map(\.point).prefix(Self.budget)
    var (injected, survived, checked) = (0, 0, 0)
    for (round, point) in points.enumerated() {
      let database = "struck_\(round)"
      try await server.copyBase(to: database)
      let statement = try await strike(at: point, database, relay, server, project)
      if point.fault == .server {
        try await server.recover()
        if pooled {
          server.killPooler()
          try await server.startPooler()
        }
      }
      let name = "\(point.fault.rawValue) \(point.isBefore ? "before" : "during") \(statement ?? "nothing")"
      if statement != nil { injected += 1 }
      let rows = try await finish(database, server, project, pooled: pooled, name)
      if let rows {
        checked += rows
        if statement != nil { survived += 1 }
      }
      try await server.execute("DROP DATABASE \(database) WITH (FORCE)", in: "postgres")
    }
    print(
      "partitions, \(pooled ? "pooled" : "direct"): \(ranks.count) statements; faults injected: \(injected), survived: "
        + "\(survived), rows checked: \(checked)")
    #expect(survived == injected && injected > 0)
  }

  private func run(_ project: TestProject, _ database: String, _ relay: Relay) throws -> ChildProcess.Running {
    try ChildProcess.start(
      project.binary,
      Self.arguments(
        "host=\(relay.directory) port=5432 user=postgres dbname=\(database)", "\(project.home)/archive/\(database)"),
      environment: ["HOME": project.home, "NO_COLOR": "1"].merging(Self.clock) { $1 }, in: project.root)
  }

  private func strike(
    at point: Point, _ database: String, _ relay: Relay, _ server: FaultServer, _ project: TestProject
  ) async throws -> String? {
    let victim = Victim()
    relay.arm(
      Relay.Strike(at: point.at, isBefore: point.isBefore, cuts: point.fault == .connection) { backend in
        switch point.fault {
        case .tool: kill(victim.wait(), SIGKILL)
        case .backend: if let backend, backend > 0 { kill(backend, SIGTERM) }
        case .server: server.quit()
        case .connection: break
        }
      })
    let running = try run(project, database, relay)
    victim.set(running.pid)
    _ = await Task.detached { running.finish() }.value
    return relay.outcome.struck.map { String($0.split(separator: "\n").first ?? "") }
  }

  /// Runs it again until it has nothing to say, and looks at everything.
  ///
  /// - Returns: how many rows were looked at; nil when something was wrong.
  private func finish(
    _ database: String, _ server: FaultServer, _ project: TestProject, pooled: Bool, _ name: String
  ) async throws -> Int? {
    let arguments = Self.arguments(server.url(database, pooled: pooled), "\(project.home)/archive/\(database)")
    // What the server still has going for a killed run is in the way for a moment; a pooler may have to find its server.
    var last = ""
    do {
      try await Waiting.until("a run finishes what \(name) has interrupted") {
        let outcome = try await project.dbtool(arguments)
        last = outcome.output
        return outcome.status == 0
      }
    } catch let hang as Waiting.Hang {
      Issue.record("\(hang)\n\(last)")
      return nil
    }
    return try await check(database, server, project, pooled: pooled, name)
  }

  @discardableResult
  private func check(
    _ database: String, _ server: FaultServer, _ project: TestProject, pooled: Bool, _ name: String
  ) async throws -> Int? {
    let answers = try await Connection.with(server.target(database)) { connection in
      try await connection.query(
        """
        SELECT (SELECT count(*) FROM public.kept_2025_12), (SELECT count(*) FROM public.kept),
               (SELECT count(*) FROM public.dropped), (SELECT count(*) FROM public.stored),
               (SELECT count(*) FROM public.divided),
               (SELECT count(*) FROM public.divided d JOIN generate_series(1, \(Self.manyRows)) i
                    ON d.id = i AND d.at = date '2026-02-15' + i % 90 AND d.note = 'note ' || i),
               (SELECT count(*) FROM public.divided_rest WHERE at >= '2026-03-01' AND at < '2026-05-01'),
               (SELECT count(*) FROM pg_class WHERE relname IN ('dropped_2025_12', 'stored_2025_12')),
               (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'dbtool\\_%'),
               (SELECT count(*) FROM pg_inherits WHERE inhdetachpending),
               (SELECT count(*) FROM dbtool.retired WHERE finished_at IS NULL),
               (SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                 WHERE l.locktype = 'advisory' AND d.datname = current_database())
        """)[0]
    }
    let found = try (0..<12).map { try answers.int($0) }
    let expected =
      [Self.rows, Self.rows, Self.rows, Self.rows, Self.manyRows, Self.manyRows] + [Int](repeating: 0, count: 6)
    #expect(found == expected, "\(name)")
    // The archive is whole, and the only one.
    let folder = try DiskFolder("\(project.home)/archive/\(database)", isWritten: false)
    let names = try folder.names()
    #expect(!names.contains { $0.hasSuffix(".partial") }, "\(name): \(names)")
    let archives = try names.filter { $0.hasSuffix(".json") }.map { try PartitionRestore(folder, $0) }
    #expect(archives.count == 1 && archives.allSatisfy { $0.description.rows == Self.rows }, "\(name): \(names)")
    for archive in archives { try archive.verify() }
    // Nobody is told that an apply is at work.
    let apply = try await project.dbtool("apply", "--database", server.url(database, pooled: pooled))
    #expect(apply.status == 0, "\(name):\n\(apply.output)")
    if pooled {
      // What others get of the pooler's sessions is as the server makes them.
      let changed = try await Connection.with(
        ConnectionTarget(server.url(database, pooled: true)).unpinned
      ) { connection in
        try await connection.query(
          """
          SELECT coalesce(string_agg(name, ', '), '') FROM pg_settings
           WHERE source = 'session' AND name NOT IN ('application_name', 'client_encoding')
             AND name NOT LIKE 'transaction%'
          """)[0].string(0)
      }
      #expect(changed.isEmpty, "\(name): \(changed)")
    }
    let isGood = found == expected && archives.count == 1 && apply.status == 0
    return isGood ? 4 * Self.rows + Self.manyRows + Self.rows : nil
  }

  // MARK: Through a pooler

  @Test(.enabled(if: FileManager.default.fileExists(atPath: FaultServer.poolerPath)))
  func throughAPoolerNothingStaysLocked() async throws {
    try await with { server, project in
      try await server.startPooler()
      let url = server.url("base", pooled: true)
      // An archive that cannot be written.
      let failed = try await project.dbtool(Self.arguments(url, "/proc/nowhere"))
      #expect(failed.status == 1 && failed.output.contains("attached as before, with all its rows"), "\(failed.output)")
      try await free(server, project)
      // A relative path leads through folders too, where somebody else could put another in the place of one.
      chmod(project.home, 0o777)
      let unsafe = try await project.dbtool(Self.arguments(url, "archive"))
      chmod(project.home, 0o755)
      #expect(
        unsafe.status == 1 && unsafe.output.contains("\(project.home) is no safe folder"), "\(unsafe.output)")
      try await free(server, project)
      // One that is killed while it waits for a reader.
      try await server.execute(
        "CREATE TABLE public.kept_2025_11 PARTITION OF public.kept FOR VALUES FROM ('2025-11-01') TO ('2025-12-01')",
        in: "base")
      try await Connection.with(server.target("base")) { reader in
        try await reader.execute("BEGIN; SELECT count(*) FROM public.kept")
        let running = try ChildProcess.start(
          project.binary, Self.arguments(url, project.home + "/archive"),
          environment: ["HOME": project.home, "NO_COLOR": "1"].merging(Self.clock) { $1 }, in: project.root)
        let finished = Task.detached { running.finish() }
        try await Connection.with(server.target("base")) { connection in
          let waits = """
            SELECT count(*) FROM pg_stat_activity
             WHERE query LIKE 'ALTER TABLE%CONCURRENTLY' AND state = 'active' AND wait_event_type = 'Lock'
            """
          try await Waiting.until("the detach waits, or has ended") {
            let waiting = try await connection.query(waits)[0].int(0)
            return waiting > 0 || kill(running.pid, 0) != 0
          }
          // Another run is told who is at work, and so is an apply.
          for other in [Self.arguments(url, project.home + "/archive"), ["apply", "--database", url]] {
            let refused = try await project.dbtool(other)
            let isTold = refused.status == 1 && refused.output.contains("dbtool partitions apply, process")
            // It gives up in the end, and then nobody is at work.
            #expect(isTold || kill(running.pid, 0) != 0, "\(refused.output)")
          }
          kill(running.pid, SIGKILL)
          _ = await finished.value
          try await free(server, project)
        }
        try await reader.execute("COMMIT")
      }
      try await Waiting.until("a run finishes what was interrupted") {
        try await project.dbtool(Self.arguments(url, project.home + "/archive")).status == 0
      }
      try await free(server, project)
    }
  }

  /// Nothing is locked, once the server has noticed who is gone; and an apply has its way.
  private func free(_ server: FaultServer, _ project: TestProject) async throws {
    let apply = try await project.dbtool("apply", "--database", server.url("base", pooled: true))
    #expect(apply.status == 0, "\(apply.output)")
    let held = try await Connection.with(server.target("base")) { connection in
      try await connection.query(
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE locktype = 'advisory' AND datname = 'base'"
      )[0]
      .int(0)
    }
    #expect(held == 0)
  }

  /// Two at once: one retires, the other says so; both create.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: FaultServer.poolerPath)))
  func ofTwoRunsAtOnceOneRetires() async throws {
    try await with { server, project in
      try await server.startPooler()
      let arguments = Self.arguments(server.url("base", pooled: true), project.home + "/archive/base")
      async let one = project.dbtool(arguments)
      async let two = project.dbtool(arguments)
      let outcomes = try await [one, two]
      #expect(outcomes.contains { $0.status == 0 }, "\(outcomes.map(\.output))")
      for outcome in outcomes where outcome.status != 0 {
        #expect(
          outcome.output.contains("another run of dbtool is at work")
            || outcome.output.contains("another run does that"),
          "\(outcome.output)")
      }
      let rows = try await finish("base", server, project, pooled: true, "two at once")
      #expect(rows != nil)
    }
  }
}
