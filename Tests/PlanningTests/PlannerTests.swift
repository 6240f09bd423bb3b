import Catalog
import Introspection
import Migrations
import Planning
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// Single changes, for which the order or the kept state matters.
@Suite struct PlannerTests {
  private static let states = States(database: Database("planner") {})

  private func catalog(_ sql: String) async throws -> Catalog {
    try await Databases.withinGate { database in
      try await Connection.with(database.target) { connection in
        _ = try? await connection.execute("CREATE ROLE dbtool_reader")
        try await connection.execute(sql)
        // Roles are the server's, and other tests make some.
        return try await CatalogReader().read(connection).removing { $0.id.kind == .role }
      }
    }
  }

  private func plan(_ before: String, _ after: String) async throws -> Plan {
    try await Databases.gate.pass {
      let (a, b) = (try await catalog(before), try await catalog(after))
      return try Planner.plan(from: a, to: b, conversions: try await Self.states.conversions(from: a, to: b))
    }
  }

  private func statements(_ plan: Plan) -> [String] { plan.steps.flatMap(\.statements) }

  @Test func aViewOverAnAlteredColumnIsRebuiltWithItsGrantsAndComments() async throws {
    let rest = "CREATE VIEW v AS SELECT a FROM t; GRANT SELECT ON v TO dbtool_reader; COMMENT ON VIEW v IS 'kept'"
    let plan = try await plan("CREATE TABLE t (a integer); \(rest)", "CREATE TABLE t (a bigint); \(rest)")
    #expect(
      statements(plan) == [
        "DROP VIEW public.v",
        "ALTER TABLE public.t ALTER COLUMN a TYPE bigint",
        "CREATE VIEW public.v AS\n SELECT t.a\n   FROM public.t",
        "COMMENT ON VIEW public.v IS 'kept'",
        "GRANT SELECT ON TABLE public.v TO dbtool_reader",
      ])
    #expect(plan.refusedHazards.isEmpty)
  }

  @Test func tablesThatReferToEachOtherAreDroppedAfterTheirKeys() async throws {
    let plan = try await plan(
      """
      CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
      ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b
      """, "SELECT 1")
    let text = statements(plan)
    #expect(text.prefix(2).allSatisfy { $0.contains("DROP CONSTRAINT") })
    #expect(text.suffix(2).allSatisfy { $0.hasPrefix("DROP TABLE") })
    #expect(plan.refusedHazards.count == 2)
  }

  @Test func whatStandsInATableIsFoldedIntoIt() async throws {
    let plan = try await plan(
      "SELECT 1",
      """
      CREATE FUNCTION f() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
      CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT f() CHECK (n > f()), UNIQUE (n))
      """)
    #expect(plan.steps.count == 2)
    #expect(
      plan.steps[1].statements == [
        """
        CREATE TABLE public.t (
          id integer NOT NULL,
          n integer DEFAULT public.f(),
          CONSTRAINT t_pkey PRIMARY KEY (id),
          CONSTRAINT t_n_check CHECK ((n > public.f())),
          CONSTRAINT t_n_key UNIQUE (n)
        )
        """
      ])
  }

  @Test func aNewEnumLabelIsCommittedBeforeItIsUsed() async throws {
    let plan = try await plan(
      "CREATE TYPE e AS ENUM ('a', 'c'); CREATE TABLE t (x e)",
      "CREATE TYPE e AS ENUM ('a', 'b', 'c'); CREATE TABLE t (x e DEFAULT 'b')")
    #expect(plan.segments.count == 2)
    #expect(plan.segments[0].flatMap(\.statements) == ["ALTER TYPE public.e ADD VALUE 'b' BEFORE 'c'"])
  }

  @Test func removingAnEnumLabelIsRefusedAndKeepsColumns() async throws {
    let plan = try await plan(
      "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (x e DEFAULT 'a'); CREATE VIEW v AS SELECT x FROM t",
      "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (x e DEFAULT 'a'); CREATE VIEW v AS SELECT x FROM t")
    #expect(plan.refusedHazards.map(\.code) == [.dataLoss])
    #expect(!statements(plan).contains { $0.contains("DROP COLUMN") || $0.contains("DROP TABLE") })
  }

  @Test func aNewColumnComesWithItsDefault() async throws {
    let plan = try await plan("CREATE TABLE t (a int)", "CREATE TABLE t (a int, b int NOT NULL DEFAULT 7)")
    #expect(statements(plan) == ["ALTER TABLE public.t ADD COLUMN b integer DEFAULT 7 NOT NULL"])
  }

  @Test func droppingAColumnIsDataLoss() async throws {
    let plan = try await plan("CREATE TABLE t (a int, b int)", "CREATE TABLE t (a int)")
    #expect(plan.refusedHazards.map(\.message) == ["drops column public.t.b with its values"])
  }

  @Test func theSameInputGivesTheSameBytes() async throws {
    try await Databases.gate.pass {
      let statements = SchemaGenerator.schema(seed: 21).joined(separator: ";\n")
      for role in SchemaGenerator.roles {
        try await Databases.withinGate { database in
          try await Connection.with(database.target) {
            _ = try? await $0.execute("CREATE ROLE \(Quote.identifier(role))")
          }
        }
      }
      let empty = try await catalog("SELECT 1")
      let (a, b) = (try await catalog(statements), try await catalog(statements))
      #expect(try Planner.plan(from: empty, to: a).script == Planner.plan(from: empty, to: b).script)
      #expect(try Planner.plan(from: a, to: b).isEmpty)
    }
  }

  @Test func partitionsExchangeRanges() async throws {
    let parent = "CREATE TABLE p (a int) PARTITION BY RANGE (a);"
    let plan = try await plan(
      parent
        + "CREATE TABLE x PARTITION OF p FOR VALUES FROM (1) TO (5); CREATE TABLE y PARTITION OF p FOR VALUES FROM (5) TO (9)",
      parent
        + "CREATE TABLE x PARTITION OF p FOR VALUES FROM (5) TO (9); CREATE TABLE y PARTITION OF p FOR VALUES FROM (1) TO (3); CREATE TABLE z PARTITION OF p FOR VALUES FROM (3) TO (5)"
    )
    let text = statements(plan)
    let detached = text.indices.filter { text[$0].contains("DETACH") }
    let taken = text.indices.filter { text[$0].contains("ATTACH PARTITION") || text[$0].contains("PARTITION OF") }
      .filter { !detached.contains($0) }
    #expect(detached.count == 2 && taken.count == 3, "\(text)")
    #expect((detached.max() ?? 0) < (taken.min() ?? 0), "\(text)")
    #expect(plan.refusedHazards.isEmpty)
  }

  @Test func aTypeOfEveryKindIsReadAndAlteredInPlace() async throws {
    let plan = try await plan(
      """
      CREATE DOMAIN d AS int CONSTRAINT positive CHECK (VALUE > 0); CREATE TYPE pair AS (a int, b text);
      CREATE TABLE t (x d, y pair)
      """,
      """
      CREATE DOMAIN d AS int DEFAULT 3 CONSTRAINT positive CHECK (VALUE > 1); CREATE TYPE pair AS (a int, b text, c date);
      CREATE TABLE t (x d, y pair)
      """)
    #expect(
      Set(statements(plan)) == [
        "ALTER DOMAIN public.d DROP CONSTRAINT positive", "ALTER DOMAIN public.d SET DEFAULT 3",
        "ALTER DOMAIN public.d ADD CONSTRAINT positive CHECK ((VALUE > 1))",
        "ALTER TYPE public.pair ADD ATTRIBUTE c date",
      ])
    #expect(plan.refusedHazards.isEmpty)
  }

  @Test func secretsOfUserMappingsAreNotRead() async throws {
    let catalog = try await Databases.gate.pass {
      try await self.catalog(
        """
        CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
        CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS ("user" 'me', password 'hunter2')
        """)
    }
    let text = SchemaLock(catalog: catalog).text
    #expect(text.contains("'me'") && !text.contains("hunter2"))
  }

  @Test func subscriptionsAreNamedWithoutTheirSecretsAndByThoseWhoMayNotReadThemAsNotModelled() async throws {
    let (catalog, limited) = try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        try await connection.execute(
          "CREATE SUBSCRIPTION far CONNECTION 'host=h password=hunter2' PUBLICATION p WITH (connect = false)")
        let catalog = try await CatalogReader().read(connection)
        try await connection.execute("SET ROLE pg_monitor")
        return (catalog, try await CatalogReader().read(connection))
      }
    }
    let text = SchemaLock(catalog: catalog).text
    #expect(catalog.unmodeled.isEmpty && text.contains("host=h") && !text.contains("hunter2"))
    #expect(limited.unmodeled == [UnmodeledObject(kind: "subscription", name: "far")])
  }

  @Test func privilegesOnPostgreSQLsOwnObjectsAreNamedAsNotModelled() async throws {
    let (before, after) = try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        let before = try await CatalogReader().read(connection)
        try await connection.execute(
          "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(float8) FROM PUBLIC; GRANT SELECT ON pg_catalog.pg_authid TO PUBLIC"
        )
        return (before, try await CatalogReader().read(connection))
      }
    }
    #expect(before.unmodeled.isEmpty)
    #expect(after.unmodeled.map(\.name) == ["pg_authid", "pg_sleep(double precision)"])
  }
}
