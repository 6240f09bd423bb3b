import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// A live database in which somebody may create objects, and may not do more: whatever dbtool, as a superuser, were made to run
/// there takes the bait.
struct LiveAttack: Sendable {
  let project: TestProject
  let url: String
  let target: ConnectionTarget
  let bait: Bait
  let mallory: String

  private static let server = Task { try await ScratchServer.acquire(universe: "red team, live", confined: false) }

  /// `evil.f(anything)`, which takes the bait where it is called with a superuser's rights.
  private static func trap(_ bait: Bait) -> String {
    """
    CREATE SCHEMA evil;
    GRANT USAGE ON SCHEMA evil TO PUBLIC;
    CREATE FUNCTION evil.act() RETURNS int LANGUAGE plpgsql AS $evil$
    BEGIN
      EXECUTE $c$COPY (SELECT current_user) TO PROGRAM 'cat >> \(bait.canary)'$c$;
      RETURN 1;
    EXCEPTION WHEN insufficient_privilege THEN RETURN 1;
    END $evil$;
    CREATE FUNCTION evil.f(anything text DEFAULT '') RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN evil.act(); END';
    """
  }

  /// - Parameter plan: whether the project plans and applies its own schema first.
  static func with(
    plan: Bool = true, _ body: @Sendable (LiveAttack) async throws -> Void
  ) async throws {
    let bait = try Bait()
    defer { bait.remove() }
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    let server = try await Self.server.value
    if plan {
      let planned = try await project.dbtool("plan", "--name", "first")
      try #require(planned.status == 0, "\(planned.output)")
    }
    try await server.withDatabase { database in
      let url = "postgres:///\(database.name)?host=\(server.directory)&user=\(ScratchServer.superuser)"
      let attack = LiveAttack(
        project: project, url: url, target: database.target, bait: bait, mallory: "mallory \(database.name)")
      if plan {
        let applied = try await project.dbtool("apply", "--database", url)
        try #require(applied.status == 0, "\(applied.output)")
      }
      try await attack.execute(
        """
        CREATE ROLE \(Quote.identifier(attack.mallory));
        GRANT CREATE ON DATABASE \(database.name) TO \(Quote.identifier(attack.mallory));
        """)
      try await attack.plant(trap(bait))
      // The trap works.
      try await attack.execute("SELECT evil.f()")
      try #require(bait.isTaken)
      attack.reset()
      try await body(attack)
      try await attack.execute("DROP OWNED BY \(Quote.identifier(attack.mallory)) CASCADE")
    }
  }

  /// Forgets what was caught.
  func reset() { try? FileManager.default.removeItem(atPath: bait.canary) }

  /// As the superuser.
  func execute(_ sql: String) async throws {
    try await Connection.with(target.unpinned) { connection in
      for statement in try Script.split(sql) { try await connection.execute(statement.sql) }
    }
  }

  /// As mallory.
  func plant(_ sql: String) async throws {
    try await Connection.with(target.unpinned) { connection in
      try await connection.execute("SET client_min_messages = error")
      try await connection.execute("SET ROLE \(Quote.identifier(mallory))")
      for statement in try Script.split(sql) { try await connection.execute(statement.sql) }
    }
    try #require(!bait.isTaken)
  }

  func ask(_ sql: String) async throws -> String {
    try await Connection.with(target.unpinned) { try await $0.query(sql).first?.optionalString(0) ?? "" }
  }

  /// Runs dbtool as the superuser, and judges.
  @discardableResult
  func run(
    _ attack: String, _ arguments: [String], environment: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> ChildProcess.Outcome {
    let outcome = try await project.dbtool(arguments, environment: environment)
    let shown = arguments.prefix { !$0.contains("://") && !$0.hasPrefix("/") }.joined(separator: " ")
    RedTeam.judge(
      "\(attack): dbtool \(shown)", gotThrough: bait.isTaken ? "it ran a program: \(outcome.output)" : nil,
      sourceLocation: sourceLocation)
    reset()
    // What did not even start proves nothing.
    #expect(outcome.status != 64, "\(arguments): \(outcome.output)", sourceLocation: sourceLocation)
    return outcome
  }

  /// Everything that reads.
  var readers: [[String]] {
    [
      ["dump", url], ["fingerprint", url], ["drift", "--database", url],
      ["docs", "--database", url, "--output", project.home + "/docs"],
      ["types", "--language", "typescript", "--output", project.home + "/t.ts", "--database", url],
      ["diff", "--from", url, "--to", "lock", "--format", "sql"], ["status", "--database", url],
      ["plan", "--database", url, "--out", project.home + "/plan.json"], ["apply", "--dry-run", "--database", url],
      ["partitions", "status", "--database", url],
    ]
  }
}
