import Catalog
import Migrations
import Operations
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// What pending migrations touch, and what has nothing to do with them.
@Suite struct TouchedDriftTests {
  private static let states = States(database: Database("touched") {})

  private static let start = """
    CREATE TABLE a (id int PRIMARY KEY, n text, m int);
    CREATE INDEX a_m ON a (m);
    CREATE VIEW v AS SELECT id, n FROM a;
    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE TABLE b (id int);
    CREATE TYPE kind AS ENUM ('x'); CREATE TYPE pair AS (x int); CREATE DOMAIN small AS int CHECK (value < 9);
    CREATE FUNCTION g() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
    """

  /// What is pending, what somebody did meanwhile, and what apply has to say of it.
  struct Case: Sendable, CustomTestStringConvertible {
    var pending: String
    var tampering: String
    var finding: String?
    var testDescription: String { "\(pending) after \(tampering)" }
  }

  @Test(arguments: [
    Case(
      pending: "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2';",
      tampering: "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 99'",
      finding: "different function public.f"),
    Case(
      pending: "ALTER TABLE a ALTER m TYPE bigint;", tampering: "ALTER TABLE a ALTER m TYPE numeric",
      finding: "different column public.a.m"),
    // What goes with a table that is dropped.
    Case(
      pending: "DROP TABLE b;", tampering: "ALTER TABLE b ADD COLUMN kept text", finding: "extra column public.b.kept"),
    Case(
      pending: "DROP VIEW v;", tampering: "CREATE OR REPLACE VIEW v AS SELECT id, n, m FROM a", finding: "view public.v"
    ),
    // What has to be built anew with it, and what stands in its way.
    Case(
      pending: "DROP VIEW v; ALTER TABLE a ALTER n TYPE varchar(50); CREATE VIEW v AS SELECT id, n FROM a;",
      tampering: "CREATE OR REPLACE VIEW v AS SELECT id, n FROM a WHERE m > 1", finding: "different view public.v"),
    Case(
      pending: "DROP TABLE b;", tampering: "CREATE VIEW mine AS SELECT id FROM b", finding: "extra view public.mine"),
    // Parts of what was made by hand, which CASCADE would take along.
    Case(
      pending: "DROP TYPE kind CASCADE;", tampering: "CREATE TABLE mine (k kind)", finding: "extra table public.mine"),
    Case(
      pending: "DROP TYPE pair CASCADE;", tampering: "CREATE TABLE mine (k pair[])", finding: "extra table public.mine"),
    Case(
      pending: "DROP DOMAIN small CASCADE;", tampering: "CREATE TABLE mine (k small)",
      finding: "extra table public.mine"),
    Case(pending: "DROP TABLE b CASCADE;", tampering: "CREATE TABLE mine (k b)", finding: "extra table public.mine"),
    Case(
      pending: "DROP FUNCTION g() CASCADE;", tampering: "CREATE TABLE mine (k int DEFAULT g())",
      finding: "extra table public.mine"),
    Case(
      pending: "DROP FUNCTION g() CASCADE;", tampering: "CREATE TABLE mine (k int CHECK (k > g()))",
      finding: "extra table public.mine"),
    Case(
      pending: "DROP FUNCTION g() CASCADE;",
      tampering: "CREATE TABLE mine (k int); CREATE POLICY p ON mine USING (k > g())",
      finding: "extra table public.mine"),
    Case(
      pending: "DROP TABLE a CASCADE;", tampering: "CREATE TABLE mine (k int REFERENCES a)",
      finding: "extra table public.mine"),
    Case(
      pending: "ALTER TABLE b ADD COLUMN x int; ALTER TABLE b DROP COLUMN id;",
      tampering: "CREATE TABLE mine () INHERITS (b)",
      finding: "extra table public.mine"),
    Case(pending: "ALTER TABLE a ADD COLUMN x int;", tampering: "CREATE TABLE mine (k kind) INHERITS (b)"),
    // Made by hand, and otherwise.
    Case(
      pending: "ALTER TABLE a ADD COLUMN IF NOT EXISTS x int;", tampering: "ALTER TABLE a ADD COLUMN x text",
      finding: "extra column public.a.x"),
    // What is not there to be added to.
    Case(pending: "ALTER TABLE b ADD COLUMN x int;", tampering: "DROP TABLE b", finding: "missing table public.b"),
    // Made again as it was, or dropped only where it is: what the migrations lead to stays the same.
    Case(
      pending: "BEGIN; DROP TABLE b; CREATE TABLE b (id int); COMMIT;", tampering: "ALTER TABLE b ADD COLUMN kept text",
      finding: "extra column public.b.kept"),
    Case(
      pending: "DROP TABLE b CASCADE; CREATE TABLE public.b (id int);",
      tampering: "CREATE TABLE mine (k b)", finding: "extra table public.mine"),
    Case(
      pending: "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
      tampering: "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 99'",
      finding: "different function public.f"),
    Case(
      pending: "CREATE OR REPLACE VIEW public.v AS SELECT id, n FROM a;",
      tampering: "CREATE OR REPLACE VIEW v AS SELECT id, n FROM a WHERE m > 1", finding: "different view public.v"),
    Case(
      pending: "DROP TABLE IF EXISTS mine;", tampering: "CREATE TABLE mine (k int)",
      finding: "extra table public.mine"),
    Case(
      pending: "DROP FUNCTION IF EXISTS public.mine(int);",
      tampering: "CREATE FUNCTION mine(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
      finding: "extra function public.mine"
    ),
    Case(
      pending: "ALTER TABLE b DROP COLUMN IF EXISTS kept;", tampering: "ALTER TABLE b ADD COLUMN kept text",
      finding: "extra column public.b.kept"),
    Case(
      pending: "ALTER TABLE b DROP CONSTRAINT IF EXISTS kept;",
      tampering: "ALTER TABLE b ADD CONSTRAINT kept CHECK (id > 0)",
      finding: "extra constraint kept on public.b"),
    Case(
      pending: "DROP INDEX public.a_m; CREATE INDEX a_m ON a (m);",
      tampering: "DROP INDEX a_m; CREATE INDEX a_m ON a (m) WHERE m > 1", finding: "different index public.a_m"),
    Case(
      pending: "DROP TYPE IF EXISTS mine; CREATE SCHEMA IF NOT EXISTS public;",
      tampering: "CREATE TYPE mine AS ENUM ('a')", finding: "extra enum public.mine"),
    Case(pending: "DROP TABLE IF EXISTS other.mine;", tampering: "CREATE TABLE mine (k int)"),
    Case(
      pending: "ALTER TABLE b DROP COLUMN IF EXISTS other;", tampering: "ALTER TABLE b ADD COLUMN kept text"),
    // What has nothing to do with it.
    Case(pending: "ALTER TABLE a ADD COLUMN x int;", tampering: "CREATE TABLE stray (id int); DROP TABLE b"),
    Case(
      pending: "ALTER TABLE a ALTER m TYPE bigint;",
      tampering: "ALTER TABLE a ADD COLUMN other text; COMMENT ON TABLE b IS 'x'"),
    Case(pending: "CREATE TABLE c (id int);", tampering: "ALTER TABLE b ADD COLUMN other text"),
    Case(pending: "INSERT INTO a VALUES (1);", tampering: "ALTER TABLE a ADD COLUMN other text"),
    // The same as it will be.
    Case(pending: "ALTER TABLE a ADD COLUMN IF NOT EXISTS x int;", tampering: "ALTER TABLE a ADD COLUMN x int"),
  ])
  func driftIsThatOfWhatIsTouched(test: Case) async throws {
    let files = [
      MigrationFile(version: "20260101000000", name: "start", text: Self.start),
      MigrationFile(version: "20260102000000", name: "next", text: test.pending),
    ]
    let lock = try await Self.states.catalog(after: files, within: Catalog())
    let messages = try await Databases.with { database in
      // The scratch server's role has the name of the history's schema, which "$user" would find first.
      try await Connection.with(database.target) {
        _ = try await $0.execute("ALTER DATABASE \(Quote.identifier(database.name)) SET search_path = public")
      }
      _ = try await Applier(target: database.target, files: [files[0]]).apply { _ in }
      return try await Connection.with(database.target) { connection in
        try await connection.execute(test.tampering)
        let pending = try await Applier(target: database.target, files: files).pending(connection)
        return try await TouchedDrift(states: Self.states, files: files, lock: lock).findings(pending, connection)
          .map(\.message)
      }
    }
    if let finding = test.finding {
      #expect(messages.joined().contains(finding), "\(messages)")
    } else {
      #expect(messages.isEmpty, "\(messages)")
    }
  }
}
