import FoundationEssentials
import Postgres
import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// Strikes at every statement that an apply of a long migration sends: before the server has it, which is between two
/// steps, and while it is at it. Then `dbtool apply` is run again.
@Suite(.serialized) struct EveryStatementTests {
  private static let rows = 5_000

  /// How many strikes; without it, the test is left out. Statements that differ in nothing but numbers (batches) come
  /// after all others have had their turn.
  private static let budget = ProcessInfo.processInfo.environment["DBTOOL_STRIKES"].flatMap(Int.init) ?? 0

  /// Directly and through the pooler, or one of them alone (`DBTOOL_STRIKES_VIA`: `server`, `pooler`).
  private static let ways = [false, true].filter { pooled in
    guard let way = ProcessInfo.processInfo.environment["DBTOOL_STRIKES_VIA"] else { return true }
    return (way == "pooler") == pooled
  }

  /// Which of the strikes: `2/5` is a fifth of them, the second. Strikes wait more than they work, so that several
  /// processes may share them.
  private static let share: (part: Int, of: Int) = {
    let parts = ProcessInfo.processInfo.environment["DBTOOL_STRIKES_PART"]?.split(separator: "/").compactMap { Int($0) }
    guard let parts, parts.count == 2, parts[1] > 0 else { return (1, 1) }
    return (parts[0], parts[1])
  }()

  typealias Fault = FaultInjectionTests.Fault

  private struct Point {
    var at: Int
    var isBefore: Bool
    var fault: Fault
  }

  @Test(
    .enabled(if: budget > 0 && FileManager.default.fileExists(atPath: FaultServer.poolerPath)),
    arguments: ways)
  func whereverItIsStruckItIsFinished(pooled: Bool) async throws {
    let migration = try await MixedMigration()
    let server = try await FaultServer()
    let project = try TestProject()
    do {
      try await migration.begin(project, server.url("base", pooled: false))
      try await server.execute(MixedMigration.rows(Self.rows), in: "base")
      if pooled { try await server.startPooler() }
      let relay = try server.relay(pooled: pooled)
      try await strike(relay, server, project, pooled: pooled)
      relay.close()
    } catch {
      await server.remove()
      project.remove()
      throw error
    }
    await server.remove()
    project.remove()
  }

  private func strike(_ relay: Relay, _ server: FaultServer, _ project: TestProject, pooled: Bool) async throws {
    // How many statements there are, when nothing happens.
    try await server.copyBase(to: "calm")
    relay.arm(nil)
    let calm = try apply(project, "calm", relay)
    try #require(await Task.detached { calm.finish() }.value.status == 0)
    let total = relay.outcome.count
    let ranks = relay.ranks
    // Behind a pooler a server process is nobody's in particular.
    let faults = Fault.allCases.filter { !pooled || $0 != .backend }
    let all = (1...total).flatMap { at in
      [true, false].flatMap { isBefore in faults.map { Point(at: at, isBefore: isBefore, fault: $0) } }
    }
    // One fault for each moment first, in turn, then the others; and not from the first statement to the last, so that a
    // few strikes are spread over the whole.
    let shuffled = { (at: Int) in at * 389 % 1009 }
    let points = all.enumerated().map { index, point in
      let turn = (index + point.at + (point.isBefore ? 1 : 0)) % faults.count
      return (rank: ranks[point.at - 1], turn: turn, point: point)
    }.sorted { ($0.rank, $0.turn, shuffled($0.point.at)) < ($1.rank, $1.turn, shuffled($1.point.at)) }.map(\.point)
      .prefix(Self.budget).filter { point in
        // By what it is, not by its place: how many batches there are differs from process to process.
        (point.at + (faults.firstIndex(of: point.fault) ?? 0)) % Self.share.of == Self.share.part - 1
      }
    print("\(ranks.count { $0 == 0 }) of \(total) statements are unlike those before them")
    var aftermath = Aftermath(server: server, project: project, rows: Self.rows)
    var (injected, survived) = (0, 0)
    var struck: Set<String> = []
    for (round, point) in points.enumerated() {
      let database = "struck_\(round)"
      try await server.copyBase(to: database)
      let writer = Writer()
      let writing = Task { await writer.run(server.target(database), rows: Self.rows) }
      let statement = try await strike(at: point, database, relay, server, project)
      // A run may have fewer statements than the calm one, and end before its strike.
      if point.fault == .server, statement != nil {
        try await server.recover()
        if pooled {
          server.killPooler()
          try await server.startPooler()
        }
      }
      var outcome = try await project.dbtool("apply", "--contract", "--database", server.url(database, pooled: pooled))
      // What the server still has going is waited for; a pooler may need a moment to find its server again.
      for _ in 0..<3 where outcome.status != 0 {
        try await server.answers(database, pooled: pooled)
        outcome = try await project.dbtool("apply", "--contract", "--database", server.url(database, pooled: pooled))
      }
      await writer.stop()
      await writing.value
      let name = "\(point.fault.rawValue) \(point.isBefore ? "before" : "during") \(statement ?? "nothing")"
      #expect(outcome.status == 0, "\(name):\n\(outcome.output)")
      if statement != nil {
        injected += 1
        struck.insert("\(point.at) \(point.isBefore)")
      }
      if outcome.status == 0, try await aftermath.check(database, writer, [name]), statement != nil { survived += 1 }
      if injected.isMultiple(of: 100) {
        print("\(round + 1) rounds, \(injected) faults injected, \(survived) survived")
      }
      try await server.execute("DROP DATABASE \(database) WITH (FORCE)", in: "postgres")
    }
    print(
      "\(pooled ? "pooled" : "direct"): \(total) statements, struck before and during: \(struck.count) of \(2 * total) "
        + "moments; faults injected: \(injected), survived: \(survived), rows checked: \(aftermath.checked)")
    #expect(survived == injected && injected > 0)
  }

  private func apply(_ project: TestProject, _ database: String, _ relay: Relay) throws -> ChildProcess.Running {
    try ChildProcess.start(
      project.binary,
      ["apply", "--contract", "--database", "host=\(relay.directory) port=5432 user=postgres dbname=\(database)"],
      environment: ["HOME": project.home, "NO_COLOR": "1"], in: project.root)
  }

  /// - Returns: the statement that was struck; nil when the run ended before.
  private func strike(
    at point: Point, _ database: String, _ relay: Relay, _ server: FaultServer, _ project: TestProject
  ) async throws -> String? {
    // The process is known only once it runs, and it may be quick.
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
    let running = try apply(project, database, relay)
    victim.set(running.pid)
    _ = await Task.detached { running.finish() }.value
    return relay.outcome.struck.map {
      $0.split(separator: "\n").filter { !$0.hasPrefix("--") }.first.map(String.init) ?? ""
    }
  }
}

/// The process that is to be killed, once it is known.
final class Victim: Sendable {
  private let pid = Atomic<Int32>(0)
  func set(_ new: Int32) { pid.store(new, ordering: .releasing) }
  func wait() -> Int32 {
    Waiting.blocking("the tool is started") {
      let known = pid.load(ordering: .acquiring)
      return known > 0 ? known : nil
    }
  }
}
