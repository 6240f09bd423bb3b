import Postgres
import TestSupport
import Testing

/// What a migration renamed, its revert renames back: rows, values and positions stay.
@Suite struct RevertedRenameTests {
  private func psql(_ project: TestProject, _ sql: String) async throws -> String {
    let outcome = try await project.dbtool("postgres", "psql", "--", "-X", "-v", "ON_ERROR_STOP=1", "-Atc", sql)
    try #require(outcome.status == 0, "\(outcome.output)")
    return outcome.output.trimmedTrailing
  }

  private static let base = """
    CREATE SCHEMA other;
    CREATE TYPE label AS ENUM ('open', 'done');
    CREATE DOMAIN amount AS numeric;
    CREATE SEQUENCE numbers;
    CREATE TABLE "T one" (id serial PRIMARY KEY, note text NOT NULL, l label NOT NULL, a amount NOT NULL);
    CREATE VIEW v AS SELECT note FROM "T one";

    """

  @Test(arguments: [
    "ALTER TABLE \"T one\" RENAME COLUMN note TO remark;", "ALTER TABLE \"T one\" RENAME TO t2;",
    "ALTER TABLE \"T one\" RENAME TO between; ALTER TABLE between RENAME TO t2; ALTER TABLE t2 RENAME note TO remark;",
    "ALTER TYPE label RENAME TO state;", "ALTER TYPE label RENAME VALUE 'open' TO 'begun';",
    "ALTER DOMAIN amount RENAME TO price;", "ALTER SEQUENCE numbers RENAME TO counted;",
    "ALTER VIEW v RENAME TO v2;", "ALTER TABLE \"T one\" SET SCHEMA other;",
    "ALTER TABLE \"T one\" RENAME note TO remark; ALTER TABLE \"T one\" ADD COLUMN note2 text;",
  ])
  func theWayBackRenamesBack(change: String) async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    try project.write(Self.base, to: "migrations/20260101000000_a.sql")
    try #require(try await project.dbtool("plan", "--update-lock").status == 0)
    let first = try await project.dbtool("apply")
    try #require(first.status == 0, "\(first.output)")
    _ = try await psql(
      project,
      "INSERT INTO \"T one\" (note, l, a) VALUES ('x', 'open', 1), ('y', 'done', 2); SELECT nextval('numbers'), nextval('numbers')"
    )
    let state = """
      SELECT (SELECT string_agg(t::text, ' ' ORDER BY id) FROM "T one" t), (SELECT last_value FROM numbers),
             (SELECT count(*) FROM v), pg_get_serial_sequence('"T one"', 'id'), nextval('"T one_id_seq"') > 2
      """
    let before = try await psql(project, state)
    try project.write(change + "\n", to: "migrations/20260102000000_b.sql")
    let plan = try await project.dbtool("plan", "--update-lock")
    try #require(plan.status == 0, "\(plan.output)")
    try #require(try await project.dbtool("apply").status == 0)
    // Only a column that the migration added goes with its values.
    let lost = change.contains("ADD COLUMN") ? ["--allow", "data-loss"] : []
    let revert = try await project.dbtool(["revert", "--to", "20260101000000"] + lost)
    #expect(revert.status == 0, "\(revert.output)")
    let apply = try await project.dbtool("apply", "--contract")
    #expect(apply.status == 0, "\(apply.output)")
    #expect(try await psql(project, state) == before)
  }
}
