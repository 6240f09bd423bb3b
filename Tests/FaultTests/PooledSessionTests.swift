import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// Behind a pooler in transaction mode, sessions are others' as well: what dbtool relies on ends with its transactions.
@Suite(
  .serialized, .enabled(if: FileManager.default.fileExists(atPath: FaultServer.poolerPath)))
struct PooledSessionTests {
  private static let migration = """
    BEGIN;
    CREATE TABLE public.a (id integer PRIMARY KEY, n integer);
    INSERT INTO public.a SELECT pg_catalog.generate_series(1, 500);
    CREATE TABLE public.p (id integer NOT NULL, at pg_catalog.date NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE public.p_1 PARTITION OF public.p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
    COMMIT;
    CREATE INDEX CONCURRENTLY a_n_idx ON public.a (n);
    -- dbtool:backfill
    UPDATE public.a SET n = 1 WHERE n IS NULL;
    -- dbtool:per-partition
    CREATE INDEX p_id_idx ON public.p (id);
    BEGIN ISOLATION LEVEL SERIALIZABLE;
    CREATE TABLE public.b AS SELECT pg_catalog.current_setting('transaction_isolation') AS level,
      pg_catalog.current_setting('search_path') AS path;
    COMMIT;
    """

  @Test func whatComesFirstIsNotFoundAndNothingIsLeftBehind() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    try project.write(Self.migration, to: "migrations/20260101000000_a.sql")
    let folder = project.root + "/seeds/development"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try project.write("UPDATE public.a SET n = 2;\n", to: "seeds/development/010_a.sql")
    let plan = try await project.dbtool("plan", "--update-lock")
    try #require(plan.status == 0, "\(plan.output)")
    let server = try await FaultServer()
    do {
      try await server.startPooler()
      for kind in Shadowing.kinds { try await isHarmless(kind, server, project) }
      await server.remove()
    } catch {
      await server.remove()
      throw error
    }
  }

  private func isHarmless(_ kind: String, _ server: FaultServer, _ project: TestProject) async throws {
    try await server.execute("CREATE DATABASE \(kind)", in: "postgres")
    try await server.execute(Shadowing.trap + (Shadowing.sql[kind] ?? ""), in: kind)
    try await server.execute(
      """
      ALTER DATABASE \(kind) SET search_path = evil, pg_catalog, public;
      ALTER DATABASE \(kind) SET default_transaction_isolation = 'repeatable read';
      ALTER DATABASE \(kind) SET DateStyle = 'SQL, DMY';
      """, in: "postgres")
    let url = server.url(kind, pooled: true)
    for command in [["status"], ["apply"], ["seed"], ["apply"], ["status"], ["repair"]] {
      let outcome = try await project.dbtool(command + ["--database", url])
      #expect(outcome.status == 0, "\(kind) \(command): \(outcome.output)")
    }
    #expect(try await project.dbtool("drift", "--database", url).status == 2)
    // What others find in the sessions that dbtool had.
    try await Connection.with(try ConnectionTarget(url).unpinned) { connection in
      for (setting, value) in [
        ("search_path", "evil, pg_catalog, public"), ("DateStyle", "SQL, DMY"),
        ("default_transaction_isolation", "repeatable read"),
      ] {
        #expect(try await connection.query("SHOW \(setting)")[0].string(0) == value, "\(kind) \(setting)")
      }
      let found = try await connection.query(
        "SELECT level, path, (SELECT is_called FROM evil.runs) FROM public.b")[0]
      #expect(try found.string(0) == "serializable" && found.string(1) == "evil, pg_catalog, public")
      #expect(try !found.bool(2), "\(kind)")
    }
  }
}
