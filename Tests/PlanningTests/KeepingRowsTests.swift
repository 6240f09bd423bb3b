import Catalog
import Introspection
import Migrations
import Planning
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// Changes that look like a drop and a create, and keep every row.
@Suite struct KeepingRowsTests {
  static let states = States(database: Database("rows") {})

  /// Applies the plan to a database with rows by psql, and compares it with the target by pg_dump.
  func migrate(
    _ before: String, rows: String, _ after: String, renaming: Bool = false, keeps query: String
  ) async throws -> (plan: Plan, rows: [String]) {
    try await Databases.with { a in
      try await Databases.withinGate { b in
        for (database, script) in [(a, before), (a, rows), (b, after)] {
          let loaded = try await Databases.psql(script, on: database)
          try #require(loaded.status == 0, "\(loaded.output)")
        }
        let (source, target) = (try await read(a), try await read(b))
        let renames = renaming ? Renames.likely(from: source, to: target) : []
        let plan = try await Self.states.plan(from: source, to: target, renaming: renames)
        let applied = try await Databases.psql(plan.script, on: a)
        try #require(applied.status == 0, "\(applied.output)\n\(plan.script)")
        #expect(try await Databases.dump(a) == Databases.dump(b), "\(plan.script)")
        #expect(try await Self.states.plan(from: try await read(a), to: target).isEmpty)
        let kept = try await Connection.with(a.target) { try await $0.query(query).map { try $0.string(0) } }
        return (plan, kept)
      }
    }
  }

  func read(_ database: ScratchDatabase) async throws -> Catalog {
    try await Connection.with(database.target) { try await CatalogReader().read($0) }.removing { $0.id.kind == .role }
  }

