import Migrations
import Operations
import Planning
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// Rules of other linters for migrations (squawk, strong_migrations, Atlas, Eugene), each with a statement that it is about
/// and with what PostgreSQL was seen to do. Where a rule is about design (which type, which name) and not about a database
/// in use, nothing is said; where it goes by words and is wrong about PostgreSQL, that is shown.
@Suite struct LinterRuleTests {
  struct Rule: Sendable, CustomTestStringConvertible {
    var name: String
    var sql: String
    var codes: [Hazard.Code]
    init(_ name: String, _ sql: String, _ codes: [Hazard.Code] = []) {
      self.name = name
      self.sql = sql
      self.codes = codes
    }
    var testDescription: String { name }
  }

  private static let before = MigrationFile(
    version: "20260101000000", name: "before",
    text: """
      CREATE SCHEMA s;
      CREATE DOMAIN public.d AS integer;
      CREATE TYPE public.mood AS ENUM ('good', 'fine');
      CREATE TABLE s.x (id bigint PRIMARY KEY);
      CREATE TABLE public.p (id bigint PRIMARY KEY, code text);
      CREATE TABLE public.t (
        id bigint PRIMARY KEY, a integer, b varchar(50) NOT NULL, c public.d, n numeric(10, 2), p_id bigint);
      CREATE UNIQUE INDEX t_a_key ON public.t (a);
      CREATE INDEX t_b_idx ON public.t (b);
      ALTER TABLE public.t ADD CONSTRAINT t_p_fkey FOREIGN KEY (p_id) REFERENCES public.p;
      ALTER TABLE public.t ADD CONSTRAINT t_a_check CHECK (a >= 0) NOT VALID;
      CREATE TABLE public.parted (id bigint, at date) PARTITION BY RANGE (at);
      CREATE TABLE public.part_1 PARTITION OF public.parted FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
      CREATE TABLE public.part_rest PARTITION OF public.parted DEFAULT;
      CREATE TABLE public.beside (id bigint, at date);
      CREATE TABLE public.empty (id bigint, at date CHECK (at < '1900-01-01'));
      CREATE EXTENSION citext; CREATE SEQUENCE public.sq;
      CREATE FUNCTION public.f(x integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
      CREATE FUNCTION public.trg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TABLE public.sec (id bigint PRIMARY KEY, n integer NOT NULL DEFAULT 3 UNIQUE);
      CREATE TRIGGER g BEFORE INSERT ON public.sec FOR EACH ROW EXECUTE FUNCTION public.trg();
      ALTER TABLE public.sec ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON public.sec USING (id > 0);
      GRANT SELECT ON public.sec TO pg_monitor;
      """)

  private func lint(_ sql: String) async throws -> [Linter.Finding] {
    let file = MigrationFile(version: "", name: "x.sql", text: sql)
    return try await Databases.gate.pass {
      try await Linter(states: States(database: Database("rules") {}))
        .lint(file, named: "x.sql", after: [Self.before])
    }
  }

  private static let t = "ALTER TABLE public.t"
  private static let long = String(repeating: "z", count: 70)

