import Postgres
import TestSupport
import Testing

/// A superuser applies migrations to tables of somebody else's, with statements that PostgreSQL itself runs without anything of the
/// owner's, or with his rights alone. What dbtool adds to them runs nothing of his either.
@Suite(.serialized) struct StrangersTableTests {
  private static let migrations: KeyValuePairs = [
    "20260101000000_a": """
    CREATE TABLE public.t (id integer, n integer);
    CREATE TABLE public.p (id integer, at date) PARTITION BY RANGE (at);
    CREATE TABLE public.p_1 PARTITION OF public.p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
    CREATE SCHEMA theirs;
    CREATE FUNCTION theirs.norm(integer) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1::text';

    """
  ]

  /// What comes next, and what it says; what the owner has done before.
  private static let cases: KeyValuePairs<String, (file: String, before: String, says: String)> = [
    "rows that break a constraint": (
      "ALTER TABLE public.t ALTER COLUMN n SET NOT NULL;\n",
      "INSERT INTO public.t VALUES (1, NULL); CREATE INDEX ON public.t ((theirs.f(1) || id))",
      "what breaks it: SELECT * FROM public.t WHERE n IS NULL"
    ),
    "an index that fails": (
      "CREATE UNIQUE INDEX CONCURRENTLY i ON public.t (theirs.norm(n));\n",
      "INSERT INTO public.t VALUES (1, 1), (2, 1)", "could not create unique index"
    ),
    "an index that is there": (
      "-- dbtool:per-partition\nCREATE INDEX i ON public.p (theirs.norm(id));\n", "CREATE INDEX i ON public.p (id)",
      "dbtool cannot tell whether it is the one that the statement makes"
    ),
  ]

  @Test(arguments: cases.map(\.key))
  func whatIsAddedRunsNothingOfTheOwners(name: String) async throws {
    let (file, before, says) = try #require(Self.cases.first { $0.key == name }).value
    let apply = try await applied(file, after: before, named: name)
    #expect(apply.status == 1 && apply.output.contains(says), "\(apply.output)")
  }

  /// An index that computes nothing is compared all the same.
  @Test func anIndexOfColumnsIsTheStatements() async throws {
    let apply = try await applied(
      "-- dbtool:per-partition\nCREATE INDEX i ON public.p (id);\n", after: "CREATE INDEX i ON ONLY public.p (id)",
      named: "an index of columns")
    #expect(apply.status == 0 && apply.output.contains("partition 1 of 1"), "\(apply.output)")
  }

  private func applied(_ file: String, after before: String, named name: String) async throws -> ChildProcess.Outcome {
    let hostile = try await HostileProject(Self.migrations)
    defer { hostile.project.remove() }
    try await hostile.execute("CREATE ROLE app LOGIN; CREATE DATABASE base OWNER app", in: "postgres")
    let first = try await hostile.on("base", "apply", "--environment", "development")
    try #require(first.status == 0, "\(first.output)")
    try await hostile.execute(
      Shadowing.trap + """
        GRANT USAGE ON SCHEMA evil TO app;
        ALTER SCHEMA theirs OWNER TO app;
        ALTER FUNCTION theirs.norm OWNER TO app;
        ALTER TABLE public.t OWNER TO app;
        ALTER TABLE public.p OWNER TO app;
        ALTER TABLE public.p_1 OWNER TO app;
        GRANT ALL ON SCHEMA public TO app;
        """, in: "base")
    try await hostile.execute(
      """
      CREATE FUNCTION theirs.f(integer) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
        BEGIN IF current_user <> 'app' THEN PERFORM evil.ran(); END IF; RETURN ''; END $$;
      CREATE OR REPLACE FUNCTION theirs.norm(integer) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT theirs.f(1) || $1';
      \(before)
      """, in: "base", as: "app")
    try hostile.project.write(file, to: "migrations/20260102000000_b.sql")
    let plan = try await hostile.project.dbtool("plan", "--update-lock")
    try #require(plan.status == 0, "\(plan.output)")
    let apply = try await hostile.on("base", "apply", "--allow-drift")
    let ran = try await hostile.runs(in: "base")
    RedTeam.judge("a stranger's table: \(name)", gotThrough: ran == "0" ? nil : apply.output)
    return apply
  }
}
