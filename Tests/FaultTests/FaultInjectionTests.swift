import FoundationEssentials
import Postgres
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// Kills whatever takes part in a long migration, at every statement of it and between them, and runs `dbtool apply` again:
/// it ends where it should, and every row is there.
@Suite(.serialized) struct FaultInjectionTests {
  private static let rows = 60_000

  /// How many faults; a dozen in CI, hundreds by `make faults`. Without it the test is left out: beside others it would
  /// come too late to strike.
  private static let budget = ProcessInfo.processInfo.environment["DBTOOL_FAULTS"].flatMap(Int.init) ?? 0

  enum Fault: String, CaseIterable, Sendable {
    case tool = "dbtool is killed"
    case backend = "its server process is ended"
    case server = "the server crashes"
    case connection = "the connection is cut"
  }

  @Test(.enabled(if: budget > 0 && FileManager.default.fileExists(atPath: FaultServer.poolerPath)))
  func whatIsInterruptedIsFinished() async throws {
    let migration = try await MixedMigration()
    let server = try await FaultServer()
    let project = try TestProject()
    do {
      try await migration.begin(project, server.url("base", pooled: false))
      try await server.execute(MixedMigration.rows(Self.rows), in: "base")
      var campaign = Campaign(server: server, project: project, rows: Self.rows, budget: Self.budget)
      try await campaign.run()
      print(campaign.log.joined(separator: "\n"))
      print(campaign.summary)
      print(
        "faults injected: \(campaign.injected), survived: \(campaign.survived), rows checked: \(campaign.aftermath.checked)"
      )
      #expect(campaign.survived == campaign.injected && campaign.injected >= Self.budget)
    } catch {
      await server.remove()
      project.remove()
      throw error
    }
    await server.remove()
    project.remove()
  }
}

/// Rounds of applying with faults, until enough were injected.
private struct Campaign {
  typealias Fault = FaultInjectionTests.Fault

  let server: FaultServer
  let project: TestProject
  let rows: Int
  let budget: Int
  private(set) var injected = 0
  private(set) var survived = 0
  private(set) var aftermath: Aftermath
  private(set) var log: [String] = []
  /// Which faults have met which statements, directly and through the pooler.
  private var met: Set<String> = []
  private var counts: [Fault: Int] = [:]
  private var random = SystemRandomNumberGenerator()

  init(server: FaultServer, project: TestProject, rows: Int, budget: Int) {
    self.server = server
    self.project = project
    self.rows = rows
    self.budget = budget
    aftermath = Aftermath(server: server, project: project, rows: rows)
  }

  var summary: String {
    Fault.allCases.map { "\($0.rawValue): \(counts[$0, default: 0])" }.joined(separator: ", ")
      + "; \(met.count) combinations of a fault and a statement"
  }

  mutating func run() async throws {
    var round = 0
    while injected < budget, round < 10 + 2 * budget {
      // Every other round through the pooler.
      try await run(round: round, pooled: round % 2 == 1)
      round += 1
    }
  }

  private mutating func run(round: Int, pooled: Bool) async throws {
    let database = "round_\(round)"
    try await server.copyBase(to: database)
    if pooled { try await server.startPooler() }
    let writer = Writer()
    let writing = Task { [server, rows] in await writer.run(server.target(database), rows: rows) }
    var faults: [String] = []
    var outcome: ChildProcess.Outcome?
    // The last attempt of each round is left alone.
    let wanted = min(6, budget - injected)
    for attempt in 0...wanted {
      let running = try ChildProcess.start(
        project.binary, ["apply", "--contract", "--database", server.url(database, pooled: pooled)],
        environment: ["HOME": project.home, "NO_COLOR": "1"], in: project.root)
      let finished = Task.detached { running.finish() }
      if attempt < wanted, let fault = try await strike(running.pid, database, pooled: pooled) {
        faults.append(fault)
        injected += 1
      }
      outcome = await finished.value
      if outcome?.status == 0 { break }
    }
    await writer.stop()
    await writing.value
    if pooled { server.killPooler() }
    #expect(outcome?.status == 0, "round \(round) after \(faults):\n\(outcome?.output ?? "")")
    guard outcome?.status == 0 else { return }
    if try await aftermath.check(database, writer, faults) { survived += faults.count }
    log.append(
      "round \(round)\(pooled ? ", pooled" : ""): " + (faults.isEmpty ? "no fault" : faults.joined(separator: "; ")))
    try await server.execute("DROP DATABASE \(database) WITH (FORCE)", in: "postgres")
  }

  /// Waits for a moment that was not struck yet, and strikes.
  ///
  /// - Returns: what was done; nil when the program ended before.
  private mutating func strike(_ pid: Int32, _ database: String, pooled: Bool) async throws -> String? {
    let kinds = pooled ? Fault.allCases : [.tool, .backend, .server]
    // Some strike blindly: between statements too.
    let blind = Double.random(in: 0..<1, using: &random) < 0.3
    var looks = Int.random(in: 10...1000, using: &random)
    var passed: Set<String> = []
    return try await Connection.with(server.target("postgres"), applicationName: "fault") { connection in
      while kill(pid, 0) == 0 {
        let seen = try await connection.query(
          """
          SELECT pid, left(regexp_replace(query, '^(--[^\\n]*\\n)*', ''), 90) FROM pg_stat_activity
           WHERE datname = $1 AND application_name = 'dbtool apply' AND state <> 'idle'
          """, [database]
        ).first
        looks -= 1
        if blind, looks < 0 {
          let fault = kinds.randomElement(using: &random) ?? .tool
          try await inject(fault, pid, try seen?.int(0), connection, pooled: pooled)
          return "\(fault.rawValue), blindly"
        }
        guard !blind, let seen else { continue }
        let statement = Self.shape(try seen.string(1))
        // Not always the first that was not struck yet: what comes late has to have its turn.
        guard passed.insert(statement).inserted, Double.random(in: 0..<1, using: &random) < 0.25 else { continue }
        for fault in kinds.shuffled(using: &random)
        where met.insert("\(pooled) \(fault.rawValue) \(statement)").inserted {
          try await inject(fault, pid, try seen.int(0), connection, pooled: pooled)
          return "\(fault.rawValue) at \(statement)"
        }
      }
      return nil
    }
  }

  /// A statement without its numbers: batches differ in nothing else.
  private static func shape(_ query: String) -> String { query.filter { !$0.isNumber } }

  private mutating func inject(
    _ fault: Fault, _ pid: Int32, _ backend: Int?, _ connection: Connection, pooled: Bool
  ) async throws {
    counts[fault, default: 0] += 1
    switch fault {
    case .tool: kill(pid, SIGKILL)
    case .backend:
      if let backend { try await connection.query("SELECT pg_terminate_backend($1::int)", [String(backend)]) }
    case .server:
      await connection.close()
      try await server.crash()
    case .connection:
      server.killPooler()
      try await server.startPooler()
    }
  }
}
