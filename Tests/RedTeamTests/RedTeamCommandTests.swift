import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// The program itself, run on what an attacker has left in a database or a file.
@Suite(.serialized) struct RedTeamCommandTests {
  /// A live server: nothing confines it, so whatever dbtool were made to run there as a superuser would get through too.
  private static let live = Task { try await ScratchServer.acquire(universe: "red team, live", confined: false) }

  /// What a role makes that may merely create objects in a database that others import or compare.
  private static func plant(_ bait: Bait) -> String {
    """
    CREATE SCHEMA ev;
    CREATE TABLE ev.loot (t text);
    CREATE FUNCTION ev.act() RETURNS int LANGUAGE plpgsql AS $evil$
    BEGIN
      EXECUTE $c$COPY (SELECT 1) TO PROGRAM 'cat > \(bait.canary)'$c$;
      RETURN 1;
    EXCEPTION WHEN insufficient_privilege OR external_routine_exception THEN RETURN 1;
    END $evil$;
    CREATE FUNCTION ev.f(anything text DEFAULT '') RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN ev.act(); END';
    CREATE MATERIALIZED VIEW ev.mv AS SELECT ev.f() AS n;
    CREATE DOMAIN ev.word AS text CHECK (ev.f(VALUE) = 1);
    CREATE TABLE ev.t (
      id int PRIMARY KEY, a text DEFAULT 'x' || ev.f(), b int GENERATED ALWAYS AS (ev.f(a)) STORED, c ev.word,
      CHECK (ev.f(a) = 1));
    CREATE INDEX t_f ON ev.t (ev.f(a)) WHERE ev.f(a) = 1;
    CREATE STATISTICS ev.st ON ev.f(a), a FROM ev.t;
    CREATE TABLE ev.p (a text) PARTITION BY LIST (ev.f(a));
    CREATE TABLE ev.p1 PARTITION OF ev.p FOR VALUES IN (1);
    CREATE FUNCTION ev.fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM ev.f(); RETURN NEW; END';
    CREATE TRIGGER fire BEFORE INSERT ON ev.t FOR EACH ROW EXECUTE FUNCTION ev.fire();
    CREATE TYPE ev.pair AS (a int, b int);
    CREATE FUNCTION ev.to_pair(text) RETURNS ev.pair LANGUAGE plpgsql AS 'BEGIN PERFORM ev.f(); RETURN NULL; END';
    CREATE CAST (text AS ev.pair) WITH FUNCTION ev.to_pair(text) AS ASSIGNMENT;
    CREATE FUNCTION ev.diff(int, int) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM ev.f(); RETURN 0; END';
    CREATE TYPE ev.span AS RANGE (SUBTYPE = int, SUBTYPE_DIFF = ev.diff);
    ALTER TABLE ev.t ENABLE ROW LEVEL SECURITY;
    CREATE POLICY p ON ev.t USING (ev.f(a) = 1);
    CREATE VIEW ev.v AS SELECT ev.f() AS n;
    CREATE RULE r AS ON INSERT TO ev.p DO ALSO SELECT ev.f();
    """
  }

  private func withProject(
    _ body: @Sendable (TestProject, _ url: String, Bait) async throws -> Void
  ) async throws {
    let bait = try Bait()
    defer { bait.remove() }
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    let planned = try await project.dbtool("plan", "--name", "first")
    try #require(planned.status == 0, "\(planned.output)")
    let server = try await Self.live.value
    try await server.withDatabase { database in
      let url = "postgres:///\(database.name)?host=\(server.directory)&user=\(ScratchServer.superuser)"
      let applied = try await project.dbtool("apply", "--database", url)
      try #require(applied.status == 0, "\(applied.output)")
      try await Connection.with(database.target) { connection in
        try await connection.execute("CREATE ROLE \(Quote.identifier("mallory \(database.name)"))")
        try await connection.execute(
          "GRANT CREATE ON DATABASE \(database.name) TO \(Quote.identifier("mallory \(database.name)"))")
        try await connection.execute("SET ROLE \(Quote.identifier("mallory \(database.name)"))")
        for statement in try Script.split(Self.plant(bait)) { try await connection.execute(statement.sql) }
      }
      #expect(!bait.isTaken)
      try await body(project, url, bait)
    }
  }

  private static func commands(_ url: String, _ project: TestProject) -> [[String]] {
    [
      ["drift", "--database", url], ["drift", "--fix", "--database", url], ["drift", "--accept", "--database", url],
      ["import", url, "--into", "Sources/Imported", "--no-mark", "--project", project.home + "/empty"],
      ["diff", "--from", "empty", "--to", url, "--prove"], ["diff", "--from", url, "--to", "lock", "--format", "sql"],
      ["diff", "--from", "lock", "--to", url, "--strategy", "online", "--prove"],
      ["dump", url], ["fingerprint", url],
      ["types", "--language", "typescript", "--output", project.home + "/t.ts", "--database", url],
      ["status", "--database", url], ["plan", "--database", url, "--out", project.home + "/plan.json"],
      ["apply", "--database", url], ["partitions", "status", "--database", url],
    ]
  }

