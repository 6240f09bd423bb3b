import Catalog
import FoundationEssentials
import Introspection
import Migrations
import Planning
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// What clients find in between a plan's transactions.
@Suite struct GapTests {
  private static let states = States(database: Database("gaps") {})

  // MARK: Plans with a gap

  /// A plan of two transactions, the second of which makes again what the first has dropped.
  struct Planted: Sendable, CustomTestStringConvertible {
    var kind: String
    var drop: String
    var create: String
    var testDescription: String { kind }
  }

  private static let schema = """
    CREATE TYPE public.mood AS ENUM ('low', 'high');
    CREATE TABLE public.t (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a integer NOT NULL DEFAULT 1, b text UNIQUE,
      CONSTRAINT positive CHECK (a > 0));
    CREATE TABLE public.c (t bigint CONSTRAINT c_t REFERENCES public.t);
    CREATE UNIQUE INDEX few ON public.t (a) WHERE a > 5;
    CREATE VIEW public.v AS SELECT id, a FROM public.t;
    CREATE FUNCTION public.f(x integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION public.g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER g BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.g();
    ALTER TABLE public.t ENABLE ROW LEVEL SECURITY;
    CREATE POLICY p ON public.t USING (a > 0);
    CREATE RULE r AS ON UPDATE TO public.c DO INSTEAD NOTHING;
    CREATE DOMAIN public.d AS integer CONSTRAINT small CHECK (VALUE < 9);
    CREATE SEQUENCE public.s;
    GRANT SELECT ON public.v TO PUBLIC;
    GRANT UPDATE (b) ON public.t TO PUBLIC;
    """

  private static let planted: [Planted] = [
    Planted(
      kind: "relation", drop: "ALTER VIEW public.v RENAME TO w", create: "ALTER VIEW public.w RENAME TO v"),
    Planted(
      kind: "column", drop: "ALTER TABLE public.c RENAME COLUMN t TO u",
      create: "ALTER TABLE public.c RENAME COLUMN u TO t"),
    Planted(
      kind: "default of column", drop: "ALTER TABLE public.t ALTER COLUMN a DROP DEFAULT",
      create: "ALTER TABLE public.t ALTER COLUMN a SET DEFAULT 1"),
    Planted(
      kind: "NOT NULL of column", drop: "ALTER TABLE public.t ALTER COLUMN a DROP NOT NULL",
      create: "ALTER TABLE public.t ALTER COLUMN a SET NOT NULL"),
    Planted(
      kind: "constraint", drop: "ALTER TABLE public.t DROP CONSTRAINT positive",
      create: "ALTER TABLE public.t ADD CONSTRAINT positive CHECK (a > 0)"),
    Planted(
      kind: "constraint", drop: "ALTER TABLE public.c DROP CONSTRAINT c_t",
      create: "ALTER TABLE public.c ADD CONSTRAINT c_t FOREIGN KEY (t) REFERENCES public.t"),
    Planted(
      kind: "constraint", drop: "ALTER DOMAIN public.d DROP CONSTRAINT small",
      create: "ALTER DOMAIN public.d ADD CONSTRAINT small CHECK (VALUE < 9)"),
    Planted(
      kind: "unique key", drop: "ALTER TABLE public.t DROP CONSTRAINT t_b_key",
      create: "ALTER TABLE public.t ADD CONSTRAINT t_b_key UNIQUE (b)"),
    Planted(
      kind: "unique key", drop: "DROP INDEX public.few", create: "CREATE UNIQUE INDEX few ON public.t (a) WHERE a > 5"
    ),
    Planted(
      kind: "function", drop: "DROP FUNCTION public.f(integer)",
      create: "CREATE FUNCTION public.f(x integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'"),
    Planted(
      kind: "trigger", drop: "DROP TRIGGER g ON public.t",
      create: "CREATE TRIGGER g BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.g()"),
    Planted(
      kind: "trigger", drop: "ALTER TABLE public.t DISABLE TRIGGER g", create: "ALTER TABLE public.t ENABLE TRIGGER g"),
    Planted(kind: "policy", drop: "DROP POLICY p ON public.t", create: "CREATE POLICY p ON public.t USING (a > 0)"),
    Planted(
      kind: "row security of", drop: "ALTER TABLE public.t DISABLE ROW LEVEL SECURITY",
      create: "ALTER TABLE public.t ENABLE ROW LEVEL SECURITY"),
    Planted(
      kind: "rule", drop: "DROP RULE r ON public.c",
      create: "CREATE RULE r AS ON UPDATE TO public.c DO INSTEAD NOTHING"),
    Planted(
      kind: "type", drop: "DROP DOMAIN public.d",
      create: "CREATE DOMAIN public.d AS integer CONSTRAINT small CHECK (VALUE < 9)"),
    Planted(
      kind: "label", drop: "ALTER TYPE public.mood RENAME VALUE 'low' TO 'down'",
      create: "ALTER TYPE public.mood RENAME VALUE 'down' TO 'low'"),
    Planted(kind: "sequence", drop: "DROP SEQUENCE public.s", create: "CREATE SEQUENCE public.s"),
    Planted(
      kind: "privilege", drop: "REVOKE SELECT ON public.v FROM PUBLIC", create: "GRANT SELECT ON public.v TO PUBLIC"),
    Planted(
      kind: "privilege", drop: "REVOKE UPDATE (b) ON public.t FROM PUBLIC",
      create: "GRANT UPDATE (b) ON public.t TO PUBLIC"),
    Planted(
      kind: "privilege", drop: "REVOKE EXECUTE ON FUNCTION public.f(integer) FROM PUBLIC",
      create: "GRANT EXECUTE ON FUNCTION public.f(integer) TO PUBLIC"),
  ]

