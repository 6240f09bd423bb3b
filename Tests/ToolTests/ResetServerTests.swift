import Postgres
import TestSupport
import Testing

/// What leads to one server when `reset` looks may lead to another when it drops: a list of hosts, a name with several addresses,
/// a fail-over.
@Suite(.serialized) struct ResetServerTests {
  private func psql(_ project: TestProject, _ sql: String) async throws -> String {
    let outcome = try await project.dbtool("postgres", "psql", "--", "-X", "-v", "ON_ERROR_STOP=1", "-Atc", sql)
    try #require(outcome.status == 0, "\(outcome.output)")
    return outcome.output.trimmedTrailing
  }

  private func applied(as environment: String) async throws -> TestProject {
    let project = try TestProject(binary: try TestBinary.example())
    try project.write(
      "CREATE TABLE a (id int);\nINSERT INTO a VALUES (1), (2);\n", to: "migrations/20260101000000_a.sql")
    let plan = try await project.dbtool("plan", "--update-lock")
    try #require(plan.status == 0, "\(plan.output)")
    let apply = try await project.dbtool("apply", "--environment", environment)
    try #require(apply.status == 0, "\(apply.output)")
    return project
  }

  /// What nobody may change.
  private static let state = """
    SELECT (SELECT oid FROM pg_database WHERE datname = current_database()), (SELECT string_agg(id::text, ' ' ORDER BY id) FROM a),
           (SELECT value FROM dbtool.settings WHERE key = 'environment'), (SELECT count(*) FROM dbtool.migrations)
    """

  @Test(arguments: [true, false])
  func resetDropsNothingButWhatItHasLookedAt(leadsElsewhere: Bool) async throws {
    let looked = try await applied(as: "development")
    defer { looked.remove() }
    let other = try await applied(as: "production")
    defer { other.remove() }
    _ = try await psql(other, "INSERT INTO a VALUES (3)")
    let before = try await psql(other, Self.state)
    let (place, elsewhere) = (try await CommandTests().socket(looked), try await CommandTests().socket(other))
    let hosts = looked.home + "/proxy" + (leadsElsewhere ? "" : ",\(elsewhere)")

    /// Resets through the proxy, which leads the first connections to one server.
    func reset(_ count: Int) async throws -> (connections: Int, outcome: ChildProcess.Outcome) {
      let proxy = try SwitchingProxy(
        in: looked.home + "/proxy", to: place, for: count, then: leadsElsewhere ? elsewhere : nil)
      defer { proxy.close() }
      let outcome = try await looked.dbtool("reset", "--database", "host=\(hosts) user=postgres dbname=library")
      return (proxy.connections, outcome)
    }

    let whole = try await reset(.max)
    try #require(whole.outcome.status == 0, "\(whole.outcome.output)")
    var stopped = 0
    for count in 0..<whole.connections {
      let (_, outcome) = try await reset(count)
      if outcome.output.contains("another server, or another database of the name library") { stopped += 1 }
      let after = try await psql(other, Self.state)
      RedTeam.judge(
        "reset, on another server from connection \(count + 1) on\(leadsElsewhere ? "" : ", several hosts")",
        gotThrough: after == before ? nil : "\(before) became \(after): \(outcome.output)")
      guard after == before else { return }
      // What it has looked at may be gone half-way.
      let mended = try await looked.dbtool("reset", "--environment", "development", "--drop-database", "library")
      try #require(mended.status == 0, "\(mended.output)")
    }
    // Between the first look and the drop.
    #expect(!leadsElsewhere || stopped > 1, "\(stopped)")
  }
}
