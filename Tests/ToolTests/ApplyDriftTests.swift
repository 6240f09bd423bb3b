import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// `apply` does not change what somebody else has changed.
@Suite(.serialized) struct ApplyDriftTests {
  private let start: KeyValuePairs = [
    "20260101000000_start": """
    CREATE TABLE a (id int PRIMARY KEY, n text, m int);
    CREATE INDEX a_m ON a (m);
    CREATE VIEW v AS SELECT id, n FROM a;
    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE TABLE b (id int);
    """
  ]

  /// A project, applied, with one migration more that is not.
  private func project(pending sql: String, named name: String = "20260102000000_next") async throws -> TestProject {
    let project = try TestProject(binary: try TestBinary.example())
    for (name, sql) in start { try project.write(sql, to: "migrations/\(name).sql") }
    try await lock(project)
    let apply = try await project.dbtool("apply")
    try #require(apply.status == 0, "\(apply.output)")
    try project.write(sql, to: "migrations/\(name).sql")
    try await lock(project)
    return project
  }

  private func lock(_ project: TestProject) async throws {
    let plan = try await project.dbtool("plan", "--update-lock")
    try #require(plan.status == 0, "\(plan.output)")
  }

  private func psql(_ project: TestProject, _ sql: String) async throws -> String {
    let outcome = try await project.dbtool("postgres", "psql", "--", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-Atc", sql)
    try #require(outcome.status == 0, "\(outcome.output)")
    return outcome.output.trimmedTrailing
  }

  @Test func whatMayBeLostIsSaid() async throws {
    let project = try await project(pending: "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2';")
    defer { project.remove() }
    _ = try await psql(project, "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 99'")
    let refused = try await project.dbtool("apply")
    #expect(refused.status == 3 && refused.output.contains("different function public.f()"), "\(refused.output)")
    #expect(
      refused.output.contains("--allow-drift") && refused.output.contains("nothing was applied"), "\(refused.output)")
    #expect(!refused.output.contains("applying"), "\(refused.output)")
    #expect(try await psql(project, "SELECT count(*) FROM dbtool.migrations") == "1")
    // What is waived is known.
    try project.write(
      #"{"object": "function public.f()", "owner": "anna", "reason": "Known.", "expires": "2999-01-31"}"# + "\n",
      to: "drift-waivers.jsonl")
    let waived = try await project.dbtool("apply")
    #expect(waived.status == 0, "\(waived.output)")
    #expect(try await psql(project, "SELECT f()") == "2")
    try FileManager.default.removeItem(atPath: project.root + "/drift-waivers.jsonl")
    try project.write(
      "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 3';", to: "migrations/20260103000000_more.sql"
    )
    try await lock(project)
    _ = try await psql(project, "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 99'")
    #expect(try await project.dbtool("apply").status == 3)
    let apply = try await project.dbtool("apply", "--allow-drift")
    #expect(apply.status == 0, "\(apply.output)")
    #expect(try await psql(project, "SELECT f()") == "3")
  }

  /// A lock says what its author wrote. Where migrations lead is kept for later runs only once they were run.
  @Test func aLockThatSaysSomethingElseIsRememberedByNobody() async throws {
    let project = try await project(pending: "CREATE TABLE c (id int);")
    defer { project.remove() }
    let path = project.root + "/schema.lock"
    let honest = try String(contentsOfFile: path, encoding: .utf8)
    try #require(honest.contains("column public a n"), "\(honest)")
    let evil = honest.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let isMeant = line.hasPrefix("column public a n ")
      return isMeant ? String(line).replacing("type=\"text\"", with: "type=\"integer\"") : String(line)
    }.joined(separator: "\n")
    try #require(evil != honest)
    try evil.write(toFile: path, atomically: true, encoding: .utf8)
    let elsewhere = try await project.dbtool("apply", "--allow-drift")
    #expect(elsewhere.status == 0, "\(elsewhere.output)")
    try honest.write(toFile: path, atomically: true, encoding: .utf8)
    try project.write("ALTER TABLE a ADD k int;", to: "migrations/20260103000000_more.sql")
    try await lock(project)
    let apply = try await project.dbtool("apply")
    #expect(apply.status == 0, "\(apply.output)")
  }

  /// Where this machine cannot tell, nothing is applied unless somebody says so.
  @Test func withoutAScratchServerNothingIsApplied() async throws {
    let project = try await project(pending: "ALTER TABLE a ALTER m TYPE bigint;")
    defer { project.remove() }
    let url = "postgres:///library?host=\(try await CommandTests().socket(project))&user=postgres"
    let apply = try await project.dbtool("apply", "--database", url, environment: ["PG_BIN": "/nonexistent"])
    #expect(apply.status == 1 && apply.output.contains("pass --allow-drift"), "\(apply.output)")
    let allowed = try await project.dbtool(
      "apply", "--database", url, "--allow-drift", environment: ["PG_BIN": "/nonexistent"])
    #expect(allowed.status == 0, "\(allowed.output)")
  }

  /// What was begun goes on, whatever its halves look like; what comes after it is looked at.
  @Test func whatWasBegunGoesOn() async throws {
    let next = """
      BEGIN;
      ALTER TABLE a ADD COLUMN x int;
      COMMIT;
      CREATE INDEX CONCURRENTLY a_x ON a (x);
      BEGIN;
      ALTER TABLE a ALTER x TYPE bigint;
      COMMIT;
      """
    let project = try await project(pending: next)
    defer { project.remove() }
    // Its second part has failed, which left what it had made.
    _ = try await psql(
      project,
      """
      CREATE FUNCTION stop() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not now''; END';
      CREATE EVENT TRIGGER stop ON ddl_command_start WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION stop();
      """)
    let failed = try await project.dbtool("apply")
    #expect(failed.status == 1 && failed.output.contains("not now"), "\(failed.output)")
    _ = try await psql(project, "DROP EVENT TRIGGER stop; DROP FUNCTION stop(); CREATE INDEX a_half ON a (x)")
    try project.write("DROP TABLE b;\n", to: "migrations/20260103000000_later.sql")
    try await lock(project)
    _ = try await psql(project, "ALTER TABLE b ADD COLUMN kept text")
    let refused = try await project.dbtool("apply")
    #expect(refused.status == 3 && refused.output.contains("extra column public.b.kept"), "\(refused.output)")
    #expect(!refused.output.contains("public.a"), "\(refused.output)")
    _ = try await psql(project, "ALTER TABLE b DROP COLUMN kept")
    let apply = try await project.dbtool("apply")
    #expect(apply.status == 0, "\(apply.output)")
    #expect(
      try await psql(project, "SELECT pg_typeof(x) FROM (SELECT (a).x FROM (SELECT NULL::a AS a) t) t") == "bigint")
  }

  @Test func aFirstApplyAndAResetLookForNothing() async throws {
    let project = try await project(pending: "DROP TABLE b;")
    defer { project.remove() }
    _ = try await psql(project, "ALTER TABLE b ADD COLUMN kept text")
    _ = try await psql(project, "CREATE DATABASE other")
    let url = "postgres:///other?host=\(try await CommandTests().socket(project))&user=postgres"
    try await Connection.with(try ConnectionTarget(url).unpinned) {
      _ = try await $0.execute("CREATE TABLE there (id int)")
    }
    #expect(try await project.dbtool("apply", "--database", url).status == 0)
    let reset = try await project.dbtool("reset")
    #expect(reset.status == 0, "\(reset.output)")
  }
}