  @Test func rangesKeepTheirValuesWhileTheirTypeIsMadeAnew() async throws {
    func schema(_ options: String, _ multirange: String) -> String {
      """
      CREATE TYPE span AS RANGE (SUBTYPE = \(options), MULTIRANGE_TYPE_NAME = \(multirange));
      CREATE TYPE stay AS (s span, room text);
      CREATE TABLE booked (a span DEFAULT '[1,2)', b \(multirange), c span[], d stay, EXCLUDE USING gist (a WITH &&));
      CREATE TABLE also (z int) INHERITS (booked);
      """
    }
    let (plan, rows) = try await migrate(
      schema("integer", "spans"),
      rows: """
        INSERT INTO booked VALUES ('[3,4]', '{[1,2),[5,6)}', '{"[1,2)",NULL}', '("[7,8)",blue)'), (NULL, '{}', '{}', NULL);
        INSERT INTO also VALUES ('empty', NULL, NULL, '(,)', 5);
        """,
      schema("bigint", "all_spans"), keeps: "SELECT x::text FROM booked x ORDER BY 1")
    #expect(
      rows == [
        "(\"[3,4]\",\"{[1,2),[5,6)}\",\"{\"\"[1,2)\"\",NULL}\",\"(\"\"[7,8)\"\",blue)\")", "(,{},{},)",
        "(empty,,,\"(,)\")",
      ])
    #expect(plan.refusedHazards.isEmpty)
  }

  /// What is made of others waits as text while these change: nothing is cut or rounded without a word.
  @Test func valuesWithinOthersAreToldOf() async throws {
    @Sendable func schema(_ word: String, _ number: String, _ moment: String) -> String {
      """
      CREATE DOMAIN word AS \(word); CREATE DOMAIN number AS \(number);
      CREATE TYPE pair AS (w \(word), n \(number), m \(moment), t text[]);
      CREATE TYPE typed AS (n \(number));
      CREATE TABLE t (id int, d word, e word[], n number, p pair, q pair[]);
      CREATE TABLE u OF typed;
      """
    }
    let (plan, rows) = try await migrate(
      schema("varchar(9)", "numeric", "timestamptz"),
      rows: #"""
        INSERT INTO t VALUES (1, 'abc', '{a,NULL}', 1.5, ROW('a"b', 2, '2026-01-01 10:00Z', '{x,"y z",NULL}'), NULL),
          (2, NULL, NULL, NULL, ROW(NULL, NULL, NULL, NULL), '{"(,,,)"}'), (3, '', '{}', 0, ROW('', 0, NULL, '{}'), '{}');
        """#,
      schema("varchar(3)", "numeric(5,1)", "date"), keeps: "SELECT x::text FROM t x ORDER BY id")
    #expect(
      rows == [
        #"(1,abc,"{a,NULL}",1.5,"(""a""""b"",2.0,2026-01-01,""{x,""""y z"""",NULL}"")",)"#,
        #"(2,,,,"(,,,)","{""(,,,)""}")"#, #"(3,"",{},0.0,"("""",0.0,,{})",{})"#,
      ])
    for part in [
      "domain public.word, which column public.t.d",
      "attribute w of composite type public.pair, which column public.t.p",
    ] {
      #expect(plan.hazards.contains { $0.code == .refusesValues && $0.message.contains(part) }, "\(plan.hazards)")
    }
    for part in [
      "domain public.number, which column public.t.n",
      "attribute n of composite type public.pair, which column public.t.q",
      "attribute m of composite type public.pair, which column public.t.p", "column public.u.n",
    ] { #expect(plan.refusedHazards.contains { $0.message.contains(part) }, "\(part): \(plan.hazards)") }
    #expect(plan.hazards.contains { $0.code == .dependsOnSettings })
    // A value that is too long stops it.
    try await Databases.with { database in
      let script =
        schema("varchar(9)", "numeric", "timestamptz") + "INSERT INTO t (d) VALUES ('abcdef');\n" + plan.script
      let refused = try await Databases.psql(script, on: database)
      #expect(refused.status != 0 && refused.output.contains("value too long"), "\(refused.output)")
    }
  }

  /// A check that is NOT VALID is for new values, and what was computed stays when it is no longer.
  @Test func valuesComeBackToADomainThatIsMadeAnew() async throws {
    let (plan, rows) = try await migrate(
      """
      CREATE DOMAIN d AS text; CREATE TYPE c AS (d d);
      CREATE DOMAIN g AS int;
      CREATE TABLE t (id int, a d, b d[], c c, g g GENERATED ALWAYS AS (id * 2) STORED);
      """, rows: "INSERT INTO t VALUES (1, 'a', '{b,NULL}', ROW('c'))",
      """
      CREATE DOMAIN d AS varchar; ALTER DOMAIN d ADD CONSTRAINT e CHECK (length(VALUE) > 5) NOT VALID; CREATE TYPE c AS (d d);
      CREATE DOMAIN g AS bigint;
      CREATE TABLE t (id int, a d, b d[], c c, g g);
      """, keeps: "SELECT x::text FROM t x")
    #expect(rows == [#"(1,a,"{b,NULL}","(c)",2)"#], "\(plan.script)")
    #expect(plan.refusedHazards.isEmpty, "\(plan.refusedHazards)")
  }

  @Test func anEnumBecomesADomainAndADomainAnEnum() async throws {
    let table = "CREATE TABLE t (a e, b e[], c e DEFAULT 'a'); CREATE INDEX i ON t (a);"
    let states = ["CREATE TYPE e AS ENUM ('a', 'b');", "CREATE DOMAIN e AS text CHECK (VALUE IN ('a', 'b', 'c'));"]
    for (before, after) in [(states[0], states[1]), (states[1], states[0])] {
      let (plan, rows) = try await migrate(
        before + table, rows: "INSERT INTO t VALUES ('a', '{a,NULL}', 'b'), (NULL, NULL, NULL)", after + table,
        keeps: "SELECT x::text FROM t x ORDER BY a")
      #expect(rows == [#"(a,"{a,NULL}",b)"#, "(,,)"], "\(plan.script)")
      #expect(plan.refusedHazards.isEmpty && plan.hazards.contains { $0.code == .refusesValues }, "\(plan.hazards)")
    }
  }

  /// Parts of an index are called by their columns, whose names an index does not follow.
  @Test func partsOfAnIndexFollowTheirColumnsNames() async throws {
    func schema(_ column: String) -> String {
      """
      CREATE TABLE p (ts date, \(column) int, UNIQUE (ts, \(column))) PARTITION BY RANGE (ts);
      CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
      CREATE INDEX ON p (\(column)); CREATE INDEX ON p (\(column), abs(\(column)));
      """
    }
    let (plan, rows) = try await migrate(
      schema("k"), rows: "INSERT INTO p VALUES ('2020-02-02', 3)", schema("k2"), renaming: true,
      keeps: "SELECT x::text FROM p x")
    #expect(rows == ["(2020-02-02,3)"] && plan.refusedHazards.isEmpty, "\(plan.script)")
  }

  /// What JSON has no word for stays while attributes get other types: its own null, bounds of arrays, and types with a JSON of their own.
  @Test func rowsWithinArraysKeepWhatJSONCannotSay() async throws {
    @Sendable func schema(_ type: String) -> String {
      """
      CREATE EXTENSION hstore;
      CREATE TYPE c AS (a \(type), j jsonb, h hstore, i int[]); CREATE TABLE r (a \(type), j jsonb, i int[]);
      CREATE TABLE t (c c[], r r, s r[]);
      """
    }
    let values = """
      INSERT INTO t VALUES (array_fill(ROW('x', 'null', 'a=>1', '[0:1]={1,2}')::c, ARRAY[2], ARRAY[5]),
        ROW('y', 'null', '[5:5]={3}'), ARRAY[ROW('z', 'null', NULL)::r, NULL]);
      """
    let query = "SELECT x::text FROM t x"
    let (_, rows) = try await migrate(schema("varchar(9)"), rows: values, schema("text"), keeps: query)
    let expected = try await Databases.with { database in
      let loaded = try await Databases.psql(schema("text") + values, on: database)
      try #require(loaded.status == 0, "\(loaded.output)")
      return try await Connection.with(database.target) { try await $0.query(query).map { try $0.string(0) } }
    }
    #expect(rows == expected && rows.count == 1)
  }

  /// CREATE OR REPLACE computes nothing again.
  @Test func whatAFunctionHasComputedIsToldOf() async throws {
    func schema(_ factor: Int) -> String {
      """
      CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * \(factor)';
      CREATE FUNCTION outer_f(int) RETURNS int LANGUAGE sql IMMUTABLE RETURN f($1);
      CREATE FUNCTION other(int) RETURNS int LANGUAGE sql AS 'SELECT \(factor)';
      CREATE TABLE t (id int, g int GENERATED ALWAYS AS (f(id)) STORED, CHECK (f(id) > 0));
      CREATE INDEX by_f ON t (outer_f(id)); CREATE INDEX plain ON t (id);
      CREATE VIEW v AS SELECT other(1) AS o, f(2) AS f;
      """
    }
    let (plan, rows) = try await migrate(
      schema(2), rows: "INSERT INTO t VALUES (1)", schema(3), keeps: "SELECT x::text FROM t x")
    let stale = plan.hazards.filter { $0.code == .staleValues }
    #expect(rows == ["(1,2)"] && stale.count == 1, "\(plan.hazards)")
    for part in ["column public.t.g", "index public.by_f", "constraint t_id_check"] {
      #expect(stale.first?.message.contains(part) == true, "\(stale)")
    }
    #expect(stale.first?.message.contains("plain") == false)
  }

  @Test func tablesGoToOtherParentsWithTheirRows() async throws {
    let parents = """
      CREATE SCHEMA s;
      CREATE TABLE s.p (id bigint NOT NULL, at date NOT NULL, note text DEFAULT 'x', PRIMARY KEY (id, at))
        PARTITION BY RANGE (at);
      CREATE INDEX p_note ON s.p (note);
      CREATE TABLE s.q (id bigint NOT NULL, at date NOT NULL, note text, extra int, PRIMARY KEY (id, at),
        CONSTRAINT positive CHECK (id > 0)) PARTITION BY RANGE (at);
      CREATE TABLE s.mother (a int CHECK (a > 0));
      """
    let (plan, rows) = try await migrate(
      parents + """
        CREATE TABLE s.leaves PARTITION OF s.p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
        CREATE TABLE s.moves PARTITION OF s.p FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
        CREATE TABLE s.comes (id bigint NOT NULL, at date NOT NULL, note text DEFAULT 'x', PRIMARY KEY (id, at));
        CREATE TABLE s.child (b int) INHERITS (s.mother);
        CREATE VIEW s.v AS SELECT id, note FROM s.leaves;
        COMMENT ON TABLE s.leaves IS 'one'; GRANT SELECT ON s.leaves TO PUBLIC;
        """,
      rows: """
        INSERT INTO s.p VALUES (1, '2026-01-05'), (2, '2026-02-05'); INSERT INTO s.comes VALUES (3, '2026-05-05');
        INSERT INTO s.child VALUES (4, 5);
        """,
      parents + """
        CREATE TABLE s.leaves (id bigint NOT NULL, at date NOT NULL, note text DEFAULT 'x', PRIMARY KEY (id, at));
        CREATE INDEX leaves_note_idx ON s.leaves (note);
        CREATE TABLE s.moves PARTITION OF s.q FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
        CREATE TABLE s.comes (id bigint NOT NULL, at date NOT NULL, note text DEFAULT 'x',
          CONSTRAINT "its own" PRIMARY KEY (id, at));
        CREATE INDEX odd_name ON s.comes (note);
        ALTER TABLE s.p ATTACH PARTITION s.comes FOR VALUES FROM ('2026-05-01') TO ('2026-06-01');
        CREATE TABLE s.child (a int, b int, CONSTRAINT mother_a_check CHECK (a > 0));
        CREATE VIEW s.v AS SELECT id, note FROM s.leaves;
        COMMENT ON TABLE s.leaves IS 'one'; GRANT SELECT ON s.leaves TO PUBLIC;
        """,
      keeps: """
        SELECT 'leaves ' || id FROM s.leaves UNION ALL SELECT 'q ' || id FROM s.q UNION ALL SELECT 'p ' || id FROM s.p
        UNION ALL SELECT 'child ' || a FROM s.child ORDER BY 1
        """)
    #expect(rows == ["child 4", "leaves 1", "p 3", "q 2"])
    #expect(plan.refusedHazards.isEmpty)
  }

  @Test func valuesOutliveTheDomainsAndCompositesThatTheyAreOf() async throws {
    func schema(_ labels: String, _ base: String, _ attributes: String, _ check: String) -> String {
      """
      CREATE TYPE mood AS ENUM (\(labels)); CREATE DOMAIN good AS mood CHECK (VALUE::text <> '\(check)');
      CREATE DOMAIN amount AS \(base); CREATE TYPE pair AS (\(attributes));
      CREATE TABLE t (id int, g good DEFAULT 'ok', gs good[], a amount NOT NULL, p pair);
      CREATE INDEX t_g ON t (g); CREATE VIEW v AS SELECT g, p FROM t WHERE a > 1; COMMENT ON COLUMN t.g IS 'kept';
      """
    }
    let (plan, rows) = try await migrate(
      schema("'ok', 'bad'", "integer", "a integer, b text", "x"),
      rows:
        "INSERT INTO t VALUES (1, 'ok', '{ok,bad}', 7, (3, 'three')), (2, NULL, NULL, 8, NULL), (3, 'bad', '{}', 9, (NULL, NULL))",
      schema("'bad', 'ok'", "bigint", "b text, a bigint, c date", "y"),
      keeps: "SELECT concat_ws('|', id, g, gs, a, (p).a, (p).b, p IS DISTINCT FROM NULL) FROM t ORDER BY id")
    #expect(rows == ["1|ok|{ok,bad}|7|3|three|t", "2|8|f", "3|bad|{}|9|t"])
    #expect(plan.refusedHazards.isEmpty)
  }

  @Test func aDomainsConstraintIsValidatedThoughAnArrayOfItIsAColumn() async throws {
    // PostgreSQL refuses to look into arrays: the column waits as text meanwhile.
    func schema(_ validity: String) -> String {
      """
      CREATE DOMAIN d AS int; ALTER DOMAIN d ADD CONSTRAINT positive CHECK (VALUE > 0)\(validity);
      CREATE TABLE t (id int, one d, many d[] DEFAULT '{1}');
      """
    }
    let (plan, rows) = try await migrate(
      schema(" NOT VALID"), rows: "INSERT INTO t VALUES (1, 2, '{3,4}')", schema(""),
      keeps: "SELECT one || ' ' || many::text FROM t")
    #expect(rows == ["2 {3,4}"])
    #expect(plan.script.contains("VALIDATE CONSTRAINT positive"))
    #expect(plan.refusedHazards.isEmpty)
  }

  @Test func aPartitionThatComesBackKeepsTheStateOfItsTriggers() async throws {
    func schema(_ bound: String) -> String {
      """
      CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TABLE p (k text, n int) PARTITION BY LIST (k);
      CREATE TABLE p_a PARTITION OF p FOR VALUES IN (\(bound)) PARTITION BY RANGE (n);
      CREATE TABLE p_a_1 PARTITION OF p_a FOR VALUES FROM (0) TO (9);
      CREATE TRIGGER t BEFORE UPDATE ON p FOR EACH ROW EXECUTE FUNCTION f();
      ALTER TABLE p_a_1 DISABLE TRIGGER t;
      """
    }
    let (_, rows) = try await migrate(
      schema("'a'"), rows: "INSERT INTO p VALUES ('a', 1)", schema("'a', 'b'"), keeps: "SELECT k FROM p")
    #expect(rows == ["a"])
  }
}
