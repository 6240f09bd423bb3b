import FoundationEssentials
import Migrations
import Operations
import Postgres
import SchemaDSL
import TestSupport
import Testing

private struct Visits: Table {
  static let name = RelationName("visits", in: .public)
  let id = Column("id", .bigint)
  let at = Column("at", .timestamptz)
  var body: TableBody { Partitions(.monthly(ahead: 1, keep: 1), by: at, runner: .database(schedule: "25 1 * * *")) }
}

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
  private static let tables: KeyValuePairs<String, String> = [
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
    "a check that converts to a domain": """
    CREATE DOMAIN mine.d AS text CHECK (evil.ran());
    CREATE TABLE public.t (id integer, at date NOT NULL, note text, CHECK ((note::mine.d) IS NOT NULL)) PARTITION BY RANGE (at);
    CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
    INSERT INTO public.t VALUES (1, '2026-02-10', 'x');
    """,
    // Its owner may give it a column of a domain at any moment.
    "a check that makes a row": """
    CREATE TYPE mine.c AS (a text);
    CREATE TABLE public.t (id integer, at date NOT NULL, CHECK ('(x)'::mine.c IS NOT NULL)) PARTITION BY RANGE (at);
    CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
    INSERT INTO public.t VALUES (1, '2026-02-10');
    """,
    "a column of rows": """
    CREATE TYPE mine.c AS (a text);
    CREATE TABLE public.t (id integer, at date NOT NULL, c mine.c[]) PARTITION BY RANGE (at);
    CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
    INSERT INTO public.t VALUES (1, '2026-02-10');
    """,
    "a check that asks for XML": """
    CREATE TABLE public.t (id integer, at date NOT NULL,
      CHECK (query_to_xml('SELECT evil.ran()', true, true, '') IS NOT NULL)) PARTITION BY RANGE (at);
    CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
    INSERT INTO public.t VALUES (1, '2026-02-10');
    """,
    "a generated column that searches": """
    CREATE VIEW mine.q AS SELECT 'a'::tsquery AS a, 'b'::tsquery AS b WHERE evil.ran();
    CREATE TABLE public.t (id integer, at date NOT NULL, CHECK (ts_rewrite('a', 'SELECT a, b FROM mine.q') IS NOT NULL))
      PARTITION BY RANGE (at);
    CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
    INSERT INTO public.t VALUES (1, '2026-02-10');
    """,
    "a check that writes a file": """
    CREATE TABLE public.t (id integer, at date NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
    INSERT INTO public.t VALUES (1, '2026-02-10');
    ALTER TABLE public.t ADD CHECK (lo_export(77777, '/nonexistent/file') = 1) NOT VALID;
    """,
    "an index of a partition of its default": """
    CREATE TABLE public.t (id integer, at date NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE public.t_default PARTITION OF public.t DEFAULT PARTITION BY RANGE (at);
    CREATE TABLE public.t_part PARTITION OF public.t_default FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
    INSERT INTO public.t VALUES (1, '2026-02-10');
    CREATE INDEX ON public.t_part ((mine.f(1)));
    """,
    "a check that has a superuser's function run SQL": """
    CREATE TABLE public.t (id integer, at date NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
    INSERT INTO public.t VALUES (1, '2026-02-10');
    ALTER TABLE public.t ADD CHECK (evil.runs('SELECT evil.ran()')) NOT VALID;
    """,
    "a check that has a superuser's operator run SQL": """
    CREATE TABLE public.t (id integer, at date NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
    INSERT INTO public.t VALUES (1, '2026-02-10');
    ALTER TABLE public.t ADD CHECK ('SELECT evil.ran()' OPERATOR(evil.%%) id) NOT VALID;
    """,
    "a trigger that has a superuser's function run SQL": """
    CREATE TABLE public.t (id integer, at date NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
    INSERT INTO public.t VALUES (1, '2026-02-10');
    CREATE TRIGGER g BEFORE DELETE ON public.t_default FOR EACH ROW EXECUTE FUNCTION evil.runs_argument('SELECT evil.ran()');
    """,
    "a check whose operator has a negator": """
    CREATE FUNCTION mine.ne(text, text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM evil.ran(); RETURN true; END';
    CREATE OPERATOR mine.=== (FUNCTION = texteq, LEFTARG = text, RIGHTARG = text, NEGATOR = OPERATOR(mine.!==));
    CREATE OPERATOR mine.!== (FUNCTION = mine.ne, LEFTARG = text, RIGHTARG = text, NEGATOR = OPERATOR(mine.===));
    CREATE TABLE public.t (id integer, at date NOT NULL, note text, CHECK (NOT ('a' OPERATOR(mine.===) 'b')))
      PARTITION BY RANGE (at);
    CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
    INSERT INTO public.t VALUES (1, '2026-02-10', 'x');
    """,
    "a check that takes numbers of somebody's": """
    CREATE TABLE public.t (id integer, at date NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
    INSERT INTO public.t VALUES (1, '2026-02-10');
    ALTER TABLE public.t ADD CHECK (nextval('evil.runs') > 0) NOT VALID;
    """,
    "a parent with a key that calls": """
    CREATE TABLE mine.top (id integer, at date NOT NULL) PARTITION BY LIST ((mine.f(1) + id));
    CREATE TABLE public.t (id integer, at date NOT NULL) PARTITION BY RANGE (at);
    ALTER TABLE mine.top ATTACH PARTITION public.t FOR VALUES IN (2);
    """,
    "a rule": """
    CREATE TABLE public.t (id integer, at date NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
    INSERT INTO public.t VALUES (1, '2026-02-10');
    CREATE RULE r AS ON DELETE TO public.t_default DO ALSO SELECT mine.f(1);
    """,
  ]

  /// What PostgreSQL looks up while it makes JSON: the cast of a value, and the type that a value becomes. Neither is a call in the
  /// expression, and the second leaves no dependency.
  private static let json: KeyValuePairs<String, (since: Int, sql: String)> = [
    "a check that makes JSON of an enum": (
      16,
      """
      CREATE TYPE mine.e AS ENUM ('a');
      CREATE FUNCTION mine.to_json(mine.e) RETURNS json LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM evil.ran(); RETURN 1; END';
      CREATE CAST (mine.e AS json) WITH FUNCTION mine.to_json(mine.e);
      CREATE TABLE public.t (id integer, at date NOT NULL) PARTITION BY RANGE (at);
      CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
      INSERT INTO public.t VALUES (1, '2026-02-10');
      ALTER TABLE public.t ADD CHECK (JSON_ARRAY('a'::mine.e) IS NOT NULL) NOT VALID;
      """
    ),
    "a check that makes JSON of a column": (
      16,
      """
      CREATE TYPE mine.e AS ENUM ('a');
      CREATE TYPE mine.c AS (e mine.e[]);
      CREATE FUNCTION mine.to_json(mine.e) RETURNS json LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM evil.ran(); RETURN 1; END';
      CREATE CAST (mine.e AS json) WITH FUNCTION mine.to_json(mine.e);
      CREATE TABLE public.t (id integer, at date NOT NULL, c mine.c, CHECK (JSON_OBJECT('a': c) IS NOT NULL))
        PARTITION BY RANGE (at);
      CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
      INSERT INTO public.t VALUES (1, '2026-02-10', ROW(ARRAY['a'::mine.e]));
      """
    ),
    "a check that makes a domain of JSON": (
      17,
      """
      CREATE DOMAIN mine.d AS text CHECK (evil.ran());
      CREATE TABLE public.t (id integer, at date NOT NULL) PARTITION BY RANGE (at);
      CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
      INSERT INTO public.t VALUES (1, '2026-02-10');
      ALTER TABLE public.t ADD CHECK (JSON_VALUE('"x"'::jsonb, '$' RETURNING mine.d) IS NOT NULL) NOT VALID;
      """
    ),
    "a check that makes a row of JSON": (
      17,
      """
      CREATE DOMAIN mine.d AS text CHECK (evil.ran());
      CREATE TYPE mine.c AS (d mine.d);
      CREATE TABLE public.t (id integer, at date NOT NULL) PARTITION BY RANGE (at);
      CREATE TABLE public.t_default PARTITION OF public.t DEFAULT;
      INSERT INTO public.t VALUES (1, '2026-02-10');
      ALTER TABLE public.t ADD CHECK (JSON_QUERY('{"d": "x"}'::jsonb, '$' RETURNING mine.c) IS NOT NULL) NOT VALID;
      """
    ),
  ]

  @Test func whatATableOfSomebodyElseHasDoesNotRun() async throws {
    for (name, sql) in Array(Self.tables) + [("a check of the database's owner", Self.tables[5].value)] {
      try await judge(name, sql)
    }
  }

  @Test func whatIsLookedUpToMakeJSONDoesNotRun() async throws {
    let version = try await Databases.server.value.installation.version
    for (name, (since, sql)) in Self.json where since <= version.major { try await judge(name, sql) }
  }

  private func judge(_ name: String, _ sql: String) async throws {
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
          CREATE FUNCTION evil.runs(text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN EXECUTE $1; RETURN true; END';
          CREATE FUNCTION evil.runs(text, integer) RETURNS boolean LANGUAGE sql AS 'SELECT evil.runs($1)';
          CREATE OPERATOR evil.%% (FUNCTION = evil.runs, LEFTARG = text, RIGHTARG = integer);
          CREATE FUNCTION evil.runs_argument() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN EXECUTE TG_ARGV[0]; RETURN OLD; END';
          CREATE SCHEMA mine AUTHORIZATION \(role); GRANT CREATE ON SCHEMA public TO \(role);
          CREATE SCHEMA dbtool;
          DROP SCHEMA dbtool;
          """)
      try await execute(
        "CREATE FUNCTION mine.f(integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM evil.ran(); RETURN 1; END';"
          + sql, as: role)
      try await execute("ALTER SEQUENCE evil.runs RESTART")
      if name.hasSuffix("owner") { try await execute("ALTER DATABASE \(database.name) OWNER TO \(role)") }
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
      try await execute("ALTER DATABASE \(database.name) OWNER TO CURRENT_USER")
      try await execute("DROP OWNED BY \(role) CASCADE; DROP ROLE \(role)")
    }
  }

  /// Whoever owns a role or a database gives its sessions any setting, and would have partitions dropped before their time.
  @Test func theClockIsNobodysToMove() async throws {
    try await Databases.with { database in
      let name = Quote.identifier(database.name)
      try await Connection.with(database.target) { connection in
        for statement in [
          "CREATE TABLE public.t (id integer, at date NOT NULL) PARTITION BY RANGE (at)",
          "ALTER DATABASE \(name) SET \(SessionSettings.clock) = '2099-01-01'",
          "ALTER ROLE \(ScratchServer.superuser) IN DATABASE \(name) SET \(SessionSettings.clock) = '2098-01-01'",
        ] { try await connection.execute(statement) }
      }
      try await Connection.with(database.target.pinned) { connection in
        let years =
          "SELECT extract(year FROM now() - interval '2 months')::text, extract(year FROM now() + interval '2 months')::text"
        let near = try await connection.query(years)[0]
        let slots = try await PartitionTests.manager(ahead: 1, keep: 1).coverage(connection)[0].slots
        let found = slots.map(\.bound)
        let isNear =
          try slots.count == 3
          && found.allSatisfy { bound in
            try [near.string(0), near.string(1)].contains { bound.contains($0) }
          }
        RedTeam.judge("the clock of windows", gotThrough: isNear ? nil : "\(found)")
      }
    }
  }

  /// The functions that do it from inside the database take the moment from whoever calls them, which is the job.
  @Test func theClockOfTheRunnerInTheDatabaseIsNobodysToMove() async throws {
    let states = States(database: Database("visits") { Visits.self })
    let template = try await states.declaredTemplate()
    let server = try await Databases.server.value
    try await Databases.gate.pass {
      try await server.withDatabase(from: template) { database in
        try await Databases.takeOver(database)
        try await Connection.with(database.target) { connection in
          try await connection.execute("SET \(SessionSettings.clock) = '2099-01-01'")
          let made = try await connection.query("SELECT public.visits_partitions_create()").map { try $0.string(0) }
          RedTeam.judge(
            "the clock of a runner in the database",
            gotThrough: made.contains { $0.contains("2099") || $0.contains("2098") } ? "\(made)" : nil)
          #expect(made.count == 3)
          let rehearsed = try await connection.query("SELECT public.visits_partitions_create('2097-05-05')")
          #expect(try rehearsed.map { try $0.string(0) }.allSatisfy { $0.contains("2097") } && rehearsed.count == 3)
        }
      }
    }
  }

  /// Names and comments that hold quotes, and what a template would have in the place of a name.
  private static let words = ["%PARTITION%", "o'k", "a \"b\" c", "%s %I %L %%", "\\", "$1", "{0}"]

  @Test func whatAPartitionTakesOverIsExact() async throws {
    try await Databases.with { database in
      let roles = Self.words.map { Quote.identifier("\($0) \(database.name)".suffix(63).description) }
      try await Connection.with(database.target) { connection in
        for role in roles { try await connection.execute("CREATE ROLE \(role)") }
        for (index, word) in Self.words.enumerated() {
          let table = Quote.qualified("public", word)
          // One is small, the other is divided.
          for statement in [
            "CREATE TABLE \(table) (id integer, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)",
            "CREATE TABLE \(Quote.qualified("public", "default \(word)")) PARTITION OF \(table) DEFAULT WITH (fillfactor = 70)",
            "INSERT INTO \(table) SELECT n, '2026-02-10' FROM generate_series(1, \(index % 2 == 0 ? 5 : 10_001)) n",
            "COMMENT ON TABLE \(table) IS \(Quote.literal("about \(word) and %PARTITION%"))",
            // What is divided has to be the connected role's.
            "ALTER TABLE \(table) OWNER TO \(index % 2 == 0 ? roles[index] : ScratchServer.superuser)",
            "GRANT SELECT ON \(table) TO PUBLIC",
            "GRANT UPDATE, DELETE ON \(table) TO \(roles[(index + 1) % roles.count]) WITH GRANT OPTION",
            "ALTER TABLE \(table) ENABLE ROW LEVEL SECURITY", "ALTER TABLE \(table) FORCE ROW LEVEL SECURITY",
          ] { try await connection.execute(statement) }
        }
      }
      try await Connection.with(database.target.pinned) { connection in
        try await PartitionTests.set("2026-02-15", connection)
        for (index, word) in Self.words.enumerated() {
          let manager = PartitionTests.manager(word, ahead: 0, keep: 0)
          let created = try await manager.create(connection)
          #expect(created.count == 1 && created[0].failure == nil, "\(created)")
          #expect(created.first?.text.contains("divided") == (index % 2 == 1), "\(created)")
          // What both are, without their names.
          let found = try await connection.query(
            """
            SELECT c.relowner::pg_catalog.regrole::text, obj_description(c.oid, 'pg_class'), c.relrowsecurity, c.relforcerowsecurity,
                   (SELECT string_agg(x::text, ' ' ORDER BY x::text) FROM aclexplode(c.relacl) x)
              FROM pg_catalog.pg_class c
             WHERE c.oid = to_regclass($1)
                OR c.oid IN (SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = to_regclass($1)
                                AND pg_get_expr((SELECT relpartbound FROM pg_catalog.pg_class WHERE oid = i.inhrelid), i.inhrelid) <> 'DEFAULT')
             ORDER BY c.relispartition
            """, [Quote.qualified("public", word)])
          #expect(found.count == 2)
          for column in 0..<5 { #expect(try found[0].string(column) == found[1].string(column), "\(word)") }
          #expect(try found[1].string(1) == "about \(word) and %PARTITION%")
          let rest = try await connection.query(
            "SELECT reloptions::text FROM pg_catalog.pg_class WHERE oid = to_regclass($1)",
            [Quote.qualified("public", "default \(word)")])
          #expect(try rest[0].string(0) == "{fillfactor=70}")
        }
      }
      try await Connection.with(database.target) { connection in
        for role in roles { try await connection.execute("DROP OWNED BY \(role) CASCADE; DROP ROLE \(role)") }
      }
    }
  }
}
