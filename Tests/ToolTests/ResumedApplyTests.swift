import Postgres
import TestSupport
import Testing

/// An apply that goes on where another was killed is in a session that knows nothing of that one's.
@Suite struct ResumedApplyTests {
  private func psql(_ project: TestProject, _ sql: String) async throws -> String {
    let outcome = try await project.dbtool("postgres", "psql", "--", "-X", "-v", "ON_ERROR_STOP=1", "-Atc", sql)
    try #require(outcome.status == 0, "\(outcome.output)")
    return outcome.output.trimmedTrailing
  }

  /// A migration of which the first part was applied; what the others make is taken away again.
  private func killed(after first: String, _ second: String, undone: String) async throws -> TestProject {
    let project = try TestProject(binary: try TestBinary.example())
    try project.write("BEGIN;\n\(first)\nCOMMIT;\nBEGIN;\n\(second)\nCOMMIT;\n", to: "migrations/20260101000000_a.sql")
    let plan = try await project.dbtool("plan", "--update-lock")
    try #require(plan.status == 0, "\(plan.output)")
    let apply = try await project.dbtool("apply")
    try #require(apply.status == 0, "\(apply.output)")
    _ = try await psql(project, "UPDATE dbtool.migrations SET segments_done = 1, attempted = NULL, finished_at = NULL")
    _ = try await psql(project, undone)
    return project
  }

  @Test(arguments: [
    "SET search_path = s3, public;", "SET SESSION search_path TO 's3';",
    "SELECT pg_catalog.set_config('search_path', 's3', false);",
    "SELECT set_config('search_path', 'public', false), pg_catalog.set_config('search_path', 's3', false);",
    "SET search_path = public; SET search_path = s3;", "SET LOCAL search_path = public; SET search_path = s3;",
    "SET search_path = s3; SET LOCAL search_path = public;",
  ])
  func whatWasSetIsSetAgain(setting: String) async throws {
    let project = try await killed(
      after: "CREATE SCHEMA s3; \(setting)", "CREATE TABLE x (id int);", undone: "DROP TABLE s3.x")
    defer { project.remove() }
    let apply = try await project.dbtool("apply")
    #expect(apply.status == 0, "\(apply.output)")
    #expect(try await psql(project, "SELECT relnamespace::regnamespace FROM pg_class WHERE relname = 'x'") == "s3")
  }

  @Test func aRoleIsTakenAgain() async throws {
    let project = try await killed(
      after: "CREATE ROLE resumed_role; GRANT ALL ON SCHEMA public TO resumed_role; SET ROLE resumed_role;",
      "CREATE TABLE x (id int);", undone: "DROP TABLE x")
    defer { project.remove() }
    let apply = try await project.dbtool("apply")
    #expect(apply.status == 0, "\(apply.output)")
    #expect(try await psql(project, "SELECT relowner::regrole FROM pg_class WHERE relname = 'x'") == "resumed_role")
  }

  /// Without its temporary table, the rest would find another of that name.
  @Test(arguments: [
    "CREATE TEMP TABLE ids AS SELECT 1 AS id;", "CREATE TEMP TABLE ids (id int); INSERT INTO ids VALUES (1);",
    "PREPARE ids AS SELECT 1;",
    "CREATE TABLE seen AS SELECT set_config('search_path', 's3', false) AS path;",
  ])
  func whatCannotBeHadAgainIsSaid(statement: String) async throws {
    let project = try await killed(
      after: "CREATE TABLE public.ids (id int); INSERT INTO public.ids VALUES (2); \(statement)",
      "CREATE TABLE public.x (id int);", undone: "DROP TABLE public.x")
    defer { project.remove() }
    let apply = try await project.dbtool("apply")
    #expect(
      apply.status == 1 && apply.output.contains("an earlier apply ended after part 1")
        && apply.output.contains("dbtool repair --applied 20260101000000"), "\(apply.output)")
    #expect(try await psql(project, "SELECT to_regclass('public.x') IS NULL") == "t")
    // The way that it names.
    _ = try await psql(project, "CREATE TABLE public.x (id int)")
    let repair = try await project.dbtool("repair", "--applied", "20260101000000")
    #expect(repair.status == 0, "\(repair.output)")
    let again = try await project.dbtool("apply")
    #expect(again.status == 0 && again.output.contains("up to date"), "\(again.output)")
  }

  /// A block that commits within is not tried again by itself: its first half would be done twice.
  @Test func aBlockThatCommitsIsCarriedOutOnce() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    try project.write(
      "CREATE TABLE bal (n int); INSERT INTO bal VALUES (100); CREATE TABLE other (id int);\n",
      to: "migrations/20260101000000_a.sql")
    try #require(try await project.dbtool("plan", "--update-lock").status == 0)
    let first = try await project.dbtool("apply")
    try #require(first.status == 0, "\(first.output)")
    try project.write(
      """
      SET lock_timeout = '100ms';
      DO $$ BEGIN UPDATE bal SET n = n - 10; COMMIT; LOCK TABLE other; INSERT INTO other VALUES (1); END $$;

      """, to: "migrations/20260102000000_b.sql")
    try #require(try await project.dbtool("plan", "--update-lock").status == 0)
    let holder = try await Connection.open(
      ConnectionTarget(
        socketDirectory: try await CommandTests().socket(project), user: "postgres", database: "library"))
    try await holder.execute("BEGIN; LOCK TABLE other IN ACCESS SHARE MODE")
    let apply = try await project.dbtool("apply")
    #expect(apply.status == 1 && apply.output.contains("lock timeout"), "\(apply.output)")
    await holder.close()
    #expect(try await psql(project, "SELECT n FROM bal") == "90")
    // Nobody can tell how far it went.
    let next = try await project.dbtool("apply")
    #expect(next.status == 1 && next.output.contains("--skip-interrupted"), "\(next.output)")
    #expect(try await psql(project, "SELECT n FROM bal") == "90")
  }
}
