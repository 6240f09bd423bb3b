import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// The schema `dbtool`, made or changed by somebody else: nothing of it runs, and every command says so.
@Suite(.serialized) struct HostileHistoryTests {
  private static let migrations: KeyValuePairs = [
    "20260101000000_a": "CREATE TABLE public.a (id integer PRIMARY KEY);\n",
    // So that `drift` has to know how far the database is.
    "20260102000000_b": "-- 20260102000000_b\n-- dbtool:contract\n\nALTER TABLE public.a ADD COLUMN n integer;\n",
  ]

  /// Something that somebody does to the history, and what dbtool says of it.
  struct Attack: Sendable, CustomTestStringConvertible {
    var name: String
    /// As a superuser who gives something away, before mallory acts.
    var before = ""
    var sql: String
    var says: String
    var testDescription: String { name }
  }

  /// In a database without a history.
  static let before: [Attack] = [
    Attack(
      name: "a view of the name of a table",
      sql: """
        CREATE SCHEMA dbtool;
        CREATE VIEW dbtool.migrations AS SELECT 'x'::text AS version, 'x'::text AS name, 'x'::text AS checksum,
          1 AS segments, 1 AS segments_done, now() AS started_at, now() AS finished_at, 1 AS attempted WHERE evil.ran();
        CREATE VIEW dbtool.settings AS SELECT 'environment'::text AS key, 'test'::text AS value WHERE evil.ran();
        CREATE VIEW dbtool.retired AS SELECT 1::bigint AS partition_oid WHERE evil.ran();
        GRANT USAGE ON SCHEMA dbtool TO PUBLIC; GRANT SELECT ON ALL TABLES IN SCHEMA dbtool TO PUBLIC;
        """, says: "the schema dbtool belongs to the role mallory"),
    Attack(
      name: "a table with a trigger",
      sql: """
        CREATE SCHEMA dbtool;
        CREATE TABLE dbtool.migrations (version text PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
          segments integer NOT NULL, segments_done integer NOT NULL DEFAULT 0, started_at timestamptz NOT NULL DEFAULT now(),
          finished_at timestamptz, applied_by text NOT NULL DEFAULT session_user, attempted integer);
        CREATE FUNCTION evil.super() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN PERFORM evil.ran(); ALTER ROLE mallory SUPERUSER; RETURN NEW; END $$;
        CREATE TRIGGER t BEFORE INSERT ON dbtool.migrations FOR EACH ROW EXECUTE FUNCTION evil.super();
        """, says: "the schema dbtool belongs to the role mallory"),
    Attack(
      name: "a schema that is empty, to be filled later", sql: "CREATE SCHEMA dbtool",
      says: "the schema dbtool belongs to the role mallory"),
    Attack(
      name: "the place where tables are prepared", sql: "CREATE SCHEMA dbtool_new",
      says: "the schema dbtool_new belongs to the role mallory"),
    Attack(
      name: "the place where tables are left", sql: "CREATE SCHEMA dbtool_old",
      says: "the schema dbtool_old belongs to the role mallory"),
  ]

