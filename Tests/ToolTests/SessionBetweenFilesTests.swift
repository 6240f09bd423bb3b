import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// What a migration makes of its session ends with its file: files that are applied together do what they do one by one.
@Suite(.serialized) struct SessionBetweenFilesTests {
  /// What lasts for a session, all of it in one file, in a transaction and outside of one.
  private static let first = """
    BEGIN;
    CREATE SCHEMA app;
    CREATE ROLE session_role;
    GRANT ALL ON SCHEMA app, public TO session_role;
    CREATE SEQUENCE app.numbers;
    CREATE TABLE app.kept (id int);
    GRANT ALL ON app.kept TO session_role;
    SELECT nextval('app.numbers');
    SET search_path = app, public;
    SET work_mem = '7MB';
    SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE;
    PREPARE mine AS SELECT 1;
    DECLARE held CURSOR WITH HOLD FOR SELECT 1;
    CREATE TEMP TABLE kept (id int);
    LISTEN news;
    SELECT pg_advisory_lock(4711), set_config('my.setting', 'x', false), setseed(0.5);
    SET ROLE session_role;
    COMMIT;
    SET DateStyle = 'SQL, DMY';

    """

  /// What a file finds, and where it puts what it names without a schema. The settings that `apply` itself makes are no part.
  private static let second = """
    CREATE TABLE found AS
      SELECT current_setting('search_path') AS path, current_setting('work_mem') AS memory, current_user::text AS "user",
             session_user::text AS session, current_setting('role') AS role, current_setting('DateStyle') AS style,
             coalesce(current_setting('my.setting', true), '') AS own,
             current_setting('default_transaction_isolation') AS isolation,
             (SELECT count(*) FROM pg_prepared_statements) AS prepared, (SELECT count(*) FROM pg_cursors WHERE is_holdable) AS cursors,
             (SELECT count(*) FROM pg_listening_channels()) AS channels, to_regclass('pg_temp.kept')::text AS temporary,
             (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objid = 4711) AS locks;
    CREATE TABLE drawn AS SELECT random() AS number;
    CREATE FUNCTION public.last() RETURNS text LANGUAGE plpgsql AS
      $$ BEGIN RETURN lastval(); EXCEPTION WHEN OTHERS THEN RETURN 'none'; END $$;
    CREATE TABLE last AS SELECT public.last() AS number;

    """

  private func project() throws -> TestProject { try TestProject(binary: try TestBinary.example()) }

  private func psql(_ project: TestProject, _ sql: String) async throws -> String {
    let outcome = try await project.dbtool("postgres", "psql", "--", "-X", "-v", "ON_ERROR_STOP=1", "-Atc", sql)
    try #require(outcome.status == 0, "\(outcome.output)")
    return outcome.output.trimmedTrailing
  }

  private static let findings = """
    SELECT f.*, l.number, d.number = \(seeded) FROM public.found f, public.last l, public.drawn d
    """
  /// What the generator gives first after `setseed(0.5)`, by the server itself.
  private static let seeded = "(SELECT random() FROM (SELECT setseed(0.5)) s)"

  @Test(arguments: [false, true])
  func filesAppliedTogetherFindWhatTheyFindOneByOne(together: Bool) async throws {
    let project = try project()
    defer { project.remove() }
    let files = [("20260101000000_first.sql", Self.first), ("20260102000000_second.sql", Self.second)]
    for (name, text) in files {
      try project.write(text, to: "migrations/\(name)")
      if together, name != files.last?.0 { continue }
      let plan = try await project.dbtool("plan", "--update-lock")
      try #require(plan.status == 0, "\(plan.output)")
      let apply = try await project.dbtool("apply")
      try #require(apply.status == 0, "\(apply.output)")
    }
    #expect(
      try await psql(project, Self.findings)
        == "\"$user\", public|4MB|postgres|postgres|none|ISO, MDY||read committed|0|0|0||0|none|f")
    // The migrations mean in a database what they mean on the scratch server.
    let drift = try await project.dbtool("drift")
    #expect(drift.status == 0, "\(drift.output)")
    #expect(try project.read("schema.lock").contains("public"))
    _ = try await psql(project, "DROP OWNED BY session_role CASCADE; DROP ROLE session_role")
  }

  /// A folder of files, each as psql reads it.
  @Test func filesOfAFolderEachBeginTheSame() async throws {
    let project = try project()
    defer { project.remove() }
    try FileManager.default.createDirectory(atPath: project.root + "/state", withIntermediateDirectories: true)
    try project.write("CREATE SCHEMA app;\nSET search_path = app;\n", to: "state/1.sql")
    try project.write("CREATE TABLE t (id int);\n", to: "state/2.sql")
    let diff = try await project.dbtool("diff", "--from", "empty", "--to", "state", "--format", "sql")
    #expect(diff.output.contains("CREATE TABLE public.t"), "\(diff.output)")
  }
}
