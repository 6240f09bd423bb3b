import Catalog
import Introspection
import Migrations
import Planning
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// What a plan does to tables that clients use: each strategy, and that it ends where the direct way does.
@Suite struct OnlineTests {
  private static let states = States(database: Database("online") {})

  /// Carries a plan out online by psql, on a database with rows, and compares it by pg_dump with one that was changed
  /// directly, and with the target built from nothing.
  private func migrate(
    _ before: String, _ rows: String, _ after: String, scope: OnlineStrategy.Scope = .everything
  ) async throws -> Plan {
    try await Databases.with { a in
      try await Databases.withinGate { b in
        try await Databases.withinGate { c in
          for (database, script) in [(a, before + rows), (b, before + rows), (c, after)] {
            let loaded = try await Databases.psql(script, on: database)
            try #require(loaded.status == 0, "\(loaded.output)")
          }
          let (source, target) = (try await read(a), try await read(c))
          let direct = try await Self.states.plan(from: source, to: target)
          let columns = direct.steps.filter { $0.action == .create && $0.subject.kind == .column }.map(\.subject)
          let online = OnlineStrategy.rewrite(
            direct, from: source, to: target, scope: scope, filled: Set(columns))
          for (database, plan) in [(a, online), (b, direct)] {
            let applied = try await Databases.psql(plan.script, on: database)
            try #require(applied.status == 0, "\(applied.output)\n\(plan.script)")
          }
          let expected = try await Databases.dump(c)
          #expect(try await Databases.dump(a) == expected, "\(online.script)")
          #expect(try await Databases.dump(b) == expected, "\(direct.script)")
          return online
        }
      }
    }
  }

  private func read(_ database: ScratchDatabase) async throws -> Catalog {
    try await Connection.with(database.target) { try await CatalogReader().read($0) }.removing { $0.id.kind == .role }
  }

  /// The statements of what does not run in the first transaction.
  private func later(_ plan: Plan) -> [String] {
    plan.steps.filter { $0.mode != .transaction || $0.isContinuation }.flatMap(\.statements)
  }

  private static let table = "CREATE TABLE public.t (id bigint PRIMARY KEY, a integer, b text);\n"
  private static let rows = "INSERT INTO public.t SELECT i, i, i::text FROM generate_series(1, 100) i;\n"

