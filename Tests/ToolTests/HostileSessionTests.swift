import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// Sessions that role and database prepare: what is first in `search_path` is not what dbtool's own statements find, and what
/// is set is not what they go by. What users write sees the session as it is.
@Suite(.serialized, .timeLimit(.minutes(5))) struct HostileSessionTests {
  private static let migrations: KeyValuePairs = [
    "20260101000000_a": """
    BEGIN;
    CREATE TABLE public.a (id integer PRIMARY KEY, n integer);
    INSERT INTO public.a SELECT generate_series(1, 500);
    CREATE TABLE public.p (id integer NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE public.p_1 PARTITION OF public.p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
    COMMIT;
    CREATE INDEX CONCURRENTLY a_n_idx ON public.a (n);
    -- dbtool:backfill
    UPDATE public.a SET n = 1 WHERE n IS NULL;
    -- dbtool:per-partition
    CREATE INDEX p_id_idx ON public.p (id);
    """,
    "20260102000000_b": "-- 20260102000000_b\n-- dbtool:contract\n\nALTER TABLE public.a ADD COLUMN m integer;\n",
  ]

  /// What takes the place of what dbtool says, in a schema that comes first.
  static let shadowings = [
    "functions": """
    CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT pg_catalog.now() WHERE evil.ran()';
    CREATE FUNCTION evil.to_regclass(text) RETURNS regclass LANGUAGE sql AS 'SELECT NULL::regclass WHERE evil.ran()';
    CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS 'SELECT $2 WHERE evil.ran()';
    CREATE FUNCTION evil.current_setting(text) RETURNS text LANGUAGE sql AS 'SELECT $1 WHERE evil.ran()';
    CREATE FUNCTION evil.pg_backend_pid() RETURNS integer LANGUAGE sql AS 'SELECT 1 WHERE evil.ran()';
    CREATE FUNCTION evil.current_database() RETURNS name LANGUAGE sql AS $$ SELECT 'x'::name WHERE evil.ran() $$;
    CREATE FUNCTION evil.format_type(oid, integer) RETURNS text LANGUAGE sql AS $$ SELECT 'x' WHERE evil.ran() $$;
    CREATE FUNCTION evil.pg_get_expr(pg_node_tree, oid) RETURNS text LANGUAGE sql AS $$ SELECT 'x' WHERE evil.ran() $$;
    CREATE FUNCTION evil.pg_advisory_xact_lock(integer, integer) RETURNS void LANGUAGE sql AS 'SELECT evil.ran()::text::void';
    CREATE FUNCTION evil.hashtext(text) RETURNS integer LANGUAGE sql AS 'SELECT 1 WHERE evil.ran()';
    CREATE FUNCTION evil.greatest_of(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1 WHERE evil.ran()';
    CREATE FUNCTION evil.date_trunc(text, timestamptz) RETURNS timestamptz LANGUAGE sql AS 'SELECT $2 WHERE evil.ran()';
    CREATE FUNCTION evil.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT pg_catalog.now() WHERE evil.ran()';
    CREATE FUNCTION evil.left(text, integer) RETURNS text LANGUAGE sql AS 'SELECT $1 WHERE evil.ran()';
    CREATE FUNCTION evil.quote_ident(text) RETURNS text LANGUAGE sql AS 'SELECT $1 WHERE evil.ran()';
    """,
    "operators": """
    CREATE FUNCTION evil.eq(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT evil.ran()';
    CREATE FUNCTION evil.eq(integer, integer) RETURNS boolean LANGUAGE sql AS 'SELECT evil.ran()';
    CREATE FUNCTION evil.eq(oid, oid) RETURNS boolean LANGUAGE sql AS 'SELECT evil.ran()';
    CREATE FUNCTION evil.eq(name, name) RETURNS boolean LANGUAGE sql AS 'SELECT evil.ran()';
    CREATE FUNCTION evil.eq(name, text) RETURNS boolean LANGUAGE sql AS 'SELECT evil.ran()';
    CREATE FUNCTION evil.join(text, text) RETURNS text LANGUAGE sql AS 'SELECT $1 WHERE evil.ran()';
    CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.eq);
    CREATE OPERATOR evil.= (LEFTARG = integer, RIGHTARG = integer, FUNCTION = evil.eq);
    CREATE OPERATOR evil.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = evil.eq);
    CREATE OPERATOR evil.= (LEFTARG = name, RIGHTARG = name, FUNCTION = evil.eq);
    CREATE OPERATOR evil.= (LEFTARG = name, RIGHTARG = text, FUNCTION = evil.eq);
    CREATE OPERATOR evil.<> (LEFTARG = integer, RIGHTARG = integer, FUNCTION = evil.eq);
    CREATE OPERATOR evil.> (LEFTARG = integer, RIGHTARG = integer, FUNCTION = evil.eq);
    CREATE OPERATOR evil.<= (LEFTARG = integer, RIGHTARG = integer, FUNCTION = evil.eq);
    CREATE OPERATOR evil.> (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = evil.eq_big);
    CREATE OPERATOR evil.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.join);
    """.replacing(
      "CREATE OPERATOR evil.> (LEFTARG = bigint",
      with:
        "CREATE FUNCTION evil.eq_big(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT evil.ran()';\nCREATE OPERATOR evil.> (LEFTARG = bigint"
    ),
    // A type of one's own may be cast to any other, without being asked.
    "casts": """
    CREATE TYPE evil.regclass AS (o oid);
    CREATE TYPE evil.int4 AS (o oid);
    CREATE FUNCTION evil.cast_to(evil.regclass) RETURNS oid LANGUAGE sql AS 'SELECT 1::oid WHERE evil.ran()';
    CREATE FUNCTION evil.cast_from(text) RETURNS evil.regclass LANGUAGE sql AS 'SELECT NULL::evil.regclass WHERE evil.ran()';
    CREATE FUNCTION evil.cast_int(text) RETURNS evil.int4 LANGUAGE sql AS 'SELECT NULL::evil.int4 WHERE evil.ran()';
    CREATE CAST (evil.regclass AS oid) WITH FUNCTION evil.cast_to(evil.regclass) AS IMPLICIT;
    CREATE CAST (text AS evil.regclass) WITH FUNCTION evil.cast_from(text) AS IMPLICIT;
    CREATE CAST (text AS evil.int4) WITH FUNCTION evil.cast_int(text) AS IMPLICIT;
    """,
    "types": """
    CREATE DOMAIN evil.text AS pg_catalog.text CHECK (evil.ran());
    CREATE DOMAIN evil.oid AS pg_catalog.oid CHECK (evil.ran());
    CREATE DOMAIN evil.name AS pg_catalog.name CHECK (evil.ran());
    CREATE DOMAIN evil.regclass AS pg_catalog.regclass CHECK (evil.ran());
    CREATE DOMAIN evil.regnamespace AS pg_catalog.regnamespace CHECK (evil.ran());
    CREATE DOMAIN evil.timestamptz AS pg_catalog.timestamptz CHECK (evil.ran());
    CREATE DOMAIN evil.jsonb AS pg_catalog.jsonb CHECK (evil.ran());
    """,
    "relations": [
      "pg_class", "pg_namespace", "pg_database", "pg_inherits", "pg_index", "pg_locks",
      "pg_stat_activity", "pg_settings", "pg_roles", "pg_stat_progress_create_index", "pg_constraint",
    ].map { "CREATE VIEW evil.\($0) AS SELECT * FROM pg_catalog.\($0) WHERE evil.ran();" }.joined(separator: "\n")
      + """
      CREATE VIEW evil.pg_attribute AS SELECT attrelid, attname, atttypid, atttypmod, attnum, attnotnull, attisdropped,
        attgenerated, attidentity, attacl, attcollation FROM pg_catalog.pg_attribute WHERE evil.ran();
      """,
  ]

  /// What is set on role or database, and would change what dbtool reads, writes or waits for.
  static let settings = [
    "DateStyle = 'SQL, DMY'", "TimeZone = 'Asia/Kathmandu'", "IntervalStyle = 'sql_standard'",
    "standard_conforming_strings = off", "quote_all_identifiers = on", "bytea_output = escape",
    "extra_float_digits = -15", "transform_null_equals = on", "array_nulls = off", "row_security = off",
    "statement_timeout = '300ms'", "lock_timeout = '300ms'", "idle_in_transaction_session_timeout = '300ms'",
    "idle_session_timeout = '300ms'", "exit_on_error = off",
    "default_transaction_isolation = 'serializable'", "default_transaction_read_only = on",
    "default_transaction_deferrable = on", "session_replication_role = 'replica'", "check_function_bodies = off",
    "client_encoding = 'LATIN1'",
  ]

  private static func prepared() async throws -> HostileProject {
    let hostile = try await HostileProject(migrations)
    for (name, text) in [
      ("010_a.sql", "UPDATE public.a SET m = 1;\n"), ("020_public.a.csv", "id,n\n1000,7\n"),
    ] {
      try FileManager.default.createDirectory(
        atPath: hostile.project.root + "/seeds/development", withIntermediateDirectories: true)
      try hostile.project.write(text, to: "seeds/development/\(name)")
    }
    return hostile
  }

  /// Everything that dbtool does with a live database, from the first migration on.
  private func everything(_ hostile: HostileProject, _ database: String, drift: Int32) async throws {
    for (command, status) in [
      (["status"], 0), (["apply", "--dry-run"], 0), (["apply", "--to", "20260101000000"], 0),
      (["drift"], drift), (["apply", "--contract"], 0), (["apply"], 0), (["seed"], 0), (["seed"], 0), (["status"], 0),
      (["drift"], drift), (["repair"], 0), (["repair", "--to-supabase"], 0), (["repair", "--from-supabase"], 0),
    ] as [([String], Int32)] {
      let outcome = try await hostile.project.dbtool(command + ["--database", hostile.url(database)])
      #expect(outcome.status == status, "\(command): \(outcome.output)")
    }
    let rows = try await hostile.ask(
      "SELECT pg_catalog.concat(pg_catalog.count(*), ' ', pg_catalog.sum(n), ' ', pg_catalog.sum(m)) FROM public.a",
      in: database)
    #expect(rows == "501 507 500")
    let other = try TestProject(binary: try TestBinary.example())
    defer { other.remove() }
    let imported = try await other.dbtool(
      "import", hostile.url(database), "--into", "Sources/Here", "--no-mark")
    #expect(imported.status == 0, "\(imported.output)")
  }

  @Test(arguments: shadowings.keys.sorted())
  func whatComesFirstInTheSearchPathIsNotFound(kind: String) async throws {
    let hostile = try await Self.prepared()
    defer { hostile.project.remove() }
    try await hostile.execute("CREATE DATABASE hostile", in: "postgres")
    try await hostile.execute(HostileProject.trap, in: "hostile")
    try await hostile.execute(Self.shadowings[kind] ?? "", in: "hostile")
    try await hostile.execute(
      """
      ALTER DATABASE hostile SET search_path = evil, pg_catalog, public;
      ALTER ROLE postgres IN DATABASE hostile SET search_path = evil, pg_catalog, public;
      """, in: "postgres")
    // What makes the database hostile is drift.
    try await everything(hostile, "hostile", drift: 2)
    #expect(try await hostile.ask("SELECT last_value::pg_catalog.text FROM evil.runs WHERE is_called", in: "hostile") == "")
  }

  @Test func whatIsSetOnRoleAndDatabaseDoesNotMatter() async throws {
    let hostile = try await Self.prepared()
    defer { hostile.project.remove() }
    try await hostile.execute("CREATE DATABASE hostile", in: "postgres")
    for setting in Self.settings {
      try await hostile.execute(
        "ALTER DATABASE hostile SET \(setting); ALTER ROLE postgres IN DATABASE hostile SET \(setting)", in: "postgres")
    }
    try await everything(hostile, "hostile", drift: 0)
  }

  /// Names without a schema, settings that stay, and functions without a `search_path` of their own.
  @Test func whatUsersWriteSeesTheSessionAsItIs() async throws {
    let hostile = try await HostileProject([
      "20260101000000_a": """
      CREATE SCHEMA IF NOT EXISTS app;
      BEGIN;
      CREATE TABLE things (id integer PRIMARY KEY, made text);
      CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN NEW.made := current_setting('search_path') || ' ' || (SELECT count(*) FROM things); RETURN NEW; END $$;
      CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON things FOR EACH ROW EXECUTE FUNCTION stamp();
      CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM FROM things; RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER late AFTER INSERT ON things DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION late();
      INSERT INTO things VALUES (1);
      COMMIT;
      CREATE INDEX CONCURRENTLY things_made_idx ON things (made);
      SET app.note = 'stays';
      BEGIN;
      UPDATE things SET id = 2 WHERE current_setting('app.note') = 'stays' AND current_setting('DateStyle') LIKE 'SQL%';
      COMMIT;
      -- dbtool:backfill
      UPDATE things SET made = NULL WHERE made IS NOT NULL;
      """
    ])
    defer { hostile.project.remove() }
    let folder = hostile.project.root + "/seeds/development"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try hostile.project.write("INSERT INTO things VALUES (3);\n", to: "seeds/development/010_a.sql")
    try hostile.project.write("id\n4\n", to: "seeds/development/020_app.things.csv")
    try await hostile.execute(
      """
      CREATE DATABASE plain;
      ALTER DATABASE plain SET search_path = app, public; ALTER DATABASE plain SET DateStyle = 'SQL, DMY';
      """, in: "postgres")
    for command in ["apply", "seed"] {
      let outcome = try await hostile.on("plain", command)
      #expect(outcome.status == 0, "\(outcome.output)")
    }
    let rows = try await hostile.ask(
      "SELECT string_agg(id || ': ' || made, '; ' ORDER BY id) FROM app.things", in: "plain")
    #expect(rows == "2: app, public 1; 3: app, public 1; 4: app, public 2")
  }
}