  @Test(arguments: planted) func aPlanWithAGapDoesNotHold(_ planted: Planted) async throws {
    try await Databases.with { database in
      let loaded = try await Databases.psql(Self.schema, on: database)
      try #require(loaded.status == 0, "\(loaded.output)")
      let state = try await read(database)
      let table = FactID(.table, schema: "public", name: "t")
      var steps = [planted.drop, planted.create].map { PlanStep(altering: table, [$0]) }
      for isApart in [true, false] {
        for index in steps.indices { steps[index].mode = isApart ? .ownTransaction : .transaction }
        var plan = Plan(steps: steps)
        let prover = Prover(server: try await Databases.server.value, reader: CatalogReader())
        let proof = try await prover.prove(&plan, from: database.template, source: state, target: state)
        #expect(proof.holds == !isApart)
        #expect(proof.gaps.contains { $0.use.kind == planted.kind && $0.step == 1 } == isApart, "\(proof.gaps)")
      }
    }
  }

  // MARK: Plans that have none

  /// A schema, and what becomes what in it.
  struct Pair: Sendable, CustomTestStringConvertible {
    var before: String
    var old: String
    var new: String
    var testDescription: String { "\(old) → \(new)" }
  }

  private static let pairs: [Pair] = [
    Pair(
      before: """
        CREATE TYPE public.st AS ENUM ('a', 'b', 'c');
        CREATE TABLE public.t (
          id integer PRIMARY KEY, s public.st NOT NULL DEFAULT 'a', CONSTRAINT no_c CHECK (s <> 'c'));
        CREATE INDEX one ON public.t (s); CREATE INDEX two ON public.t (s, id);
        CREATE TABLE public.other (id integer PRIMARY KEY, s public.st);
        CREATE FUNCTION public.fs(s public.st) RETURNS integer LANGUAGE sql AS 'SELECT 1';
        CREATE VIEW public.v AS SELECT s FROM public.t; GRANT SELECT ON public.v TO PUBLIC;
        """, old: "'b', ", new: ""),
    Pair(
      before: """
        CREATE TABLE public.t (id integer PRIMARY KEY, u smallint NOT NULL DEFAULT 1);
        CREATE INDEX ti ON public.t (u);
        ALTER TABLE public.t ENABLE ROW LEVEL SECURITY;
        CREATE POLICY pp ON public.t USING (u > 0); GRANT SELECT (u) ON public.t TO PUBLIC;
        CREATE FUNCTION public.tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER tg BEFORE UPDATE OF u ON public.t FOR EACH ROW EXECUTE FUNCTION public.tf();
        CREATE RULE ru AS ON DELETE TO public.t WHERE u > 3 DO INSTEAD NOTHING;
        """, old: "smallint", new: "integer"),
    Pair(
      before: """
        CREATE TABLE public.customers (id integer PRIMARY KEY, mail text UNIQUE);
        CREATE TABLE public.orders (
          id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, c_id integer NOT NULL REFERENCES public.customers,
          n integer CHECK (n > 0), UNIQUE (c_id, n));
        CREATE INDEX orders_n ON public.orders (n);
        CREATE VIEW public.v AS SELECT o.id, c.mail FROM public.orders o JOIN public.customers c ON c.id = o.c_id;
        CREATE VIEW public.w AS SELECT count(*) FROM public.v; GRANT SELECT ON public.v, public.w TO PUBLIC;
        """, old: "integer", new: "bigint"),
    Pair(
      before: """
        CREATE TABLE public.t (id integer PRIMARY KEY, u text NOT NULL UNIQUE);
        CREATE INDEX ti ON public.t (u); CREATE VIEW public.v AS SELECT id, u FROM public.t;
        CREATE FUNCTION public.f(t public.t) RETURNS integer LANGUAGE sql AS 'SELECT 1';
        """, old: "u text", new: "u uuid"),
    Pair(
      before: """
        CREATE DOMAIN public.d AS integer CONSTRAINT positive CHECK (VALUE > 0);
        CREATE TABLE public.t (id integer PRIMARY KEY, u public.d NOT NULL DEFAULT 1);
        CREATE INDEX ti ON public.t (u); CREATE VIEW public.v AS SELECT u FROM public.t;
        """, old: "AS integer", new: "AS bigint"),
    Pair(
      before: """
        CREATE TABLE public.t (id integer PRIMARY KEY, a integer);
        CREATE MATERIALIZED VIEW public.m AS SELECT id, a FROM public.t;
        CREATE UNIQUE INDEX mi ON public.m (id); CREATE VIEW public.vm AS SELECT id FROM public.m;
        """, old: "SELECT id, a FROM", new: "SELECT id, a + 1 AS a FROM"),
  ]

