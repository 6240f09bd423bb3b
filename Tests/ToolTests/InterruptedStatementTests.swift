import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// Statements outside of transactions in which an apply was interrupted, while somebody put something else in their place.
@Suite struct InterruptedStatementTests {
  private let version = "20260101000000"

  /// A project whose migration is one transaction and one more statement: applied, and then as if it had been interrupted in that.
  private func interrupted(_ first: String, _ last: String, then sql: String) async throws -> TestProject {
    let project = try TestProject(binary: try TestBinary.example())
    try project.write("BEGIN;\n\(first)\nCOMMIT;\n\(last)\n", to: "migrations/\(version)_a.sql")
    let plan = try await project.dbtool("plan", "--update-lock")
    try #require(plan.status == 0, "\(plan.output)")
    let apply = try await project.dbtool("apply")
    try #require(apply.status == 0, "\(apply.output)")
    _ = try await psql(
      project, "UPDATE dbtool.migrations SET segments_done = 1, attempted = 1, finished_at = NULL")
    _ = try await psql(project, sql)
    return project
  }

  private func psql(_ project: TestProject, _ sql: String) async throws -> String {
    let outcome = try await project.dbtool("postgres", "psql", "--", "-X", "-v", "ON_ERROR_STOP=1", "-Atc", sql)
    try #require(outcome.status == 0, "\(outcome.output)")
    return outcome.output.trimmedTrailing
  }

  private static let built = "CREATE UNIQUE INDEX CONCURRENTLY t_v_idx ON public . t (lower(v)) WHERE v <> '';"

  /// What has the index's name: what it is, and whether it is the statement's.
  private static let indexes: [(sql: String, isSame: Bool)] = [
    ("CREATE UNIQUE INDEX t_v_idx ON t USING btree (lower(v)) WHERE (v <> ''::text)", true),
    ("CREATE INDEX t_v_idx ON t (lower(v)) WHERE v <> ''", false),
    ("CREATE UNIQUE INDEX t_v_idx ON t (lower(v))", false),
    ("CREATE UNIQUE INDEX t_v_idx ON t (lower(v)) INCLUDE (w) WHERE v <> ''", false),
    ("CREATE UNIQUE INDEX t_v_idx ON t (lower(v) DESC) WHERE v <> ''", false),
    ("CREATE UNIQUE INDEX t_v_idx ON t (v)", false),
  ]

