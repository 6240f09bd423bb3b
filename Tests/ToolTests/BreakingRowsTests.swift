import Postgres
import TestSupport
import Testing

/// A constraint that rows break: how many they are, and what finds them.
@Suite struct BreakingRowsTests {
  private func psql(_ project: TestProject, _ sql: String) async throws -> String {
    let outcome = try await project.dbtool("postgres", "psql", "--", "-X", "-v", "ON_ERROR_STOP=1", "-Atc", sql)
    try #require(outcome.status == 0, "\(outcome.output)")
    return outcome.output.trimmedTrailing
  }

  @Test(arguments: [
    ("ALTER TABLE \"T one\" VALIDATE CONSTRAINT labels;", "3 rows break it: SELECT * FROM "),
    ("BEGIN; ALTER TABLE \"T one\" VALIDATE CONSTRAINT labels; COMMIT;", "3 rows break it: SELECT * FROM "),
    ("ALTER TABLE \"T one\" ALTER COLUMN \"N\" SET NOT NULL;", "1 row breaks it: SELECT * FROM "),
    (
      "BEGIN; CREATE TABLE b (); ALTER TABLE \"T one\" ALTER \"N\" SET NOT NULL; COMMIT;",
      "1 row breaks it: SELECT * FROM "
    ),
  ])
  func theyAreCountedAndTheQueryIsRun(statement: String, words: String) async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    try project.write(
      """
      CREATE TYPE label AS ENUM ('open', 'done', 'lost');
      CREATE TABLE "T one" (id int, l label, "N" int);
      ALTER TABLE "T one" ADD CONSTRAINT labels CHECK (l <> 'lost') NOT VALID;

      """, to: "migrations/20260101000000_a.sql")
    try #require(try await project.dbtool("plan", "--update-lock").status == 0)
    let first = try await project.dbtool("apply")
    try #require(first.status == 0, "\(first.output)")
    _ = try await psql(
      project,
      """
      ALTER TABLE "T one" DROP CONSTRAINT labels;
      INSERT INTO "T one" VALUES (1, 'open', 1), (2, 'lost', 1), (3, 'lost', 1), (4, NULL, 1), (5, 'lost', NULL);
      ALTER TABLE "T one" ADD CONSTRAINT labels CHECK (l <> 'lost') NOT VALID;
      """)
    try project.write(statement + "\n", to: "migrations/20260102000000_b.sql")
    try #require(try await project.dbtool("plan", "--update-lock").status == 0)
    let apply = try await project.dbtool("apply")
    #expect(apply.status == 1 && apply.output.contains(words), "\(apply.output)")
    // What is printed finds them.
    let query = try #require(apply.output.firstRange(of: "SELECT * FROM ").map { apply.output[$0.lowerBound...] })
    let line = String(query.prefix { $0 != "\n" })
    #expect(try await psql(project, line).split(separator: "\n").count == (words.hasPrefix("3") ? 3 : 1), "\(line)")
    _ = try await psql(project, "UPDATE \"T one\" SET l = 'done', \"N\" = 1")
    #expect(try await project.dbtool("apply").status == 0)
  }

  /// A check that rows break is in the way of whoever changes such a row, and not left there.
  @Test(arguments: [
    "BEGIN; ALTER TABLE \"T one\" ADD CONSTRAINT k CHECK (n > 0) NOT VALID; COMMIT; BEGIN; ALTER TABLE \"T one\" VALIDATE CONSTRAINT k; COMMIT;",
    "ALTER TABLE public.\"T one\" ADD CONSTRAINT k CHECK (n > 0) NOT VALID; CREATE TABLE u (); ALTER TABLE public.\"T one\" VALIDATE CONSTRAINT k;",
  ])
  func aCheckThatRowsBreakIsTakenBack(sql: String) async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    try project.write(
      "CREATE TABLE \"T one\" (id int PRIMARY KEY, n int, note text);\n", to: "migrations/20260101000000_a.sql")
    try #require(try await project.dbtool("plan", "--update-lock").status == 0)
    let first = try await project.dbtool("apply")
    try #require(first.status == 0, "\(first.output)")
    _ = try await psql(project, "INSERT INTO \"T one\" VALUES (1, -1), (2, 2)")
    try project.write(sql + "\n", to: "migrations/20260102000000_b.sql")
    try #require(try await project.dbtool("plan", "--update-lock").status == 0)
    for _ in 0..<2 {
      let apply = try await project.dbtool("apply")
      #expect(
        apply.status == 1 && apply.output.contains("1 row breaks it") && apply.output.contains("taken away again"),
        "\(apply.output)")
      _ = try await psql(project, "UPDATE \"T one\" SET note = 'x' WHERE id = 1")
    }
    _ = try await psql(project, "UPDATE \"T one\" SET n = 1")
    let last = try await project.dbtool("apply")
    #expect(last.status == 0, "\(last.output)")
    #expect(try await psql(project, "SELECT convalidated FROM pg_constraint WHERE conname = 'k'") == "t")
    #expect(try await project.dbtool("drift").output.contains("constraint k") == false)
  }

  /// The same of a contract that `plan` writes: a label that rows still have.
  @Test func aContractThatRowsBreakLeavesThemToTheirClients() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    let schema = """
      CREATE TYPE label AS ENUM ('open', 'done', 'lost');
      CREATE TABLE t (id int PRIMARY KEY, l label NOT NULL, note text);

      """
    try project.write(schema, to: "before.sql")
    try project.write(schema.replacing(", 'lost'", with: ""), to: "after.sql")
    try project.write(schema, to: "migrations/20260101000000_a.sql")
    try #require(try await project.dbtool("plan", "--update-lock").status == 0)
    try #require(try await project.dbtool("apply").status == 0)
    _ = try await psql(
      project, "INSERT INTO t SELECT i, CASE WHEN i < 4 THEN 'lost' ELSE 'open' END::label FROM generate_series(1, 9) i"
    )
    let plan = try await project.dbtool(
      "diff", "--from", "before.sql", "--to", "after.sql", "--strategy", "online", "--format", "migration")
    try #require(plan.status == 0, "\(plan.output)")
    let lines = plan.output.split(separator: "\n", omittingEmptySubsequences: false)
    let contract = try #require(lines.firstIndex { $0.hasPrefix("-- dbtool:contract") }) - 2
    try project.write(lines[..<contract].joined(separator: "\n"), to: "migrations/20260102000000_b.sql")
    try project.write(lines[contract...].joined(separator: "\n"), to: "migrations/20260103000000_c.sql")
    try #require(try await project.dbtool("plan", "--update-lock").status == 0)
    let apply = try await project.dbtool("apply", "--contract")
    #expect(apply.status == 1 && apply.output.contains("3 rows break it"), "\(apply.output)")
    _ = try await psql(project, "UPDATE t SET note = 'x'; INSERT INTO t VALUES (10, 'lost')")
    _ = try await psql(project, "UPDATE t SET l = 'done' WHERE l = 'lost'")
    let last = try await project.dbtool("apply", "--contract")
    #expect(last.status == 0, "\(last.output)")
    #expect(try await psql(project, "SELECT string_agg(DISTINCT l::text, ' ') FROM t") == "done open")
  }
}