  private static let rules: [Rule] = [
    // Columns.
    Rule("squawk adding-field-with-default, constant", "\(t) ADD COLUMN z integer DEFAULT 1"),
    Rule("strong_migrations volatile default, Atlas PG302", "\(t) ADD COLUMN z float DEFAULT random()", [.rewrite]),
    Rule(
      "squawk adding-serial-primary-key-field", "ALTER TABLE public.beside ADD COLUMN z serial PRIMARY KEY", [.rewrite]),
    Rule("strong_migrations auto-incrementing column, Eugene E11", "\(t) ADD COLUMN z bigserial", [.rewrite]),
    Rule(
      "Eugene E11, identity", "\(t) ADD COLUMN z bigint GENERATED ALWAYS AS IDENTITY", [.rewrite]),
    Rule(
      "strong_migrations stored generated column", "\(t) ADD COLUMN z integer GENERATED ALWAYS AS (a * 2) STORED",
      [.rewrite]),
    Rule("strong_migrations and Eugene E3, json column", "\(t) ADD COLUMN z json", [.breaksClients]),
    Rule("jsonb column", "\(t) ADD COLUMN z jsonb"),
    Rule("squawk ban-drop-column, Atlas DS103", "\(t) DROP COLUMN a", [.dataLoss]),
    Rule("squawk renaming-column, Atlas BC102", "\(t) RENAME COLUMN a TO z", [.breaksClients]),
    Rule("squawk changing-column-type, Atlas PG301, Eugene E5", "\(t) ALTER COLUMN a TYPE bigint", [.rewrite]),
    Rule("strong_migrations safe: varchar longer", "\(t) ALTER COLUMN b TYPE varchar(60)"),
    Rule("strong_migrations unsafe: varchar shorter", "\(t) ALTER COLUMN b TYPE varchar(40)", [.rewrite]),
    Rule("strong_migrations safe: numeric wider, same scale", "\(t) ALTER COLUMN n TYPE numeric(12, 2)"),
    Rule("strong_migrations unsafe: numeric, other scale", "\(t) ALTER COLUMN n TYPE numeric(12, 4)", [.rewrite]),
    Rule(
      "squawk adding-not-nullable-field, Atlas PG303, Eugene E2", "\(t) ALTER COLUMN a SET NOT NULL", [.blocksReads]),
    // PostgreSQL believes the check, which rules that go by words do not know of.
    Rule(
      "strong_migrations safe: NOT NULL after a check",
      "\(t) ADD CONSTRAINT z CHECK (a IS NOT NULL) NOT VALID; COMMIT; \(t) VALIDATE CONSTRAINT z; BEGIN; "
        + "SET LOCAL lock_timeout = '1s'; \(t) ALTER COLUMN a SET NOT NULL"),
    Rule("squawk ban-drop-not-null", "\(t) ALTER COLUMN b DROP NOT NULL", [.losesGuarantee]),
    // Constraints.
    Rule("squawk constraint-missing-not-valid, Atlas PG305", "\(t) ADD CHECK (a > -1)", [.blocksReads]),
    Rule(
      "Eugene E1, validated in the same transaction",
      "\(t) ADD CONSTRAINT z CHECK (a > -1) NOT VALID; \(t) VALIDATE CONSTRAINT z", [.blocksReads]),
    Rule(
      "squawk adding-foreign-key-constraint, Atlas PG306", "\(t) ADD FOREIGN KEY (id) REFERENCES public.p",
      [.blocksWrites, .blocksWrites]),
    Rule(
      "strong_migrations adding a reference",
      "\(t) ADD COLUMN z bigint REFERENCES public.p; CREATE INDEX ON public.t (z)",
      [.blocksWrites, .blocksReads, .blocksWrites]),
    Rule("squawk disallowed-unique-constraint, Atlas PG105, Eugene E7", "\(t) ADD UNIQUE (a)", [.blocksReads]),
    Rule("Eugene E8, Atlas PG311", "\(t) ADD EXCLUDE USING btree (a WITH =)", [.blocksReads]),
    Rule("Atlas PG104", "ALTER TABLE public.beside ADD PRIMARY KEY (id)", [.blocksReads]),
    Rule(
      "Eugene W14, Atlas PG304", "\(t) DROP CONSTRAINT t_pkey; \(t) ADD PRIMARY KEY USING INDEX t_a_key",
      [.blocksReads, .losesGuarantee]),
    Rule("Atlas CD101, squawk ban-drop-constraint", "\(t) DROP CONSTRAINT t_p_fkey", [.losesGuarantee]),
    Rule("validating beside clients", "\(t) VALIDATE CONSTRAINT t_a_check"),
    Rule(
      "squawk ban-alter-domain-with-add-constraint", "ALTER DOMAIN public.d ADD CHECK (VALUE > -1)", [.blocksWrites]),
    Rule("squawk ban-create-domain-with-constraint", "CREATE DOMAIN public.e AS integer CHECK (VALUE > 0)"),
    // Indexes.
    Rule(
      "squawk require-concurrent-index-creation, Atlas PG101, Eugene E6", "CREATE INDEX ON public.t (n)",
      [.blocksWrites]),
    Rule("Atlas MF101 and MF102", "DROP INDEX public.t_b_idx; CREATE UNIQUE INDEX ON public.t (b)", [.blocksReads]),
    Rule("squawk require-concurrent-index-deletion, Atlas PG102: short", "DROP INDEX public.t_b_idx"),
    Rule("strong_migrations: four columns", "COMMIT; CREATE INDEX CONCURRENTLY z ON public.t (a, b, c, n); BEGIN"),
    // Tables.
    Rule("squawk ban-drop-table, Atlas DS102", "DROP TABLE public.beside", [.dataLoss]),
    Rule("Atlas DS101, squawk ban-drop-schema", "DROP SCHEMA s CASCADE", [.dataLoss, .breaksClients]),
    Rule("squawk ban-drop-database", "COMMIT; DROP DATABASE another; BEGIN", [.dataLoss]),
    Rule("squawk ban-truncate-cascade", "TRUNCATE public.p CASCADE", [.dataLoss]),
    Rule("squawk renaming-table, Atlas BC101", "\(t) RENAME TO z", [.breaksClients]),
    Rule("strong_migrations renaming a schema", "ALTER SCHEMA s RENAME TO z", [.breaksClients, .breaksClients]),
    Rule(
      "strong_migrations creating with force", "DROP TABLE public.p CASCADE; CREATE TABLE public.p (id bigint)",
      [.dataLoss, .losesGuarantee, .losesGuarantee]),
    Rule("squawk prefer-repack", "COMMIT; VACUUM FULL public.t; BEGIN", [.rewrite]),
    Rule("squawk prefer-repack, cluster", "CLUSTER public.t USING t_b_idx", [.rewrite]),
    Rule(
      "squawk require-concurrent-partition-detach, a default there",
      "ALTER TABLE public.parted DETACH PARTITION public.part_1"),
    Rule(
      "attaching reads the default partition",
      "ALTER TABLE public.parted ATTACH PARTITION public.empty FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')",
      [.blocksReads, .blocksReads]),
    Rule(
      "a partition past its table's policies",
      "ALTER TABLE public.parted ENABLE ROW LEVEL SECURITY; GRANT SELECT ON public.part_1 TO PUBLIC",
      [.bypassesPolicies, .changesAccess, .changesAccess]),
    Rule(
      "a column of a partition past its table's policies",
      "ALTER TABLE public.parted ENABLE ROW LEVEL SECURITY; GRANT SELECT (at) ON public.part_1 TO PUBLIC",
      [.bypassesPolicies, .changesAccess, .changesAccess]),
    Rule(
      "policies of a table whose partitions are open",
      "GRANT SELECT ON public.part_1 TO PUBLIC; ALTER TABLE public.parted ENABLE ROW LEVEL SECURITY",
      [.bypassesPolicies, .changesAccess, .changesAccess]),
    Rule(
      "a partition that has no policies and asks for them",
      """
      ALTER TABLE public.parted ENABLE ROW LEVEL SECURITY; ALTER TABLE public.part_1 ENABLE ROW LEVEL SECURITY;
      GRANT SELECT ON public.part_1 TO PUBLIC
      """, [.changesAccess, .changesAccess]),
    // Rows.
    Rule("strong_migrations backfilling", "UPDATE public.t SET n = 0", [.locksRows]),
    Rule("one row by its key", "UPDATE public.t SET n = 0 WHERE id = 1"),
    Rule("in batches", "COMMIT;\n-- dbtool:backfill\nUPDATE public.t SET n = 0; BEGIN"),
    Rule("all rows", "DELETE FROM public.t", [.dataLoss, .locksRows]),
    Rule(
      "Eugene E4, strong_migrations backfilling beside a change",
      "\(t) ADD COLUMN z integer; UPDATE public.p SET code = id::text", [.blocksReads, .locksRows]),
    Rule("Eugene E10", "\(t) ALTER COLUMN a TYPE bigint; SELECT count(*) FROM public.p", [.rewrite, .blocksReads]),
    // Types.
    Rule("squawk require-enum-value-ordering", "COMMIT; ALTER TYPE public.mood ADD VALUE 'great'; BEGIN"),
    Rule("Atlas, squawk ban-drop-type", "DROP TYPE public.mood", [.breaksClients]),
    Rule("squawk renaming-object, a label", "ALTER TYPE public.mood RENAME VALUE 'good' TO 'great'", [.breaksClients]),
    Rule("squawk renaming-object, a type", "ALTER TYPE public.mood RENAME TO moods", [.breaksClients]),
    Rule("squawk ban-drop-domain", "CREATE DOMAIN public.e AS text; DROP DOMAIN public.e"),
    // Functions.
    Rule("squawk ban-drop-function", "DROP FUNCTION public.f(integer)", [.breaksClients]),
    Rule("squawk renaming-object, a function", "ALTER FUNCTION public.f(integer) RENAME TO g", [.breaksClients]),
    Rule("squawk ban-set-schema, a function", "ALTER FUNCTION public.f(integer) SET SCHEMA s", [.breaksClients]),
    Rule(
      "a function made anew with the same arguments",
      "DROP FUNCTION public.f(integer); CREATE FUNCTION public.f(y integer) RETURNS integer LANGUAGE sql AS 'SELECT 2'"),
    Rule(
      "a function with other arguments",
      "DROP FUNCTION public.f(integer); CREATE FUNCTION public.f(y text) RETURNS integer LANGUAGE sql AS 'SELECT 2'",
      [.breaksClients]),
    // Defaults, numbers and names.
    Rule("squawk ban-drop-default", "ALTER TABLE public.sec ALTER n DROP DEFAULT", [.breaksClients]),
    Rule("another default", "ALTER TABLE public.sec ALTER n SET DEFAULT 7"),
    Rule("squawk ban-drop-sequence", "DROP SEQUENCE public.sq", [.breaksClients]),
    Rule(
      "squawk ban-alter-identity, a filled key", "ALTER TABLE public.sec ALTER id ADD GENERATED ALWAYS AS IDENTITY",
      [.takesNumbers]),
    Rule(
      "an identity that begins behind the rows",
      "ALTER TABLE public.sec ALTER id ADD GENERATED ALWAYS AS IDENTITY (START 1000)"),
    Rule(
      "squawk identifier-too-long, two of one beginning",
      "CREATE TABLE IF NOT EXISTS public.\(long)_a (a integer); CREATE TABLE IF NOT EXISTS public.\(long)_b (b text)",
      [.skipsExisting]),
    Rule(
      "another index of that name",
      "COMMIT; SET lock_timeout = '1s'; CREATE INDEX CONCURRENTLY IF NOT EXISTS t_b_idx ON public.t (n); BEGIN",
      [.skipsExisting]),
    Rule("a name that is free", "COMMIT; CREATE INDEX CONCURRENTLY IF NOT EXISTS t_n_idx ON public.t (n); BEGIN"),
    Rule("a sequence of that name", "CREATE SEQUENCE IF NOT EXISTS public.sq", [.skipsExisting]),
    // Who may.
    Rule("squawk ban-revoke", "REVOKE SELECT ON public.sec FROM pg_monitor", [.changesAccess]),
    Rule("GRANT TO PUBLIC", "GRANT SELECT ON public.p TO PUBLIC", [.changesAccess]),
    Rule("a new table for everybody", "CREATE TABLE public.z (a integer); GRANT SELECT ON public.z TO PUBLIC"),
    Rule("row level security without a policy", "ALTER TABLE public.p ENABLE ROW LEVEL SECURITY", [.changesAccess]),
    Rule(
      "row level security with its policy",
      "ALTER TABLE public.p ENABLE ROW LEVEL SECURITY; CREATE POLICY z ON public.p USING (id > 0)"),
    Rule("squawk ban-alter-row-level-security", "ALTER TABLE public.sec DISABLE ROW LEVEL SECURITY", [.changesAccess]),
    Rule("squawk ban-drop-policy", "DROP POLICY own ON public.sec", [.changesAccess]),
    Rule("a policy made anew", "DROP POLICY own ON public.sec; CREATE POLICY own ON public.sec USING (id > 2)"),
    Rule("a policy for all rows", "CREATE POLICY z ON public.sec USING (true)", [.changesAccess]),
    Rule("squawk ban-alter-policy-condition", "ALTER POLICY own ON public.sec USING (true)", [.changesAccess]),
    // What is kept.
    Rule("squawk ban-drop-trigger", "DROP TRIGGER g ON public.sec", [.losesGuarantee]),
    Rule("a key", "ALTER TABLE public.sec DROP CONSTRAINT sec_n_key", [.losesGuarantee]),
    Rule("a check", "\(t) DROP CONSTRAINT t_a_check", [.losesGuarantee]),
    Rule("squawk ban-drop-extension", "DROP EXTENSION citext", [.breaksClients]),
    Rule("rows that a crash takes", "CREATE UNLOGGED TABLE public.z (a integer)", [.losesRows]),
    // What waits for others.
    Rule("squawk require-concurrent-reindex", "REINDEX INDEX public.t_b_idx", [.blocksReads]),
    Rule("reindex beside clients", "COMMIT; REINDEX INDEX CONCURRENTLY public.t_b_idx; BEGIN"),
    Rule(
      "a trigger's lock while an index is built",
      "CREATE TRIGGER h BEFORE UPDATE ON public.t FOR EACH ROW EXECUTE FUNCTION public.trg(); CREATE INDEX ON public.p (code)",
      [.blocksWrites, .blocksWrites, .blocksWrites]),
    // Design: a database in use does not notice.
    Rule("squawk ban-char-field", "CREATE TABLE public.z (a char(3))"),
    Rule("squawk prefer-text-field", "CREATE TABLE public.z (a varchar(3))"),
    Rule("squawk prefer-bigint-over-int and -smallint", "CREATE TABLE public.z (a integer, b smallint)"),
    Rule("squawk prefer-identity", "CREATE TABLE public.z (a bigserial)"),
    Rule("squawk prefer-timestamptz", "CREATE TABLE public.z (a timestamp)"),
    Rule("squawk identifier-too-long", "CREATE TABLE public.\(String(repeating: "z", count: 70)) (a integer)"),
    Rule("squawk prefer-robust-stmts: in a transaction all or nothing", "CREATE TABLE public.z (a bigint)"),
    Rule("Eugene W12", "\(t) ADD COLUMN y integer; \(t) ADD COLUMN z integer"),
    Rule("Eugene W13", "CREATE TYPE public.z AS ENUM ('a')"),
    Rule("Atlas AR101, alignment", "CREATE TABLE public.z (a boolean, b bigint, c boolean)"),
  ]

