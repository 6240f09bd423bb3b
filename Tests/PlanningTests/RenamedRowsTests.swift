import Catalog
import Introspection
import Migrations
import Planning
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// What is called otherwise keeps its rows.
extension KeepingRowsTests {
  @Test func whatIsRenamedKeepsItsRowsAndWhatIsBuiltOnIt() async throws {
    func schema(_ table: String, _ column: String) -> String {
      """
      CREATE TABLE \(table) (id int CONSTRAINT \(table)_pkey PRIMARY KEY, \(column) text NOT NULL, age int, born date);
      CREATE INDEX \(table)_\(column)_idx ON \(table) (lower(\(column)));
      ALTER TABLE \(table) ADD CONSTRAINT \(table)_age CHECK (age > 0);
      CREATE VIEW adults AS SELECT id, \(column) FROM \(table) WHERE age > 17;
      CREATE POLICY own ON \(table) USING (\(column) = current_user); ALTER TABLE \(table) ENABLE ROW LEVEL SECURITY;
      CREATE FUNCTION oldest() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT max(age) FROM \(table); END;
      COMMENT ON COLUMN \(table).\(column) IS 'kept';
      """
    }
    let (plan, rows) = try await migrate(
      schema("people", "mail"), rows: "INSERT INTO people VALUES (1, 'a@example.org', 40)", schema("persons", "email"),
      renaming: true, keeps: "SELECT email FROM persons")
    #expect(rows == ["a@example.org"])
    #expect(plan.refusedHazards.isEmpty)
    let statements = plan.steps.flatMap(\.statements)
    #expect(
      statements.prefix(2) == [
        "ALTER TABLE public.people RENAME TO persons", "ALTER TABLE public.persons RENAME COLUMN mail TO email",
      ])
    #expect(!statements.contains { $0.hasPrefix("CREATE INDEX") || $0.contains("ADD CONSTRAINT") })
  }

  @Test func sequencesAndViewsAndTypesThatOnlyHaveOtherNamesAreRenamed() async throws {
    func schema(_ suffix: String) -> String {
      """
      CREATE SEQUENCE count\(suffix) INCREMENT BY 3; CREATE TYPE mood\(suffix) AS ENUM ('good', 'bad');
      CREATE TABLE t (id int, m mood\(suffix)); CREATE VIEW v\(suffix) AS SELECT id FROM t;
      CREATE MATERIALIZED VIEW mv\(suffix) AS SELECT id FROM t; CREATE INDEX mv_idx ON mv\(suffix) (id);
      """
    }
    let (plan, rows) = try await migrate(
      schema("_old"),
      rows: "SELECT setval('count_old', 40); INSERT INTO t VALUES (1, 'bad'); REFRESH MATERIALIZED VIEW mv_old",
      schema("_new"), renaming: true,
      keeps: "SELECT nextval('count_new')::text UNION ALL SELECT id::text FROM mv_new")
    #expect(rows == ["43", "1"])
    #expect(plan.steps.allSatisfy { $0.statements.allSatisfy { $0.contains(" RENAME TO ") } })
  }

  /// Tables whose columns' types are called otherwise as well, partitions with other names, and names that differ in case.
  @Test func tablesAreRecognisedTogetherWithTheirTypesAndPartitions() async throws {
    let (_, moved) = try await migrate(
      """
      CREATE SCHEMA api; CREATE TYPE api.e AS ENUM ('a'); CREATE DOMAIN api.d AS text CHECK (VALUE <> '');
      CREATE TABLE api.t (id serial PRIMARY KEY, e api.e, f api.d[]);
      """, rows: "INSERT INTO api.t (e, f) VALUES ('a', '{x}')",
      """
      CREATE SCHEMA v1; CREATE TYPE v1.e AS ENUM ('a'); CREATE DOMAIN v1.d AS text CHECK (VALUE <> '');
      CREATE TABLE v1.t (id serial PRIMARY KEY, e v1.e, f v1.d[]);
      """, renaming: true, keeps: "SELECT id || ' ' || e || ' ' || f[1] FROM v1.t")
    #expect(moved == ["1 a x"])
    func events(_ table: String, _ parts: [String]) -> String {
      """
      CREATE TABLE \(table) (at date NOT NULL, note text) PARTITION BY RANGE (at);
      CREATE TABLE \(parts[0]) PARTITION OF \(table) FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
      CREATE TABLE \(parts[1]) PARTITION OF \(table) FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY LIST (note);
      CREATE TABLE \(parts[2]) PARTITION OF \(parts[1]) DEFAULT;
      """
    }
    let (_, parted) = try await migrate(
      events("event", ["event_1", "event_2", "event_2_rest"]),
      rows: "INSERT INTO event VALUES ('2026-01-02', 'a'), ('2026-02-03', 'b')",
      events("happening", ["happening_01", "happening_02", "happening_02_rest"]), renaming: true,
      keeps: "SELECT tableoid::regclass || ' ' || note FROM happening ORDER BY 1")
    #expect(parted == ["happening_01 a", "happening_02_rest b"])
    let (_, letters) = try await migrate(
      #"CREATE TABLE "Users" ("Id" int, "Email" text, "Phone" text)"#,
      rows: #"INSERT INTO "Users" VALUES (1, 'a@b', '2')"#,
      "CREATE TABLE users (id int, email text, phone text)", renaming: true,
      keeps: "SELECT id || ' ' || email || ' ' || phone FROM users")
    #expect(letters == ["1 a@b 2"])
    // Its own key and an index have the names that they are to have.
    let (_, exchanged) = try await migrate(
      "CREATE TABLE alpha (a int CONSTRAINT beta PRIMARY KEY, b text, c text); CREATE INDEX delta ON alpha (b); CREATE VIEW gamma AS SELECT a FROM alpha",
      rows: "INSERT INTO alpha VALUES (1, 'x', 'y')",
      "CREATE TABLE beta (a int CONSTRAINT alpha PRIMARY KEY, b text, c text); CREATE INDEX gamma ON beta (b); CREATE VIEW delta AS SELECT a FROM beta",
      renaming: true, keeps: "SELECT a || b || c FROM beta")
    #expect(exchanged == ["1xy"])
  }

  @Test func aProofCountsTheRowsOfRenamedTables() async throws {
    let source = try await catalog("CREATE TABLE old (id int, name text NOT NULL, zip text)")
    let target = try await catalog("CREATE TABLE new (id int, title text NOT NULL, zip text)")
    let renames = Renames.likely(from: source, to: target)
    var plan = try await Self.states.plan(from: source, to: target, renaming: renames)
    #expect(plan.renamed?.count == 2)
    let prover = Prover(server: try await Databases.server.value, reader: Self.states.reader)
    let template = try await Self.states.rebuiltTemplate(source)
    let proof = try await prover.prove(&plan, from: template, source: source, target: target)
    #expect(proof.holds && proof.tables == 1 && proof.rows > 0)
    // A step that loses what it should keep is found out under the new name.
    plan.steps.append(PlanStep(altering: FactID(.table, schema: "public", name: "new"), ["DELETE FROM public.new"]))
    let broken = try await prover.prove(&plan, from: template, source: source, target: target)
    #expect(broken.lostRows == [FactID(.table, schema: "public", name: "new")])
  }

  private func catalog(_ script: String) async throws -> Catalog {
    try await Databases.with { database in
      let loaded = try await Databases.psql(script, on: database)
      try #require(loaded.status == 0, "\(loaded.output)")
      return try await read(database)
    }
  }

  @Test func labelsThatOnlyHaveOtherNamesAreRenamed() async throws {
    func schema(_ label: String) -> String {
      """
      CREATE TYPE mood AS ENUM ('good', '\(label)', 'none'); CREATE DOMAIN d AS mood CHECK (VALUE <> '\(label)');
      CREATE TABLE t (m mood DEFAULT '\(label)', CHECK (m <> '\(label)' OR m IS NULL OR true), ms mood[]);
      CREATE INDEX i ON t (m) WHERE m = '\(label)'; CREATE VIEW v AS SELECT 1 FROM t WHERE m = '\(label)';
      """
    }
    let (plan, rows) = try await migrate(
      schema("it''s bad"), rows: "INSERT INTO t VALUES (DEFAULT, '{good,\"it''s bad\"}')", schema("awful"),
      renaming: true, keeps: "SELECT m || ' ' || ms::text FROM t")
    #expect(rows == ["awful {good,awful}"])
    #expect(plan.steps.flatMap(\.statements) == ["ALTER TYPE public.mood RENAME VALUE 'it''s bad' TO 'awful'"])
  }

  @Test func aCheckIsRenamedWhereItWasInheritedToo() async throws {
    func schema(_ name: String) -> String {
      """
      CREATE TABLE mother (a int CONSTRAINT \(name) CHECK (a > 0), b int);
      CREATE TABLE child (a int CONSTRAINT \(name) CHECK (a > 0)) INHERITS (mother);
      ALTER TABLE mother ADD CONSTRAINT b_\(name) CHECK (b > 0);
      """
    }
    let (plan, rows) = try await migrate(
      schema("old"), rows: "INSERT INTO child VALUES (7, 8)", schema("new"), keeps: "SELECT a::text FROM child")
    #expect(rows == ["7"])
    #expect(plan.steps.allSatisfy { $0.statements.allSatisfy { $0.contains("RENAME CONSTRAINT") } })
  }

  @Test func declaredRenamesAreTakenOnceAndThenSayNothing() async throws {
    enum Answer: String, PostgresEnum {
      case yes, declined
      static let typeName = TypeName("answer", in: .public)
      static let renamedLabels: [Answer: String] = [.declined: "no"]
    }
    struct Guests: Table {
      static let name = RelationName("guests", in: .public).renamed(from: "visitors")
      let id = Column("id", .integer)
      let fullName = Column("full_name", .text).renamed(from: "name")
      var body: TableBody { PrimaryKey(id) }
    }
    let states = States(
      database: Database("renamed") {
        Answer.self
        Guests.self
      })
    let target = try await states.declared()
    let source = try await Databases.with { database in
      _ = try await Databases.psql(
        "CREATE TYPE answer AS ENUM ('yes', 'no'); CREATE TABLE visitors (id integer CONSTRAINT visitors_pkey PRIMARY KEY, name text NOT NULL)",
        on: database)
      return try await read(database)
    }
    let renames = Renames.declared(states.rendering.formerNames, from: source, to: target)
    #expect(
      renames.map { "\($0.from) \($0.to)" } == [
        "enum public.answer.no enum public.answer.declined",
        "table public.visitors table public.guests", "column public.visitors.name column public.guests.full_name",
      ])
    let plan = try await states.plan(from: source, to: target, renaming: renames)
    #expect(plan.refusedHazards.isEmpty)
    #expect(Renames.declared(states.rendering.formerNames, from: target, to: target).isEmpty)
  }
}
