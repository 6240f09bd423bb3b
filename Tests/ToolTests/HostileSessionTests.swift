import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// Sessions that role and database prepare: what is first in `search_path` is not what dbtool's own statements find, and what
/// is set is not what they go by. What users write sees the session as it is.
@Suite(.serialized) struct HostileSessionTests {
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

  /// A database's owner chooses the words of what the server warns of when a session begins.
  @Test func noWarningOfASessionReachesTheTerminalAsItIs() async throws {
    let hostile = try await Self.prepared()
    defer { hostile.project.remove() }
    try await hostile.execute("CREATE DATABASE painted", in: "postgres")
    try await hostile.execute(
      "ALTER DATABASE painted SET default_tablespace = E'x\\x1b[31mRED\\x1b]0;own\\x07'", in: "postgres")
    for command in [["status"], ["apply"], ["drift"], ["seed"], ["status"], ["repair"], ["dump"], ["fingerprint"]] {
      let place = ["dump", "fingerprint"].contains(command[0]) ? [] : ["--database"]
      let outcome = try await hostile.project.dbtool(command + place + [hostile.url("painted")])
      #expect(!outcome.output.contains("\u{1b}") && !outcome.output.contains("\u{7}"), "\(command): \(outcome.output)")
    }
  }

  @Test(arguments: Shadowing.kinds)
  func whatComesFirstInTheSearchPathIsNotFound(kind: String) async throws {
    let hostile = try await Self.prepared()
    defer { hostile.project.remove() }
    try await hostile.execute("CREATE DATABASE hostile", in: "postgres")
    try await hostile.execute(Shadowing.trap, in: "hostile")
    try await hostile.execute(Shadowing.sql[kind] ?? "", in: "hostile")
    try await hostile.execute(
      """
      ALTER DATABASE hostile SET search_path = evil, pg_catalog, public;
      ALTER ROLE postgres IN DATABASE hostile SET search_path = evil, pg_catalog, public;
      """, in: "postgres")
    // What makes the database hostile is drift.
    try await everything(hostile, "hostile", drift: 2)
    #expect(
      try await hostile.ask("SELECT last_value::pg_catalog.text FROM evil.runs WHERE is_called", in: "hostile") == "")
  }

  @Test func whatIsSetOnRoleAndDatabaseDoesNotMatter() async throws {
    let hostile = try await Self.prepared()
    defer { hostile.project.remove() }
    try await hostile.execute("CREATE DATABASE hostile", in: "postgres")
    for setting in Shadowing.settings {
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
