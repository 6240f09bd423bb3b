import Catalog
import Introspection
import Migrations
import Operations
import Planning
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// What a hosting platform brings is stood in for where plans are proved, and never written or compared.
@Suite struct ExternalPresetTests {
  private static let database = Database("app") {
    External.supabase
    Profiles.self
    Avatars.self
    Greeting.greeting
  }

  @Test func aPlanProvedWithThePresetAppliesToTheRealThing() async throws {
    let states = States(database: Self.database)
    let (source, target) = (try await states.empty(), try await states.declared())
    var plan = try await states.plan(from: source, to: target)
    let prover = Prover(server: try await states.scratch(), reader: states.reader)
    let proof = try await prover.prove(
      &plan, from: try await states.replayTemplate([]), source: source, target: target)
    #expect(proof.holds, "\(proof.differences)")
    // Nothing of the platform's is written.
    for word in [
      "auth.users (", "CREATE ROLE", "EXTENSION", "supabase_realtime", "DEFAULT PRIVILEGES", "SCHEMA storage",
    ] {
      #expect(!plan.script.contains(word), "\(plan.script)")
    }
    #expect(!target.facts.keys.contains { $0.kind == .external || $0.schema == "auth" })
    // Closed to strangers although the platform opens what is new.
    #expect(plan.script.contains("REVOKE"), "\(plan.script)")

    let script = plan.script
    try await Databases.with { real in
      try await Connection.with(real.target) { connection in
        for statement in try Script.split(Self.realThing) { try await connection.execute(statement.sql) }
        for statement in try Script.split(script) { try await connection.execute(statement.sql) }
        let report = try await DriftReport.make(states: states, expected: target, connection)
        #expect(!report.hasFindings(), "\(report.findings.map(\.message))")
        // What is ours is compared all the same.
        try await connection.execute("GRANT SELECT ON avatars TO anon")
        let opened = try await DriftReport.make(states: states, expected: target, connection)
        #expect(opened.findings.map(\.code) == ["widened-grant"], "\(opened.findings.map(\.message))")
      }
    }
  }

  /// As much of a real project as differs from the stand-in: other bodies, more columns, more schemas, and what watches.
  private static let realThing = """
    DO $$ BEGIN CREATE ROLE supabase_read_only_user; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
    GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated;
    ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin GRANT SELECT ON SEQUENCES TO service_role;
    CREATE SCHEMA extensions;
    CREATE EXTENSION pgcrypto SCHEMA extensions;
    CREATE FUNCTION extensions.pgrst_ddl_watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN NOTIFY pgrst; END';
    CREATE EVENT TRIGGER pgrst_ddl_watch ON ddl_command_end EXECUTE FUNCTION extensions.pgrst_ddl_watch();
    CREATE SCHEMA graphql;
    CREATE FUNCTION graphql.resolve(query text) RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb';
    CREATE SCHEMA vault;
    CREATE TABLE vault.secrets (id uuid PRIMARY KEY, secret text);
    CREATE SCHEMA realtime;
    CREATE TABLE realtime.messages (id uuid, inserted_at timestamp) PARTITION BY RANGE (inserted_at);
    CREATE SCHEMA auth;
    CREATE TYPE auth.aal_level AS ENUM ('aal1', 'aal2', 'aal3');
    CREATE TABLE auth.users (id uuid NOT NULL PRIMARY KEY, email varchar(255), level auth.aal_level, phone text);
    CREATE TABLE auth.sessions (id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE);
    CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS
      $$ SELECT coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
                         nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
    CREATE SCHEMA storage;
    CREATE TABLE storage.buckets (id text PRIMARY KEY, name text NOT NULL, type text);
    CREATE TABLE storage.objects (id uuid PRIMARY KEY, bucket_id text REFERENCES storage.buckets, level integer);
    CREATE PUBLICATION supabase_realtime;
    """

  /// PostGIS is on some machines only; where it is not, that is said.
  @Test func postGISIsNeverWritten() async throws {
    let states = States(
      database: Database("places") {
        External.postGIS(in: Schema("gis"))
        Places.self
      })
    let server = try await states.scratch()
    let isThere = try await Connection.with(server.target(database: "postgres")) {
      try await !$0.query("SELECT FROM pg_available_extensions WHERE name = 'postgis'").isEmpty
    }
    guard isThere else {
      let failure = await #expect(throws: LoadFailure.self) { try await states.declared() }
      #expect(failure?.description.contains("postgis") == true, "\(String(describing: failure))")
      return
    }
    let (source, target) = (try await states.empty(), try await states.declared())
    var plan = try await states.plan(from: source, to: target)
    let proof = try await Prover(server: server, reader: states.reader).prove(
      &plan, from: try await states.replayTemplate([]), source: source, target: target)
    #expect(proof.holds, "\(proof.differences)")
    #expect(!plan.script.contains("EXTENSION") && plan.script.contains("USING gist"), "\(plan.script)")
  }

  @Test func whatCannotBeStoodInForIsToldWithItsLine() async throws {
    let states = States(
      database: Database("broken") {
        External("theirs", schemas: ["theirs"], standIn: "CREATE SCHEMA theirs; CREATE EXTENSION no_such_extension")
      })
    let failure = await #expect(throws: LoadFailure.self) { try await states.declared() }
    let diagnostic = try #require(failure?.diagnostics.first)
    #expect(diagnostic.location?.file.hasSuffix("ExternalPresetTests.swift") == true, "\(diagnostic)")
    #expect(diagnostic.message.contains("no_such_extension"))
  }
}

private struct Profiles: Table {
  static let name = RelationName("profiles", in: .public)
  let id = Column("id", .uuid, references: \Supabase.Users.id, onDelete: .cascade)
  let name = Column("name", .text, null: true)
  var body: TableBody {
    PrimaryKey(id)
    RowLevelSecurity()
    Policy("own", for: .all, to: Supabase.authenticated, using: "\(id) = auth.uid()")
  }
}

private struct Avatars: Table {
  static let name = RelationName("avatars", in: .public)
  let id = Column("id", .bigint, identity: .always)
  let object = Column("object_id", .uuid, references: \Supabase.Objects.id)
  var body: TableBody {
    PrimaryKey(id)
    Revoke(.all, from: Supabase.anon)
  }
}

private struct Places: Table {
  static let name = RelationName("places", in: .public)
  let id = Column("id", .bigint, identity: .always)
  let position = Column("position", .other("gis.geometry(Point, 4326)"))
  var body: TableBody {
    PrimaryKey(id)
    Index("places_position_idx", on: position, using: .gist)
  }
}

private enum Greeting {
  static let greeting = Function(
    "greeting", in: .public, returns: .type(.text), language: .sql, volatility: .stable,
    execute: [Supabase.authenticated],
    body: .inline("SELECT 'Good day, ' || name FROM public.profiles WHERE id = auth.uid()"))
}