  /// Every transaction by psql, and after each what pg_dump finds.
  @Test(arguments: pairs) func everythingIsThereAllTheTime(_ pair: Pair) async throws {
    try await Databases.with { a in
      try await Databases.withinGate { c in
        for (database, script) in [(a, pair.before), (c, pair.before.replacing(pair.old, with: pair.new))] {
          let loaded = try await Databases.psql(script, on: database)
          try #require(loaded.status == 0, "\(loaded.output)")
        }
        let (source, target) = (try await read(a), try await read(c))
        var direct = try await Self.states.plan(from: source, to: target)
        let prover = Prover(server: try await Databases.server.value, reader: CatalogReader())
        _ = try await prover.prove(&direct, from: a.template, source: source, target: target)
        let converted = try await Self.states.expandAndContract(
          direct, from: source, to: target, on: a.template, scope: .everything, filled: [])
        var plan =
          converted.plan ?? OnlineStrategy.rewrite(direct, from: source, to: target, scope: .everything, filled: [])
        let proof = try await prover.prove(&plan, from: a.template, source: source, target: target)
        #expect(proof.holds, "\(proof.gaps) \(proof.differences)")
        let shared = try await contents(a).intersection(try await contents(c))
        for segment in plan.segments {
          let script = Plan(steps: segment).script
          let outcome = try await Databases.psql(script, on: a)
          try #require(outcome.status == 0, "\(outcome.output)\n\(script)")
          let missing = try await shared.subtracting(contents(a))
          #expect(missing.isEmpty, "after \(script)")
        }
      }
    }
  }

  /// The entries of an archive that pg_dump makes, without the numbers that it gives them.
  private func contents(_ database: ScratchDatabase) async throws -> Set<String> {
    let archive = "/tmp/dbtool-test-\(UInt64.random(in: 0...UInt64.max)).dump"
    defer { try? FileManager.default.removeItem(atPath: archive) }
    let dumped = try await Databases.run("pg_dump", ["--schema-only", "-Fc", "-f", archive], on: database)
    try #require(dumped.status == 0, "\(dumped.output)")
    let bin = try await Databases.server.value.installation.bin
    let listed = try await ChildProcess.run(bin + "/pg_restore", ["-l", archive])
    try #require(listed.status == 0, "\(listed.output)")
    return Set(
      listed.output.split(separator: "\n").filter { !$0.hasPrefix(";") }.map {
        $0.split(separator: " ").dropFirst(3).joined(separator: " ")
      })
  }

  private func read(_ database: ScratchDatabase) async throws -> Catalog {
    try await Connection.with(database.target) { try await CatalogReader().read($0) }.removing { $0.id.kind == .role }
  }
}