  @Test(arguments: indexes.indices)
  func anIndexCountsOnlyWhereItIsTheStatements(number: Int) async throws {
    let (sql, isSame) = Self.indexes[number]
    let project = try await interrupted(
      "CREATE TABLE t (v text, w int);", Self.built, then: "DROP INDEX t_v_idx; \(sql)")
    defer { project.remove() }
    let apply = try await project.dbtool("apply")
    #expect(apply.status == (isSame ? 0 : 1), "\(apply.output)")
    if !isSame {
      #expect(
        apply.output.contains("\(version)_a.sql, line 4: index public.t_v_idx is there and is not what"),
        "\(apply.output)")
      // It is nobody's to drop, and says so until it is gone.
      _ = try await psql(project, "DROP INDEX t_v_idx")
      #expect(try await project.dbtool("apply").status == 0)
    }
    #expect(
      try await psql(project, "SELECT pg_get_indexdef('t_v_idx'::regclass)")
        == "CREATE UNIQUE INDEX t_v_idx ON public.t USING btree (lower(v)) WHERE (v <> ''::text)")
    #expect(try await project.dbtool("drift").output.contains("t_v_idx") == false)
  }

  private static let partitioned = """
    CREATE TABLE log (id int NOT NULL, x int) PARTITION BY LIST (id);
    CREATE TABLE log_1 PARTITION OF log FOR VALUES IN (1);
    CREATE TABLE log_2 PARTITION OF log FOR VALUES IN (2);
    CREATE TABLE other (x int PRIMARY KEY, y int);
    """

  /// What has the name of an index of a partitioned table.
  @Test(arguments: [
    "CREATE INDEX log_x_idx ON other (x)", "CREATE INDEX log_x_idx ON ONLY log (id)",
    "CREATE VIEW log_x_idx AS SELECT 1",
  ])
  func aPartitionedIndexCountsOnlyWhereItIsTheStatements(sql: String) async throws {
    let project = try await interrupted(
      Self.partitioned, "-- dbtool:per-partition\nCREATE INDEX log_x_idx ON public.log (x);",
      then: "DROP INDEX log_x_idx; \(sql)")
    defer { project.remove() }
    let apply = try await project.dbtool("apply")
    #expect(apply.status == 1 && apply.output.contains("public.log_x_idx is to be made, but"), "\(apply.output)")
    _ = try await psql(project, sql.contains("VIEW") ? "DROP VIEW log_x_idx" : "DROP INDEX log_x_idx")
    let again = try await project.dbtool("apply")
    #expect(again.status == 0, "\(again.output)")
    #expect(
      try await psql(
        project,
        "SELECT count(*), bool_and(indisvalid) FROM pg_index WHERE indexrelid IN (SELECT relid FROM pg_partition_tree('log_x_idx'))"
      ) == "3|t")
  }

  @Test(arguments: [
    ("CHECK (x > 0)", false), ("FOREIGN KEY (x) REFERENCES other ON DELETE CASCADE", false),
    ("FOREIGN KEY (id) REFERENCES other", false), ("FOREIGN KEY (x) REFERENCES other (x) DEFERRABLE", false),
    ("FOREIGN KEY (x) REFERENCES other (x)", true),
  ])
  func aForeignKeyCountsOnlyWhereItIsTheStatements(constraint: String, isSame: Bool) async throws {
    let project = try await interrupted(
      Self.partitioned,
      "-- dbtool:per-partition\nALTER TABLE public.log ADD CONSTRAINT log_x_fk FOREIGN KEY (x) REFERENCES public.other;",
      then: "ALTER TABLE log DROP CONSTRAINT log_x_fk; ALTER TABLE log ADD CONSTRAINT log_x_fk \(constraint)")
    defer { project.remove() }
    let apply = try await project.dbtool("apply")
    #expect(apply.status == (isSame ? 0 : 1), "\(apply.output)")
    if !isSame {
      #expect(apply.output.contains("constraint log_x_fk is to be made on public.log, which has another one"))
    }
  }

  @Test func aPartitionUnderAnotherNameIsNoDetachedOne() async throws {
    let project = try await interrupted(
      Self.partitioned, "ALTER TABLE public.log DETACH PARTITION public.log_1 CONCURRENTLY;",
      then: "ALTER TABLE log_1 RENAME TO log_one; ALTER TABLE log ATTACH PARTITION log_one FOR VALUES IN (1)")
    defer { project.remove() }
    let apply = try await project.dbtool("apply")
    #expect(apply.status == 1 && apply.output.contains("nothing tells whether it was carried out"), "\(apply.output)")
    _ = try await psql(project, "ALTER TABLE log_one RENAME TO log_1")
    let again = try await project.dbtool("apply")
    #expect(again.status == 0, "\(again.output)")
    #expect(try await psql(project, "SELECT count(*) FROM pg_inherits WHERE inhrelid = 'log_1'::regclass") == "0")
  }

  /// As one that was killed leaves them: PostgreSQL's own are not to be had on demand.
  @Test func whatAnInterruptedReindexLeftIsDropped() async throws {
    let project = try await interrupted(
      "CREATE TABLE t (v int); CREATE INDEX t_v ON t (v);", "REINDEX INDEX CONCURRENTLY public.t_v;",
      then: """
        CREATE INDEX t_v_ccnew ON t (v); CREATE INDEX t_v_ccold1 ON t (v); CREATE INDEX mine_ccnew ON t (v);
        CREATE TABLE u (v int); CREATE INDEX u_v_ccnew ON u (v);
        UPDATE pg_index SET indisvalid = false
         WHERE indexrelid IN ('t_v_ccnew'::regclass, 't_v_ccold1'::regclass, 'u_v_ccnew'::regclass)
        """)
    defer { project.remove() }
    let apply = try await project.dbtool("apply")
    #expect(apply.status == 0, "\(apply.output)")
    // A valid one, and that of another table, are not its remains.
    #expect(
      try await psql(
        project, "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relname ~ '_cc(new|old)'")
        == "mine_ccnew u_v_ccnew")
  }

  @Test func aBackfillThatIsForgottenBeginsAnew() async throws {
    let project = try await interrupted(
      "CREATE TABLE t (id int PRIMARY KEY, w int); INSERT INTO t SELECT generate_series(1, 300);",
      "-- dbtool:backfill\nUPDATE public.t SET w = 1 WHERE (w IS NULL);",
      then: "SELECT 1")
    defer { project.remove() }
    #expect(try await psql(project, "SELECT count(*) FROM dbtool.backfills") == "0")
    // As if an older dbtool had kept where it was.
    _ = try await psql(
      project,
      """
      INSERT INTO dbtool.backfills (version, segment, position, rows) VALUES ('\(version)', 1, '{300}', 300);
      UPDATE dbtool.migrations SET attempted = NULL; UPDATE t SET w = NULL
      """)
    let apply = try await project.dbtool("apply")
    #expect(apply.status == 0, "\(apply.output)")
    #expect(try await psql(project, "SELECT count(*) FROM t WHERE w IS NULL") == "0")
  }

  @Test(arguments: ["-1", "2", "9"])
  func aHistoryThatDoesNotFitIsRefused(done: String) async throws {
    let project = try await interrupted(
      "CREATE TABLE t (v int);", "CREATE INDEX CONCURRENTLY t_v ON t (v);", then: "SELECT 1")
    defer { project.remove() }
    _ = try await psql(project, "UPDATE dbtool.migrations SET segments_done = \(done)")
    let apply = try await project.dbtool("apply")
    #expect(
      apply.status == 1
        && apply.output.contains("says that \(done) of 2 parts of migrations/\(version)_a.sql are done"),
      "\(apply.output)")
  }
}
