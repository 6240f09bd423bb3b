import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// A command keeps others away by a lock in a session of its own. What leads to one server for that session may lead to another for
/// the one that works: a name with several addresses, a fail-over, a balancer.
@Suite(.serialized) struct LockServerTests {
  private func psql(_ project: TestProject, _ sql: String) async throws -> String {
    let outcome = try await project.dbtool("postgres", "psql", "--", "-X", "-v", "ON_ERROR_STOP=1", "-Atc", sql)
    try #require(outcome.status == 0, "\(outcome.output)")
    return outcome.output.trimmedTrailing
  }

  private func applied() async throws -> TestProject {
    let project = try TestProject(binary: try TestBinary.example())
    try project.write("CREATE TABLE a (id int);\n", to: "migrations/20260101000000_a.sql")
    let plan = try await project.dbtool("plan", "--update-lock")
    try #require(plan.status == 0, "\(plan.output)")
    let apply = try await project.dbtool("apply", "--environment", "development")
    try #require(apply.status == 0, "\(apply.output)")
    return project
  }

  @Test(arguments: [["apply"], ["mark", "--from", "development", "--to", "test"], ["seed"]])
  func nothingIsDoneWhereTheLockIsNot(command: [String]) async throws {
    let here = try await applied()
    defer { here.remove() }
    let elsewhere = try await applied()
    defer { elsewhere.remove() }
    let (place, other) = (try await CommandTests().socket(here), try await CommandTests().socket(elsewhere))
    try here.write("CREATE TABLE b (id int);\n", to: "migrations/20260102000000_b.sql")
    let plan = try await here.dbtool("plan", "--update-lock")
    try #require(plan.status == 0, "\(plan.output)")
    try FileManager.default.createDirectory(
      atPath: here.root + "/seeds/development", withIntermediateDirectories: true)
    try here.write("INSERT INTO a VALUES (1);\n", to: "seeds/development/a.sql")

    func run(_ count: Int) async throws -> (connections: Int, outcome: ChildProcess.Outcome) {
      let proxy = try SwitchingProxy(in: here.home + "/proxy", to: place, for: count, then: other)
      defer { proxy.close() }
      let outcome = try await here.dbtool(
        command + ["--database", "host=\(here.home)/proxy user=postgres dbname=library"])
      return (proxy.connections, outcome)
    }

    let state = """
      SELECT (SELECT value FROM dbtool.settings WHERE key = 'environment'), (SELECT count(*) FROM dbtool.migrations),
             (SELECT count(*) FROM a), to_regclass('b')
      """
    var noticed = 0
    // From the last connection on down: what is done before the first, with one server alone, is right.
    let whole = try await run(.max)
    try #require(whole.outcome.status == 0 && whole.connections > 1, "\(whole.outcome.output)")
    for count in (1..<whole.connections).reversed() {
      let before = try await psql(elsewhere, state)
      let (_, outcome) = try await run(count)
      guard outcome.output.contains("one session is on another server") else { continue }
      noticed += 1
      #expect(outcome.status == 1, "\(outcome.output)")
      let after = try await psql(elsewhere, state)
      RedTeam.judge(
        "\(command[0]), on another server from connection \(count + 1) on",
        gotThrough: after == before ? nil : "\(before) became \(after): \(outcome.output)")
    }
    #expect(noticed > 0)
  }
}