  /// In a database with a history of dbtool's, of which something was given away, or forgotten.
  static let after: [Attack] = [
    Attack(
      name: "a trigger",
      before: "GRANT USAGE ON SCHEMA dbtool TO mallory; GRANT TRIGGER ON dbtool.migrations TO mallory",
      sql: """
        CREATE FUNCTION evil.t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.ran(); RETURN NEW; END $$;
        CREATE TRIGGER t BEFORE INSERT OR UPDATE ON dbtool.migrations FOR EACH ROW EXECUTE FUNCTION evil.t()
        """, says: "dbtool.migrations has the trigger t"),
    Attack(
      name: "a foreign key to it",
      before: "GRANT USAGE ON SCHEMA dbtool TO mallory; GRANT REFERENCES ON dbtool.migrations TO mallory",
      sql: "CREATE TABLE evil.refers (version text REFERENCES dbtool.migrations ON DELETE CASCADE)",
      says: "dbtool.migrations has the trigger"),
    Attack(
      name: "a table more", before: "GRANT CREATE, USAGE ON SCHEMA dbtool TO mallory",
      sql: "CREATE TABLE dbtool.more (a integer)", says: "dbtool.more"),
    Attack(
      name: "a function", before: "GRANT CREATE, USAGE ON SCHEMA dbtool TO mallory",
      sql:
        "CREATE FUNCTION dbtool.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT pg_catalog.now() WHERE evil.ran()'",
      says: "dbtool holds the function now"),
    Attack(
      name: "a policy",
      before: """
        ALTER TABLE dbtool.migrations ENABLE ROW LEVEL SECURITY; ALTER TABLE dbtool.migrations FORCE ROW LEVEL SECURITY;
        CREATE POLICY p ON dbtool.migrations USING (evil.ran())
        """, sql: "", says: "dbtool.migrations is under row level security"),
    Attack(
      name: "a rule",
      before: "CREATE RULE r AS ON INSERT TO dbtool.settings DO ALSO SELECT evil.ran()", sql: "",
      says: "dbtool.settings has the rule r"),
    Attack(
      name: "a default", before: "ALTER TABLE dbtool.migrations ALTER applied_by SET DEFAULT evil.ran()::text", sql: "",
      says: "dbtool.migrations has the column applied_by with the default"),
    Attack(
      name: "a check", before: "ALTER TABLE dbtool.settings ADD CONSTRAINT c CHECK (evil.ran())", sql: "",
      says: "dbtool.settings has the constraint c"),
    Attack(
      name: "an index on an expression",
      before: """
        CREATE FUNCTION evil.f(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
        CREATE INDEX i ON dbtool.migrations ((evil.f(version)))
        """, sql: "CREATE OR REPLACE FUNCTION evil.x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
      says: "dbtool.migrations has the index i"),
    Attack(
      name: "statistics of an expression",
      before: "CREATE STATISTICS dbtool.s ON (lower(version)) FROM dbtool.migrations", sql: "",
      says: "dbtool.migrations has the statistics s"),
    Attack(
      name: "a child",
      before: "CREATE TABLE public.child () INHERITS (dbtool.migrations); ALTER TABLE public.child OWNER TO mallory",
      sql: "",
      says: "dbtool.migrations has parents or children"),
    Attack(
      name: "a generated column",
      before: "ALTER TABLE dbtool.settings ADD COLUMN g text GENERATED ALWAYS AS (upper(key)) STORED", sql: "",
      says: "dbtool.settings has the column g"),
    Attack(
      name: "a type of somebody's",
      before: """
        CREATE DOMAIN evil.d AS text CHECK (evil.ran() OR true);
        ALTER TABLE dbtool.settings ALTER value TYPE evil.d
        """, sql: "", says: "dbtool.settings has the column value of the type evil.d"),
    Attack(
      name: "an owner", before: "ALTER TABLE dbtool.seeds OWNER TO mallory", sql: "",
      says: "dbtool.seeds belongs to the role mallory"),
    Attack(
      name: "a table that is not logged", before: "ALTER TABLE dbtool.backfills SET UNLOGGED", sql: "",
      says: "dbtool.backfills is not permanent"),
    Attack(
      name: "a view in a table's place",
      before: """
        ALTER TABLE dbtool.settings SET SCHEMA evil;
        CREATE VIEW dbtool.settings AS SELECT key, value FROM evil.settings WHERE evil.ran()
        """, sql: "", says: "dbtool.settings is no table"),
    Attack(
      name: "a function beside a table that is prepared",
      before: "CREATE SCHEMA dbtool_new; GRANT CREATE, USAGE ON SCHEMA dbtool_new TO mallory",
      sql: "CREATE FUNCTION dbtool_new.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
      says: "dbtool_new"),
  ]

  private static func prepared() async throws -> HostileProject {
    let hostile = try await HostileProject(migrations)
    try FileManager.default.createDirectory(
      atPath: hostile.project.root + "/seeds/development", withIntermediateDirectories: true)
    try hostile.project.write("INSERT INTO public.a VALUES (1);\n", to: "seeds/development/010_a.sql")
    try hostile.project.write(#"{"fingerprint": "", "database": "", "migrations": []}"#, to: "plan.json")
    try await hostile.execute("CREATE ROLE mallory LOGIN", in: "postgres")
    return hostile
  }

  private func plant(_ attack: Attack, _ hostile: HostileProject, _ database: String) async throws {
    try await hostile.execute(
      Shadowing.trap + "GRANT ALL ON SCHEMA evil TO mallory; GRANT CREATE ON DATABASE \(database) TO mallory;",
      in: database)
    try await hostile.execute(attack.before, in: database)
    try await hostile.execute(attack.sql, in: database, as: "mallory")
    try await hostile.execute("SELECT pg_catalog.setval('evil.runs', 1, false)", in: database)
  }

  private func isRefusedEverywhere(_ attack: Attack, _ hostile: HostileProject, _ database: String) async throws {
    for command in [
      ["status"], ["apply", "--dry-run"], ["apply", "--contract"], ["seed"], ["drift"], ["repair"],
      ["apply", "plan.json"], ["reset"],
    ] {
      let outcome = try await hostile.project.dbtool(command + ["--database", hostile.url(database)])
      #expect(outcome.status != 0, "\(command): \(outcome.output)")
      #expect(outcome.output.contains(attack.says), "\(command): \(outcome.output)")
    }
    #expect(try await hostile.runs(in: database) == "0")
    #expect(
      try await hostile.ask("SELECT rolsuper::text FROM pg_roles WHERE rolname = 'mallory'", in: database) == "false")
  }

