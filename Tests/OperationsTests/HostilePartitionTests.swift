import FoundationEssentials
import Operations
import Postgres
import TestSupport
import Testing

/// Partitions come and go without anything of what somebody has put before PostgreSQL's own.
@Suite struct HostilePartitionTests {
  @Test(arguments: Shadowing.kinds)
  func whatComesFirstInTheSearchPathIsNotFound(kind: String) async throws {
    try await Databases.with { database in
      func execute(_ sql: String) async throws {
        try await Connection.with(database.target) { connection in
          for statement in try Script.split(sql) { try await connection.execute(statement.sql) }
        }
      }
      try await execute(
        Shadowing.trap + (Shadowing.sql[kind] ?? "")
          + """
          CREATE TABLE public.t (id pg_catalog.int4, at pg_catalog.date NOT NULL) PARTITION BY RANGE (at);
          CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
          INSERT INTO public.t VALUES (1, '2026-01-10'), (2, '2026-02-10');
          ALTER DATABASE \(database.name) SET search_path = evil, pg_catalog, public;
          """)
      let manager = PartitionTests.manager(ahead: 1, keep: 1, retire: "detach")
      try await Connection.with(database.target.pinned) { connection in
        for now in ["2026-02-15", "2026-05-15"] {
          try await connection.query("SELECT pg_catalog.set_config('dbtool.now', $1, false)", [now])
          let created = try await manager.create(connection)
          #expect(!created.isEmpty && created.allSatisfy { $0.failure == nil }, "\(created)")
          let retired = try await manager.retire(connection)
          #expect(retired.allSatisfy { $0.failure == nil }, "\(retired)")
          #expect(try await manager.coverage(connection).allSatisfy { $0.missing.isEmpty })
        }
        #expect(try await connection.query("SELECT count(*) FROM dbtool.retired")[0].int(0) == 3)
        #expect(try await connection.query("SELECT is_called FROM evil.runs")[0].bool(0) == false)
      }
    }
  }

  /// What a table of somebody else has, and would run with the rights of whoever makes its partitions.
  private static let tables: KeyValuePairs = [
    "a key of a domain": """
    CREATE DOMAIN mine.d AS timestamptz CHECK (evil.ran());
    CREATE TABLE public.t (id integer, at mine.d NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE public.t_old PARTITION OF public.t FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
    """,
    "a key of a domain of a domain": """
    CREATE DOMAIN mine.c AS date CHECK (evil.ran());
    CREATE DOMAIN mine.d AS mine.c;
    CREATE TABLE public.t (id integer, at mine.d NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE public.t_old PARTITION OF public.t FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
    """,
    "an index on a call": """
    CREATE TABLE public.t (id integer, at date NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
    CREATE TABLE public.t_old PARTITION OF public.t FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
    CREATE INDEX ON public.t ((mine.f(1)));
    INSERT INTO public.t VALUES (1, '2026-02-10');
    """,
    "statistics on a call": """
    CREATE TABLE public.t (id integer, at date NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
    CREATE STATISTICS mine.s ON (mine.f(1)), id FROM public.t_default;
    INSERT INTO public.t VALUES (1, '2026-02-10');
    """,
    "a check": """
    CREATE TABLE public.t (id integer, at date NOT NULL, CHECK (mine.f(id) > 0)) PARTITION BY RANGE (at);
    CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
    INSERT INTO public.t VALUES (1, '2026-02-10');
    """,
    "a rule": """
    CREATE TABLE public.t (id integer, at date NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
    INSERT INTO public.t VALUES (1, '2026-02-10');
    CREATE RULE r AS ON DELETE TO public.t_default DO ALSO SELECT mine.f(1);
    """,
  ]

  @Test func whatATableOfSomebodyElseHasDoesNotRun() async throws {
    for (name, sql) in Self.tables {
      try await Databases.with { database in
        let role = Quote.identifier("mallory \(database.name)")
        func execute(_ sql: String, as role: String? = nil) async throws {
          try await Connection.with(database.target) { connection in
            if let role { try await connection.execute("SET ROLE \(role)") }
            for statement in try Script.split(sql) { try await connection.execute(statement.sql) }
          }
        }
        try await execute(
          Shadowing.trap
            + """
            CREATE ROLE \(role);
            GRANT USAGE ON SCHEMA evil TO \(role);
            CREATE SCHEMA mine AUTHORIZATION \(role); GRANT CREATE ON SCHEMA public TO \(role);
            CREATE SCHEMA dbtool;
            DROP SCHEMA dbtool;
            """)
        try await execute(
          "CREATE FUNCTION mine.f(integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM evil.ran(); RETURN 1; END';"
            + sql, as: role)
        try await execute("ALTER SEQUENCE evil.runs RESTART")
        let manager = PartitionTests.manager(ahead: 1, keep: 1, retire: "detach")
        try await Connection.with(database.target.pinned) { connection in
          try await connection.query("SELECT pg_catalog.set_config('dbtool.now', '2026-02-15', false)")
          _ = try await manager.coverage(connection)
          _ = try await manager.faults(connection)
          let created = try await manager.create(connection)
          #expect(
            !created.isEmpty && created.allSatisfy { $0.failure?.contains("mallory") == true }, "\(name): \(created)")
          _ = try await manager.retire(connection)
          let ran = try await connection.query("SELECT is_called FROM evil.runs")[0].bool(0)
          RedTeam.judge("partitions of a table with \(name)", gotThrough: ran ? "it ran" : nil)
        }
        try await execute("DROP OWNED BY \(role) CASCADE; DROP ROLE \(role)")
      }
    }
  }
}
