import Migrations
import Operations
import Planning
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// What is said of statements that the field's linters have rules for. Each is run, so the answer is PostgreSQL's.
@Suite struct LinterTests {
  private static let before = MigrationFile(
    version: "20260101000000", name: "before",
    text: """
      CREATE TABLE public.p (id bigint PRIMARY KEY);
      CREATE TABLE public.t (id bigint PRIMARY KEY, a integer, b varchar(50), at timestamp, p_id bigint);
      CREATE INDEX t_a_idx ON public.t (a);
      CREATE VIEW public.v AS SELECT id FROM public.t;
      CREATE MATERIALIZED VIEW public.m AS SELECT id FROM public.t;
      CREATE UNIQUE INDEX m_id_idx ON public.m (id);
      """)

  private func lint(_ sql: String) async throws -> [Linter.Finding] {
    let file = MigrationFile(version: "", name: "x.sql", text: sql)
    return try await Databases.gate.pass {
      try await Linter(states: States(database: Database("lint") {}))
        .lint(file, named: "x.sql", after: [Self.before])
    }
  }

  /// Of the first token, whatever comments come before it.
  @Test func linesAreThoseOfStatements() async throws {
    let found = try await lint(
      "/* a\n */ -- b\n\n/**/ ALTER TABLE public.t DROP COLUMN b;\n-- c\nDROP VIEW public.v;\n")
    #expect(found.map(\.line) == [4, 4, 6])
    let error = await #expect(throws: ReplayFailure.self) {
      try await lint("-- a\nSELECT 1;\n/* b\n */\n-- c\nSELECT nope();\n")
    }
    #expect(error?.location.line == 6)
  }

  /// Whatever the file has set: operators of its own that come first, and names that are printed otherwise.
  @Test(
    arguments: [
      """
      CREATE SCHEMA e;
      CREATE FUNCTION e.no(int, int) RETURNS bool LANGUAGE sql
        AS 'SELECT $1 OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid() AND $1 OPERATOR(pg_catalog.=) $2';
      CREATE OPERATOR e.= (LEFTARG = int, RIGHTARG = int, FUNCTION = e.no);
      SET search_path = e, pg_catalog;
      """,
      """
      CREATE SCHEMA e;
      CREATE FUNCTION e.no(oid, oid) RETURNS bool LANGUAGE sql AS 'SELECT false';
      CREATE OPERATOR e.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = e.no);
      SET search_path = e, pg_catalog;
      """, "SET quote_all_identifiers = on;",
    ])
  func whatAFileSetsHidesNothing(_ start: String) async throws {
    let sql = "CREATE INDEX i ON public.t (a);\nDROP VIEW public.v;\n"
    for text in [start + "\n" + sql, "BEGIN;\n" + start + "\n" + sql + "COMMIT;\n"] {
      let found = try await lint(text).map(\.hazard).filter { $0.code != .noLockTimeout }
      #expect(found.map(\.code) == [.blocksWrites, .breaksClients], "\(found)")
      #expect(found.first?.table == "public.t")
    }
    // What it has set is what it goes on with.
    let kept = "SELECT 1 / (current_setting('search_path') = 'public, pg_catalog')::int;"
    #expect(try await lint("SET search_path = public, pg_catalog;\nSELECT 1;\n\(kept)\n").isEmpty)
    #expect(try await lint("BEGIN;\nSET search_path = public, pg_catalog;\nSELECT 1;\nCOMMIT;\n\(kept)\n").isEmpty)
    let local = "SELECT 1 / (current_setting('search_path') <> 'public, pg_catalog')::int;"
    #expect(
      try await lint("BEGIN;\nSET LOCAL search_path = public, pg_catalog;\nSELECT 1;\nCOMMIT;\n\(local)\n").isEmpty)
  }

  private static let alter = "ALTER TABLE public.t"

  @Test(
    arguments: [
      ("\(alter) ADD COLUMN c uuid DEFAULT gen_random_uuid()", [Hazard.Code.rewrite]),
      ("\(alter) ADD COLUMN c serial", [.rewrite]),
      ("\(alter) ADD COLUMN c integer GENERATED ALWAYS AS (a + 1) STORED", [.rewrite]),
      ("\(alter) ADD COLUMN c integer NOT NULL DEFAULT 1", []),
      ("\(alter) ADD COLUMN c timestamptz DEFAULT now()", []),
      ("\(alter) ALTER COLUMN a TYPE bigint", [.rewrite]),
      // Rules that go by the words say that these rewrite the table.
      ("\(alter) ALTER COLUMN b TYPE varchar(100)", []),
      ("\(alter) ALTER COLUMN b TYPE text", []),
      ("SET LOCAL timezone = 'UTC'; \(alter) ALTER COLUMN at TYPE timestamptz", []),
      // And that this one does not.
      ("SET LOCAL timezone = 'Europe/Zurich'; \(alter) ALTER COLUMN at TYPE timestamptz", [.rewrite]),
      ("\(alter) ALTER COLUMN a SET NOT NULL", [.blocksReads]),
      ("\(alter) ADD CHECK (a IS NOT NULL) NOT VALID", []),
      ("\(alter) ADD CHECK (a >= 0)", [.blocksReads]),
      ("\(alter) ADD FOREIGN KEY (p_id) REFERENCES public.p NOT VALID", [.blocksWrites, .blocksWrites]),
      ("\(alter) ADD UNIQUE (a)", [.blocksReads]),
      ("\(alter) ADD EXCLUDE USING btree (a WITH =)", [.blocksReads]),
      ("CREATE INDEX ON public.t (b)", [.blocksWrites]),
      ("DROP INDEX public.t_a_idx", []),
      ("REINDEX INDEX public.t_a_idx", [.blocksReads]),
      ("\(alter) DROP COLUMN b", [.dataLoss]),
      ("DROP TABLE public.p", [.dataLoss]),
      ("TRUNCATE public.t", [.dataLoss]),
      ("\(alter) RENAME COLUMN b TO c", [.breaksClients]),
      ("\(alter) RENAME TO s", [.breaksClients]),
      ("DROP VIEW public.v", [.breaksClients]),
      ("REFRESH MATERIALIZED VIEW public.m", [.rewrite]),
      ("REFRESH MATERIALIZED VIEW CONCURRENTLY public.m", [.blocksWrites]),
      (
        "CREATE TRIGGER g BEFORE UPDATE ON public.t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        [.blocksWrites]
      ),
      ("CLUSTER public.t USING t_a_idx", [.rewrite]),
      ("\(alter) SET UNLOGGED", [.rewrite, .losesRows]),
      (
        "CREATE TABLE public.n (a integer UNIQUE); CREATE INDEX ON public.n (a); ALTER TABLE public.n ADD CHECK (a > 0)",
        []
      ),
    ] as [(String, [Hazard.Code])])
  func oneStatement(sql: String, codes: [Hazard.Code]) async throws {
    let findings = try await lint("BEGIN; SET LOCAL lock_timeout = '1s'; \(sql); COMMIT;")
    #expect(findings.map(\.hazard.code) == codes, "\(sql): \(findings)")
  }

  @Test(
    arguments: [
      ("CREATE INDEX CONCURRENTLY c ON public.t (b)", []),
      ("DROP INDEX CONCURRENTLY public.t_a_idx", []),
      ("REINDEX INDEX CONCURRENTLY public.t_a_idx", []),
      ("VACUUM public.t", []),
      ("VACUUM FULL public.t", [Hazard.Code.rewrite]),
      ("CREATE INDEX c ON public.t (b)", [.blocksWrites, .noLockTimeout]),
    ] as [(String, [Hazard.Code])])
  func aStatementThatStandsAlone(sql: String, codes: [Hazard.Code]) async throws {
    #expect(try await lint(sql + ";").map(\.hazard.code) == codes, "\(sql)")
  }

  @Test func whatIsMeantIsCounted() async throws {
    let findings = try await lint(
      """
      BEGIN;
      SET LOCAL lock_timeout = '1s';
      -- dbtool:allow data-loss nobody has used it since March
      ALTER TABLE public.t DROP COLUMN b;
      -- dbtool:allow data-loss
      ALTER TABLE public.t DROP COLUMN a;
      COMMIT;
      """)
    #expect(findings.map(\.line) == [4, 6])
    // Without a reason it is not.
    #expect(findings.map(\.allowed) == ["nobody has used it since March", nil])
  }

  @Test func whatPostgresRefusesIsNamed() async throws {
    let error = await #expect(throws: ReplayFailure.self) {
      _ = try await lint("SELECT 1;\nBEGIN;\nCREATE INDEX CONCURRENTLY c ON public.t (b);\nCOMMIT;")
    }
    #expect(error.map { "\($0.location)" } == "x.sql:3")
  }
}