  @Test(arguments: rules)
  func aRule(rule: Rule) async throws {
    let findings = try await lint("BEGIN; SET LOCAL lock_timeout = '1s'; \(rule.sql); COMMIT;")
    #expect(findings.map(\.hazard.code) == rule.codes, "\(rule.sql): \(findings)")
  }

  /// squawk require-timeout-settings, Eugene E9.
  @Test func aLockWithoutATimeout() async throws {
    let findings = try await lint("BEGIN; ALTER TABLE public.t ADD COLUMN z integer; COMMIT;")
    #expect(findings.map(\.hazard.code) == [.noLockTimeout])
  }

  /// Names with spaces, dots and quotes are told as SQL has them.
  @Test func namesAreToldAsTheyAre() async throws {
    let before = MigrationFile(
      version: "20260102000000", name: "odd",
      text: """
        CREATE TABLE public."t x" (id bigint PRIMARY KEY, "c d" text, "e.f" text, "g""h" text);
        CREATE TABLE public."t" (id bigint PRIMARY KEY, x text);
        CREATE PUBLICATION "p q" FOR TABLE public."t x";
        """)
    func messages(_ sql: String) async throws -> [String] {
      let file = MigrationFile(
        version: "", name: "x.sql", text: "BEGIN; SET LOCAL lock_timeout = '1s'; \(sql); COMMIT;")
      return try await Databases.gate.pass {
        try await Linter(states: States(database: Database("rules") {})).lint(file, named: "x.sql", after: [before])
      }.map(\.hazard.message)
    }
    let table = #"public."t x""#
    #expect(
      try await messages("DROP TABLE \(table)") == [
        #"drops public."t x" with what is in it"#
      ])
    #expect(
      try await messages(#"ALTER TABLE \#(table) DROP COLUMN "c d""#) == [
        #"drops public."t x"."c d" with what is in it"#,
        #"public."t x" is published by p q: "c d" is dropped here first, and on the subscribers last"#,
      ])
    #expect(
      try await messages(#"ALTER TABLE \#(table) RENAME COLUMN "e.f" TO "i j""#).contains(
        #"public."t x"."e.f" has another name from then on; what uses the old one fails"#))
    #expect(
      try await messages(#"ALTER TABLE \#(table) ADD COLUMN "k l" json"#) == [
        #"public."t x" is published by p q: "k l" is added here after it was added on the subscribers"#,
        #"queries with DISTINCT on all columns of public."t x" fail from then on: "k l" has no equality"#,
      ])
    #expect(
      try await messages(#"ALTER TABLE \#(table) RENAME TO "y z""#).contains(
        #"public."t x" has another name from then on; what uses the old one fails"#))
    // The table of the same first word is another.
    #expect(try await messages(#"ALTER TABLE public.t DROP COLUMN x"#) == ["drops public.t.x with what is in it"])
  }

  /// squawk ban-uncommitted-transaction and transaction-nesting, Atlas TX101.
  @Test(arguments: ["BEGIN; SELECT 1;", "BEGIN; BEGIN; SELECT 1; COMMIT; COMMIT;", "SELECT 1; COMMIT;"])
  func transactionsThatDoNotPairUp(sql: String) async throws {
    await #expect(throws: MigrationError.self) { _ = try await lint(sql) }
  }

  /// squawk adding-required-field, Atlas MF103, squawk ban-concurrent-index-creation-in-transaction, Atlas MF104: refused
  /// by PostgreSQL, with the line.
  @Test(
    arguments: [
      ("BEGIN;\nALTER TABLE public.t ADD COLUMN z integer NOT NULL;\nCOMMIT;", "23502"),
      ("BEGIN;\nCREATE INDEX CONCURRENTLY z ON public.t (b);\nCOMMIT;", "25001"),
      ("BEGIN;\nDROP INDEX CONCURRENTLY public.t_b_idx;\nCOMMIT;", "25001"),
    ])
  func whatPostgresRefuses(sql: String, state: String) async throws {
    let error = await #expect(throws: ReplayFailure.self) { _ = try await lint(sql) }
    #expect(error?.location.line == 2)
    #expect(error?.error.sqlState.map { "\($0)" } == state)
  }
}