  @Test(arguments: [[:], ["DBTOOL_CONFINEMENT": "off"]])
  func whatIsReadDoesNotRun(environment: [String: String]) async throws {
    try await withProject { project, url, bait in
      for command in Self.commands(url, project) {
        try? FileManager.default.removeItem(atPath: project.home + "/empty")
        try FileManager.default.createDirectory(
          atPath: project.home + "/empty/migrations", withIntermediateDirectories: true)
        let loads = !["status", "plan", "apply", "partitions"].contains(command[0])
        let vouched = environment.isEmpty || !loads ? [] : ["--trust-source"]
        let outcome = try await project.dbtool(command + vouched, environment: environment)
        let shown = command.prefix { !$0.contains("://") && !$0.hasPrefix("/") }.joined(separator: " ")
        RedTeam.judge(
          "dbtool \(shown) of a hostile database\(environment.isEmpty ? "" : ", unconfined")",
          gotThrough: bait.isTaken ? "it ran a program: \(outcome.output)" : nil)
        // What did not even start proves nothing.
        #expect(outcome.status != 64, "\(command): \(outcome.output)")
      }
    }
  }

  @Test func whatCannotBeConfinedIsRefusedUnlessVouchedFor() async throws {
    try await withProject { project, url, _ in
      for command in [["diff", "--from", "empty", "--to", url, "--prove"], ["drift", "--fix", "--database", url]] {
        let refused = try await project.dbtool(command, environment: ["DBTOOL_CONFINEMENT": "off"])
        #expect(refused.status == 1 && refused.output.contains("--trust-source"), "\(refused.output)")
      }
      // The project's own declarations are loaded all the same, and it is said once.
      let own = try await project.dbtool("plan", "--check", environment: ["DBTOOL_CONFINEMENT": "off"])
      #expect(own.status == 0 && own.output.ranges(of: "cannot confine").count == 1, "\(own.output)")
    }
  }

  /// A file that is judged: the attack is refused with its line, and changes nothing.
  @Test(arguments: ScratchAttack.all)
  func aLintedFileLeavesNothing(attack: ScratchAttack) async throws {
    let bait = try Bait()
    defer { bait.remove() }
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    let sql = attack.statements.map { statement in
      statement.replacing("{canary}", with: bait.canary).replacing("{secret}", with: bait.secretFile)
        .replacing("{folder}", with: bait.folder.path).replacing("{socket}", with: "/tmp")
        .replacing("{library}", with: "/nonexistent.so")
    }
    // One at a time: the first that is refused ends a file.
    for statement in sql.suffix(2) {
      try project.write("CREATE TABLE public.loot (t text);\n\(sql[0]);\n\(statement);\n", to: "evil.sql")
      let outcome = try await project.dbtool("lint", "evil.sql")
      let isRead = outcome.output.contains(bait.secret)
      RedTeam.judge(
        "dbtool lint of \(attack.name)",
        gotThrough: bait.isTaken ? "it wrote outside of the server" : isRead ? "it told a secret" : nil)
      #expect([0, 1, 2].contains(outcome.status), "\(outcome.output)")
    }
  }

  /// Roles, settings and databases that a linted file makes are gone for the next run, of the same file too.
  @Test(arguments: [
    "CREATE ROLE left_behind LOGIN SUPERUSER", "ALTER ROLE CURRENT_USER SET search_path = 'evil'",
    "ALTER ROLE SESSION_USER SET search_path = 'evil'", "ALTER ROLE dbtool SET search_path = 'evil'",
    "ALTER ROLE ALL SET search_path = 'evil'", "ALTER SYSTEM SET work_mem = '1GB'",
    "ALTER DATABASE postgres SET search_path = 'evil'", "CREATE DATABASE left_behind",
    "DO $$ BEGIN EXECUTE 'CREATE ROLE left_behind'; END $$",
    "CREATE FUNCTION public.f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'CREATE ROLE left_behind'; END $$; SELECT public.f()",
    "PREPARE TRANSACTION 'left behind'", "SELECT pg_create_logical_replication_slot('left_behind', 'pgoutput')",
    "DO $$ DECLARE r text; BEGIN FOR r IN SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' LOOP BEGIN EXECUTE format('ALTER ROLE %I SET search_path TO evil', r); EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END $$",
  ])
  func lintLeavesNoTrace(statement: String) async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    try project.write(statement + ";\n", to: "evil.sql")
    try project.write(
      "CREATE TABLE public.good (a int);\nCREATE ROLE left_behind;\nDROP ROLE left_behind;\n", to: "good.sql")
    let first = try await project.dbtool("lint", "evil.sql")
    let second = try await project.dbtool("lint", "evil.sql")
    let good = try await project.dbtool("lint", "good.sql")
    RedTeam.judge(
      "a trace of \(statement)",
      gotThrough: first.status == second.status && first.output == second.output && [0, 2].contains(good.status)
        ? nil : "\(first.output)\nthen \(second.output)\nthen \(good.output)")
  }
}