  @Test func whatSomebodyMadeFirstIsRefused() async throws {
    let hostile = try await Self.prepared()
    defer { hostile.project.remove() }
    for (number, attack) in Self.before.enumerated() {
      try await hostile.execute("CREATE DATABASE before_\(number)", in: "postgres")
      try await plant(attack, hostile, "before_\(number)")
      try await isRefusedEverywhere(attack, hostile, "before_\(number)")
    }
  }

  @Test func whatSomebodyAddedIsRefused() async throws {
    let hostile = try await Self.prepared()
    defer { hostile.project.remove() }
    try await hostile.execute("CREATE DATABASE base", in: "postgres")
    let apply = try await hostile.on("base", "apply", "--contract")
    try #require(apply.status == 0, "\(apply.output)")
    for (number, attack) in Self.after.enumerated() {
      try await hostile.execute("CREATE DATABASE after_\(number) TEMPLATE base", in: "postgres")
      try await plant(attack, hostile, "after_\(number)")
      try await isRefusedEverywhere(attack, hostile, "after_\(number)")
    }
  }

  /// A right alone runs nothing: it is refused where dbtool writes.
  @Test(arguments: [
    ("GRANT INSERT ON dbtool.migrations TO mallory", "dbtool.migrations can be changed by the role mallory (INSERT)"),
    (
      "GRANT UPDATE (value) ON dbtool.settings TO PUBLIC",
      "dbtool.settings can be changed by everybody (UPDATE (value))"
    ),
    ("GRANT CREATE ON SCHEMA dbtool TO mallory", "dbtool can be changed by the role mallory (CREATE)"),
  ])
  func rightsOfOthersAreRefused(grant: String, says: String) async throws {
    let hostile = try await Self.prepared()
    defer { hostile.project.remove() }
    #expect(try await hostile.on("library", "apply", "--contract").status == 0)
    try await hostile.execute(grant, in: "library")
    for command in ["apply", "seed"] {
      let outcome = try await hostile.on("library", command)
      #expect(outcome.status == 1 && outcome.output.contains(says), "\(outcome.output)")
      #expect(outcome.output.contains("REVOKE"), "\(outcome.output)")
    }
    #expect(try await hostile.on("library", "status").status == 0)
  }