  @Test func indexesAreBuiltAndDroppedConcurrently() async throws {
    let plan = try await migrate(
      Self.table + "CREATE INDEX gone ON public.t (a); CREATE INDEX changed ON public.t (b);", Self.rows,
      Self.table + "CREATE INDEX came ON public.t (a, b); CREATE INDEX changed ON public.t (lower(b));")
    #expect(
      later(plan) == [
        "DROP INDEX CONCURRENTLY public.gone",
        "CREATE INDEX CONCURRENTLY came ON public.t USING btree (a, b)",
        "CREATE INDEX CONCURRENTLY changed_new ON public.t USING btree (lower(b))",
        "ALTER INDEX public.changed RENAME TO changed_old", "ALTER INDEX public.changed_new RENAME TO changed",
        "DROP INDEX CONCURRENTLY public.changed_old",
      ])
  }

  @Test func keysTakeOverAnIndexThatWasBuiltBefore() async throws {
    let plan = try await migrate(
      "CREATE TABLE public.t (id bigint, a integer, b text);", Self.rows,
      """
      CREATE TABLE public.t (id bigint, a integer, b text, CONSTRAINT t_pkey PRIMARY KEY (id) INCLUDE (a),
        CONSTRAINT once UNIQUE NULLS NOT DISTINCT (a, b) DEFERRABLE INITIALLY DEFERRED);
      """)
    #expect(
      later(plan) == [
        "ALTER TABLE public.t VALIDATE CONSTRAINT t_id_not_null_check",
        "ALTER TABLE public.t ALTER COLUMN id SET NOT NULL",
        "ALTER TABLE public.t DROP CONSTRAINT t_id_not_null_check",
        "CREATE UNIQUE INDEX CONCURRENTLY once ON public.t USING btree (a, b) NULLS NOT DISTINCT",
        "ALTER TABLE public.t ADD CONSTRAINT once UNIQUE USING INDEX once DEFERRABLE INITIALLY DEFERRED",
        "CREATE UNIQUE INDEX CONCURRENTLY t_pkey ON public.t USING btree (id) INCLUDE (a)",
        "ALTER TABLE public.t ADD CONSTRAINT t_pkey PRIMARY KEY USING INDEX t_pkey",
      ])
  }

  @Test func constraintsAreCheckedLater() async throws {
    let parent = "CREATE TABLE public.p (id bigint PRIMARY KEY); INSERT INTO public.p SELECT generate_series(1, 100);\n"
    let plan = try await migrate(
      parent + Self.table, Self.rows,
      parent + """
        CREATE TABLE public.t (id bigint PRIMARY KEY REFERENCES public.p, a integer NOT NULL CHECK (a > 0), b text);
        """)
    #expect(
      later(plan) == [
        "ALTER TABLE public.t VALIDATE CONSTRAINT t_a_not_null_check",
        "ALTER TABLE public.t ALTER COLUMN a SET NOT NULL",
        "ALTER TABLE public.t DROP CONSTRAINT t_a_not_null_check",
        "ALTER TABLE public.t VALIDATE CONSTRAINT t_a_check", "ALTER TABLE public.t VALIDATE CONSTRAINT t_id_fkey",
      ])
    #expect(plan.segments.filter { $0[0].mode == .ownTransaction }.allSatisfy { $0.count == 1 })
  }

  @Test func newValuesAreFilledInBatches() async throws {
    let plan = try await migrate(
      Self.table, Self.rows,
      """
      CREATE TABLE public.t (
        id bigint PRIMARY KEY, a integer, b text, token uuid NOT NULL DEFAULT gen_random_uuid(), at timestamptz DEFAULT clock_timestamp());
      """)
    #expect(
      plan.steps.filter { $0.mode == .backfill }.flatMap(\.statements) == [
        "UPDATE public.t SET token = DEFAULT WHERE token IS NULL", "UPDATE public.t SET at = DEFAULT WHERE at IS NULL",
      ])
  }

  @Test func materializedViewsAreFilledBesideTheOldOnes() async throws {
    let view = "CREATE MATERIALIZED VIEW public.m AS SELECT a"
    let plan = try await migrate(
      Self.table + view
        + " FROM public.t; CREATE UNIQUE INDEX m_a ON public.m (a); GRANT SELECT ON public.m TO PUBLIC;",
      Self.rows,
      Self.table + view + """
        , b FROM public.t; CREATE UNIQUE INDEX m_a ON public.m (a); CREATE INDEX m_b ON public.m (b);
        GRANT SELECT ON public.m TO PUBLIC; COMMENT ON MATERIALIZED VIEW public.m IS 'both';
        """)
    #expect(plan.segments.count == 2 && plan.segments[0][0].mode == .ownTransaction)
    #expect(plan.segments[0].flatMap(\.statements).count == 3)
    #expect(
      plan.segments[1].flatMap(\.statements).contains("GRANT SELECT ON TABLE public.m TO PUBLIC"), "\(plan.script)")
  }

  @Test func partitionsLeaveBesideTheClients() async throws {
    let parent = "CREATE TABLE public.p (id bigint, at date) PARTITION BY RANGE (at);\n"
    let one = "CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');\n"
    let two = "CREATE TABLE public.p2 PARTITION OF public.p FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');\n"
    let plan = try await migrate(parent + one + two, "", parent + two)
    #expect(
      plan.steps.flatMap(\.statements) == [
        "ALTER TABLE public.p DETACH PARTITION public.p1 CONCURRENTLY", "DROP TABLE public.p1",
      ])
    #expect(plan.hazards.map(\.code) == [.dataLoss])
  }

  @Test func whatIsNewOrExceptedIsChangedDirectly() async throws {
    let new = try await migrate(
      Self.table, "", Self.table + "CREATE TABLE public.n (a integer UNIQUE); CREATE INDEX n_a ON public.n (a);")
    #expect(new.isDirect)
    let index = "CREATE INDEX i ON public.t (a);"
    #expect(try await migrate(Self.table, "", Self.table + index, scope: .except(["public.t"])).isDirect)
    #expect(try await migrate(Self.table, "", Self.table + index, scope: .except(["public.i"])).isDirect)
    let other = try await migrate(Self.table, "", Self.table + index, scope: .except(["public.other"]))
    #expect(!other.isDirect)
  }
}
