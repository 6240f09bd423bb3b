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

  /// What a migration sets for its session does not stay with a server connection that others get.
  @Test func whatAMigrationMakesOfItsSessionIsNobodyElses() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    let own =
      "SET work_mem = '7MB'; SET search_path = pg_catalog; SELECT pg_advisory_lock(4711); LISTEN news;"
      + " CREATE TEMP TABLE mine (id int); PREPARE mine AS SELECT 1; SELECT set_config('my.setting', 'x', false);"
    // In a transaction, in one that only reads, and in a statement that stands alone.
    try project.write(
      "BEGIN;\nCREATE TABLE public.a (id int);\n\(own)\nCOMMIT;\n", to: "migrations/20260101000000_a.sql")
    try project.write(
      "BEGIN READ ONLY;\nSELECT pg_advisory_lock(4711), set_config('my.setting', 'x', false);\nCOMMIT;\n",
      to: "migrations/20260102000000_b.sql")
    try project.write(
      "SELECT pg_advisory_lock(4711);\nCREATE INDEX CONCURRENTLY a_idx ON public.a (id);\n",
      to: "migrations/20260103000000_c.sql")
    let plan = try await project.dbtool("plan", "--update-lock")
    try #require(plan.status == 0, "\(plan.output)")
    let lock = try project.read("schema.lock")
    let server = try await FaultServer()
    do {
      try await server.startPooler()
      let url = server.url("base", pooled: true)
      let apply = try await project.dbtool("apply", "--database", url)
      #expect(apply.status == 0, "\(apply.output)")
      let idle = try await Connection.with(server.target("base")) { connection in
        #expect(
          try await connection.query(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711")[0].int(0) == 0)
        return try await connection.query(
          "SELECT count(*) FROM pg_stat_activity WHERE datname = 'base' AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )[0].int(0)
      }
      #expect(idle > 0)
      // All the sessions that the pooler has, each held open for as long as the others are looked at.
      var sessions: [Connection] = []
      for _ in 0..<idle {
        let session = try await Connection.open(try ConnectionTarget(url).unpinned)
        try await session.execute("BEGIN")
        let found = try await session.query(
          """
          SELECT current_setting('work_mem'), current_setting('search_path'), coalesce(current_setting('my.setting', true), ''),
                 (SELECT count(*) FROM pg_prepared_statements WHERE name = 'mine'), (SELECT count(*) FROM pg_listening_channels()),
                 coalesce(to_regclass('pg_temp.mine')::text, '')
          """)[0]
        let texts = try (0..<6).map { try found.string($0) }
        RedTeam.judge(
          "what a migration leaves in a pooler's session",
          gotThrough: texts == ["4MB", "\"$user\", public", "", "0", "0", ""] ? nil : "\(texts)")
        sessions.append(session)
      }
      for session in sessions { await session.close() }
      // What would be missing in the file's next transaction is refused.
      for setting in ["SET search_path = pg_temp", "SELECT pg_catalog.set_config('search_path', 'pg_temp', false)"] {
        try project.write(
          "BEGIN;\n\(setting);\nCOMMIT;\nBEGIN;\nSELECT 1;\nCOMMIT;\n", to: "migrations/20260104000000_d.sql")
        try project.write(lock, to: "schema.lock")
        #expect(try await project.dbtool("plan", "--update-lock").status == 0)
        let refused = try await project.dbtool("apply", "--database", url)
        #expect(
          refused.status == 1
            && refused.output.contains("20260104000000_d.sql, line 2: this statement needs a session"),
          "\(refused.output)")
      }
      await server.remove()
    } catch {
      await server.remove()
      throw error
    }
  }

  /// A file, a statement or a seed that fails leaves nothing in a session either.
  @Test func whatAFailedOneMakesOfItsSessionIsNobodyElses() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    let own = "SELECT pg_advisory_lock(4711); PREPARE mine AS SELECT 1; SELECT set_config('my.setting', 'x', false);"
    let files = [
      "BEGIN;\nCREATE TABLE public.a (id int);\n\(own)\nSELECT 1 / 0;\nCOMMIT;\n",
      "SELECT pg_advisory_lock(4711), 1 / (SELECT count(*) - 1 FROM (VALUES (1)) v);\n",
      // Deferred until COMMIT.
      """
      BEGIN;
      CREATE TABLE public.p (id int PRIMARY KEY);
      CREATE TABLE public.c (id int REFERENCES public.p DEFERRABLE INITIALLY DEFERRED);
      INSERT INTO public.c VALUES (1);
      \(own)
      COMMIT;

      """,
    ]
    try project.write("CREATE TABLE public.t (id int);\n", to: "migrations/20260101000000_t.sql")
    #expect(try await project.dbtool("plan", "--update-lock").status == 0)
    let server = try await FaultServer()
    do {
      try await server.startPooler()
      let url = server.url("base", pooled: true)
      let first = try await project.dbtool("apply", "--database", url)
      try #require(first.status == 0, "\(first.output)")
      for file in files {
        try project.write(file, to: "migrations/20260102000000_f.sql")
        let apply = try await project.dbtool("apply", "--database", url, "--allow-drift")
        #expect(apply.status == 1, "\(apply.output)")
        try await expectNoLocks(server, file)
      }
      try FileManager.default.removeItem(atPath: project.root + "/migrations/20260102000000_f.sql")
      try FileManager.default.createDirectory(
        atPath: project.root + "/seeds/development", withIntermediateDirectories: true)
      try project.write("\(own)\nSELECT 1 / 0;\n", to: "seeds/development/010_a.sql")
      let seed = try await project.dbtool("seed", "--environment", "development", "--database", url)
      #expect(seed.status == 1, "\(seed.output)")
      try await expectNoLocks(server, "a seed")
      await server.remove()
    } catch {
      await server.remove()
      throw error
    }
  }

  private func expectNoLocks(_ server: FaultServer, _ what: String) async throws {
    let locks = try await Connection.with(server.target("base")) { connection in
      try await connection.query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711")[0].int(0)
    }
    RedTeam.judge("a lock that a failed file leaves in a pooler's session", gotThrough: locks == 0 ? nil : what)
  }

  /// What a server or a pooler says when it ends a session is the reason that is told.
  @Test func theReasonOfALostConnectionIsTold() async throws {
    let server = try await FaultServer()
    do {
      let reason = "terminating connection due to administrator command"
      for kind in ["idle", "statement", "script", "pipeline"] {
        let connection = try await Connection.open(server.target("base"))
        let pid = try await connection.query("SELECT pg_catalog.pg_backend_pid()")[0].int(0)
        func end() async throws {
          try await Connection.with(server.target("base")) { other in
            func sleeps() async throws -> Bool {
              try await other.query(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'", ["\(pid)"])[0].int(0)
                > 0
            }
            if kind != "idle" { while try await !sleeps() {} }
            try await other.query("SELECT pg_terminate_backend($1, 10000)", ["\(pid)"])
          }
        }
        let ending = Task { try await end() }
        if kind == "idle" { try await ending.value }
        let error = await #expect(throws: PostgresError.self) {
          switch kind {
          case "script": try await connection.execute("SELECT 1; SELECT pg_sleep(600)")
          case "pipeline":
            for result in try await connection.pipeline([Statement("SELECT pg_sleep(600)"), Statement("SELECT 1")]) {
              _ = try result.get()
            }
          default: try await connection.query("SELECT pg_sleep(600)")
          }
        }
        try await ending.value
        #expect(error?.kind == .connection && error?.message == reason, "\(kind): \(String(describing: error))")
        await connection.close()
      }
      await server.remove()
    } catch {
      await server.remove()
      throw error
    }
  }

  /// The lock has the pool's only connection: what waits for another would wait for ever.
  @Test(arguments: [1, 600]) func aPoolOfOneIsRefused(queryWait: Int) async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    try project.write("CREATE TABLE public.t (id int);\n", to: "migrations/20260101000000_t.sql")
    #expect(try await project.dbtool("plan", "--update-lock").status == 0)
    let server = try await FaultServer()
    do {
      try await server.startPooler(poolSize: 1, queryWait: queryWait)
      let apply = try await project.dbtool("apply", "--database", server.url("base", pooled: true))
      #expect(apply.status == 1, "\(apply.output)")
      #expect(apply.output.contains("default_pool_size"), "\(apply.output)")
      // Nothing is left waiting, and nothing was made.
      server.killPooler()
      try await expectNoLocks(server, "a pool of one")
      let there = try await Connection.with(server.target("base")) {
        try await $0.query("SELECT pg_catalog.to_regclass('public.t') IS NOT NULL")[0].bool(0)
      }
      #expect(!there)
      await server.remove()
    } catch {
      await server.remove()
      throw error
    }
  }
}
