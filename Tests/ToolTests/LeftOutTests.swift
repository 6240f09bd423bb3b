import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// What a scratch server does not carry out, or undoes, is told in one line for each command.
@Suite(.serialized) struct LeftOutTests {
  private static let script = """
    CREATE TABLE public.t (id int);
    -- the first
    ALTER SYSTEM SET work_mem = '64MB';
    ALTER DATABASE postgres SET work_mem = '64MB';
    CREATE DATABASE another;
    ALTER SYSTEM RESET ALL;
    DROP DATABASE IF EXISTS another;
    CREATE TABLESPACE fast LOCATION '/mnt/fast';
    CHECKPOINT;
    GRANT CONNECT ON DATABASE another TO app_reader;
    REVOKE TEMPORARY ON DATABASE another FROM PUBLIC;
    GRANT SET ON PARAMETER log_statement TO app_reader;
    GRANT CREATE ON TABLESPACE fast TO app_reader;
    ALTER DATABASE another OWNER TO app_reader;
    ALTER TABLESPACE fast RENAME TO slow;
    COMMENT ON DATABASE another IS 'x';
    """
  private static let summary =
    "note: the scratch server left out 2 ALTER SYSTEM, 2 ALTER DATABASE, 1 CREATE DATABASE, 1 DROP DATABASE, "
    + "1 CREATE TABLESPACE, 1 CHECKPOINT, 1 GRANT ON DATABASE, 1 REVOKE ON DATABASE, 1 GRANT ON PARAMETER, "
    + "1 GRANT ON TABLESPACE, 1 ALTER TABLESPACE, 1 COMMENT ON DATABASE, which are about a server or another database (the first: "

  private func lines(_ outcome: ChildProcess.Outcome) -> [Substring] {
    outcome.output.split(separator: "\n").filter { $0.contains("the scratch server") }
  }

  @Test func whatIsAboutTheServerIsToldOnce() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    try project.write(Self.script, to: "some.sql")
    // The second time it is not loaded any more.
    for _ in 0..<2 {
      let diff = try await project.dbtool("diff", "--from", "empty", "--to", "some.sql")
      #expect(lines(diff) == [Substring(Self.summary + "some.sql, line 3)")], "\(diff.output)")
    }
    try project.write("\n" + Self.script, to: "migrations/20260101000000_a.sql")
    let plan = try await project.dbtool("plan", "--update-lock")
    #expect(lines(plan) == [Substring(Self.summary + "migrations/20260101000000_a.sql, line 4)")], "\(plan.output)")
    try project.write("ALTER SYSTEM SET work_mem = '1MB';\n", to: "lint.sql")
    let lint = try await project.dbtool("lint", "lint.sql")
    #expect(lines(lint).count == 1 && lint.output.contains("ALTER SYSTEM"), "\(lint.output)")
    // One that says nothing about it.
    try project.write("CREATE TABLE public.t (id int);\n", to: "other.sql")
    #expect(lines(try await project.dbtool("diff", "--from", "empty", "--to", "other.sql")).isEmpty)
  }

  @Test func whatIsGivenAwayOfPostgreSQLsOwnIsToldOnce() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    try project.write(
      """
      CREATE FUNCTION public.pg_read_file(text, int) RETURNS int LANGUAGE sql AS 'SELECT 1';
      GRANT EXECUTE ON FUNCTION public.pg_read_file(text, int) TO PUBLIC;

      GRANT EXECUTE ON FUNCTION pg_read_file(text) TO PUBLIC;
      REVOKE ALL ON FUNCTION public.pg_read_file(text, int) FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text) TO PUBLIC;
      """, to: "some.sql")
    for _ in 0..<2 {
      let diff = try await project.dbtool("diff", "--from", "empty", "--to", "some.sql")
      #expect(
        lines(diff) == [
          "note: the scratch server undid 2 GRANT or REVOKE on functions that PostgreSQL or an extension keeps from others "
            + "(the first: some.sql, line 4)"
        ], "\(diff.output)")
    }
  }
}
