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
}
