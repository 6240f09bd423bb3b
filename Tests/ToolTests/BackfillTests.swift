import Postgres
import TestSupport
import Testing

/// A backfill does what its statement says, in batches, or says why it cannot.
@Suite struct BackfillTests {
  private static let tables = """
    BEGIN;
    CREATE TABLE acc (id bigint PRIMARY KEY, code text NOT NULL UNIQUE, n int,
      twice bigint GENERATED ALWAYS AS (id * 2) STORED NOT NULL UNIQUE);
    INSERT INTO acc (id, code, n) SELECT g * 10, 'a' || g, g % 3 FROM generate_series(1, 3000) g;
    CREATE TABLE bare (id bigint PRIMARY KEY, n int);
    INSERT INTO bare SELECT g * 10, g % 3 FROM generate_series(1, 3000) g;
    CREATE TABLE kin () INHERITS (bare);
    INSERT INTO kin VALUES (5, 1);
    CREATE TABLE target (id bigint PRIMARY KEY, n int);
    CREATE TABLE "always" (id bigint GENERATED ALWAYS AS IDENTITY, n int);
    COMMIT;

    """

  private func psql(_ project: TestProject, _ sql: String) async throws -> String {
    let outcome = try await project.dbtool("postgres", "psql", "--", "-X", "-v", "ON_ERROR_STOP=1", "-Atc", sql)
    try #require(outcome.status == 0, "\(outcome.output)")
    return outcome.output.trimmedTrailing
  }

  private func applied(_ statement: String) async throws -> (project: TestProject, outcome: ChildProcess.Outcome) {
    let project = try TestProject(binary: try TestBinary.example())
    try project.write(
      Self.tables + "-- dbtool:backfill\n\(statement);\n", to: "migrations/20260101000000_a.sql")
    let plan = try await project.dbtool("plan", "--update-lock")
    try #require(plan.status == 0, "\(plan.output)")
    return (project, try await project.dbtool("apply"))
  }

  /// The rows are cut by a key that stays as it is, whatever the statement does with the primary one.
  @Test func aKeyThatIsSetIsNotWhatItIsCutBy() async throws {
    let (project, outcome) = try await applied("UPDATE acc SET id = id + 15001")
    defer { project.remove() }
    try #require(outcome.status == 0, "\(outcome.output)")
    #expect(
      try await psql(project, "SELECT count(*), min(id), max(id), count(*) FILTER (WHERE id % 10 = 1) FROM acc")
        == "3000|15011|45001|3000")
  }

  @Test(arguments: [
    "UPDATE acc SET id = id + 15001, code = 'x' || code", "UPDATE acc SET (code, id) = (code || 'x', id + 1)",
    "UPDATE acc SET n = (SELECT max(a.n) + 1 FROM acc a)",
    "UPDATE acc SET n = 1 WHERE (n = (SELECT min(n) FROM public.acc))",
    "INSERT INTO target (id) SELECT DISTINCT n FROM bare ON CONFLICT DO NOTHING",
    "INSERT INTO target (id) SELECT n FROM bare GROUP BY n HAVING count(*) > 100000 ON CONFLICT DO NOTHING",
    "INSERT INTO target (id, n) SELECT id, n FROM bare ORDER BY id LIMIT 5 ON CONFLICT DO NOTHING",
    "INSERT INTO target (id, n) SELECT id, n FROM bare OFFSET 5 ON CONFLICT DO NOTHING",
    "INSERT INTO target (id) SELECT id FROM bare UNION SELECT 1 ON CONFLICT DO NOTHING",
    "INSERT INTO target (id) SELECT id FROM ONLY bare ON CONFLICT DO NOTHING",
    "INSERT INTO target (id, n) SELECT id, n FROM bare WHERE id < 30 ON CONFLICT (id) DO NOTHING",
    "INSERT INTO target (id) SELECT id FROM bare FOR UPDATE SKIP LOCKED ON CONFLICT DO NOTHING",
    "INSERT INTO \"always\" (n) OVERRIDING USER VALUE SELECT n FROM bare ON CONFLICT DO NOTHING",
    "INSERT INTO target (id) SELECT id FROM bare TABLESAMPLE SYSTEM (1) ON CONFLICT DO NOTHING",
  ])
  func whatBatchesWouldDoOtherwiseIsRefused(statement: String) async throws {
    let (project, outcome) = try await applied(statement)
    defer { project.remove() }
    #expect(outcome.status == 1 && outcome.output.contains("cannot be done in batches"), "\(outcome.output)")
    #expect(
      try await psql(
        project,
        "SELECT (SELECT sum(id) + sum(n) FROM acc), (SELECT count(*) FROM target), (SELECT count(*) FROM \"always\")")
        == "45018000|0|0")
  }
}