  /// Who could do as much anyway is trusted.
  @Test func whoIsTrustedIsTrusted() async throws {
    let hostile = try await Self.prepared()
    defer { hostile.project.remove() }
    try await hostile.execute(
      """
      CREATE ROLE app LOGIN; CREATE ROLE deployers; CREATE ROLE one LOGIN IN ROLE deployers; CREATE ROLE reader LOGIN;
      CREATE DATABASE owned OWNER app; CREATE DATABASE shared; CREATE DATABASE strange;
      GRANT CREATE ON DATABASE shared TO deployers; ALTER ROLE one IN DATABASE shared SET role = deployers;
      GRANT CREATE ON DATABASE strange TO one;
      """, in: "postgres")
    for database in ["shared", "strange"] {
      try await hostile.execute("GRANT CREATE ON SCHEMA public TO deployers", in: database)
    }
    // The owner of the database, and a superuser after it.
    #expect(try await hostile.on("owned", as: "app", "apply").status == 0)
    #expect(try await hostile.on("owned", "status").status == 0)
    // One who acts for a group.
    #expect(try await hostile.on("shared", as: "one", "apply").status == 0)
    #expect(
      try await hostile.ask("SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'dbtool'", in: "shared")
        == "deployers")
    #expect(try await hostile.on("shared", as: "one", "apply").status == 0)
    // Somebody else's history: whoever merely reads may; who has rights over others may not.
    #expect(try await hostile.on("strange", as: "one", "apply").status == 0)
    try await hostile.execute(
      "GRANT USAGE ON SCHEMA dbtool TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA dbtool TO reader", in: "strange")
    let read = try await hostile.on("strange", as: "reader", "status")
    #expect(read.status == 0 && read.output.contains("applied"), "\(read.output)")
    let refused = try await hostile.on("strange", "status")
    #expect(refused.status == 1 && refused.output.contains("belongs to the role one"), "\(refused.output)")
    #expect(refused.output.contains("SET role = one"), "\(refused.output)")
  }

  /// As the dbtool made it that had no versions, with the rights that default privileges gave.
  @Test func anOlderLayoutIsUpgraded() async throws {
    let hostile = try await Self.prepared()
    defer { hostile.project.remove() }
    try await hostile.execute(
      """
      ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO mallory;
      CREATE SCHEMA dbtool;
      CREATE TABLE dbtool.migrations (version text PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
        segments integer NOT NULL, segments_done integer NOT NULL DEFAULT 0, started_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz, applied_by text NOT NULL DEFAULT session_user);
      CREATE TABLE dbtool.settings (key text PRIMARY KEY, value text NOT NULL);
      INSERT INTO dbtool.settings VALUES ('environment', 'staging');
      CREATE TABLE dbtool.retired (partition_oid bigint PRIMARY KEY, parent text NOT NULL, schema_name text NOT NULL,
        partition_name text NOT NULL, action text NOT NULL, bound text NOT NULL, archive text, rows bigint, checksum text,
        started_at timestamptz NOT NULL DEFAULT now(), finished_at timestamptz);
      """, in: "library")
    let status = try await hostile.on("library", "status")
    #expect(status.status == 0 && status.output.contains("environment staging"), "\(status.output)")
    let apply = try await hostile.on("library", "apply", "--contract")
    #expect(apply.status == 0, "\(apply.output)")
    #expect(try await hostile.on("library", "apply").output.contains("nothing to apply"))
    let version = try await hostile.ask(
      "SELECT value FROM dbtool.settings WHERE key = 'history_version'", in: "library")
    #expect(version == "1")
    let rights = try await hostile.ask(
      """
      SELECT string_agg(DISTINCT x.privilege_type, ',') FROM pg_class c, aclexplode(c.relacl) x
       WHERE c.relnamespace = 'dbtool'::regnamespace AND x.grantee = 'mallory'::regrole
      """, in: "library")
    #expect(rights == "SELECT")
    // One that is newer than this dbtool, with what this one does not know.
    try await hostile.execute(
      "UPDATE dbtool.settings SET value = '99' WHERE key = 'history_version'; ALTER TABLE dbtool.migrations ADD more int",
      in: "library")
    for command in ["status", "apply", "seed"] {
      let newer = try await hostile.on("library", command)
      #expect(newer.status == 1 && newer.output.contains("newer dbtool"), "\(newer.output)")
    }
  }

  /// Where any byte may stand anywhere, what is no UTF-8 keeps nobody from reading the rest.
  @Test func bytesThatAreNoTextAreReadPast() async throws {
    let hostile = try await Self.prepared()
    defer { hostile.project.remove() }
    try await hostile.execute(
      "CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'", in: "postgres")
    let apply = try await hostile.on("bytes", "apply", "--contract")
    #expect(apply.status == 0, "\(apply.output)")
    try await hostile.execute(
      #"INSERT INTO dbtool.settings VALUES ('note', convert_from('\xe4097461620a5c'::bytea, 'SQL_ASCII'))"#, in: "bytes"
    )
    let status = try await hostile.on("bytes", "status")
    #expect(status.status == 0 && status.output.contains("applied"), "\(status.output)")
  }

  /// The history of the Supabase CLI is read and written with the same care.
  @Test func aStrangersSupabaseHistoryIsRefused() async throws {
    let hostile = try await Self.prepared()
    defer { hostile.project.remove() }
    #expect(try await hostile.on("library", "apply", "--contract").status == 0)
    try await hostile.execute(
      Shadowing.trap + "GRANT ALL ON SCHEMA evil TO mallory; GRANT CREATE ON DATABASE library TO mallory",
      in: "library")
    try await hostile.execute(
      """
      CREATE SCHEMA supabase_migrations;
      CREATE VIEW supabase_migrations.schema_migrations AS
        SELECT '20260101000000'::text AS version, ''::text AS name WHERE evil.ran();
      GRANT ALL ON SCHEMA supabase_migrations TO PUBLIC;
      GRANT ALL ON supabase_migrations.schema_migrations TO PUBLIC;
      """, in: "library", as: "mallory")
    for option in ["--from-supabase", "--to-supabase"] {
      let outcome = try await hostile.on("library", "repair", option)
      #expect(outcome.status == 1 && outcome.output.contains("belongs to the role mallory"), "\(outcome.output)")
    }
    #expect(try await hostile.runs(in: "library") == "0")
  }
}
