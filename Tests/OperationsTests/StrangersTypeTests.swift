import FoundationEssentials
import Operations
import Postgres
import TestSupport
import Testing

/// A superuser's tables have columns of his own types, which are made of types of somebody else's, or stand in a schema of his.
@Suite struct StrangersTypeTests {
  /// What a type is made of: the stranger's type is `m.e`.
  struct Nested: Sendable, CustomTestStringConvertible {
    var type: String
    var value: String
    /// The stranger's value in a column `id`.
    var inner: String
    var testDescription: String { type }
  }

  static let nested = [
    Nested(type: "CREATE TYPE own.r AS RANGE (subtype = m.e)", value: "'[a,b]'", inner: "lower(id)"),
    Nested(type: "CREATE TYPE own.r AS (f m.e)", value: "'(a)'", inner: "(id).f"),
    Nested(type: "CREATE DOMAIN own.r AS m.e[]", value: "'{a}'", inner: "(id)[1]"),
    Nested(
      type: "CREATE TYPE own.s AS RANGE (subtype = m.e); CREATE TYPE own.r AS (x integer, f own.s[])",
      value: "ROW(1, ARRAY['[a,b]'::own.s])", inner: "lower(((id).f)[1])"),
  ]

  @Test(arguments: nested)
  func aCastOfAnInnerTypeIsNotCalled(_ nested: Nested) async throws {
    try await StrangersSchemaTests.with(
      """
      CREATE SCHEMA own; CREATE TYPE m.e AS ENUM ('a', 'b'); \(nested.type);
      CREATE TABLE own.t (id own.r);
      INSERT INTO own.t VALUES (\(nested.value));
      ALTER TABLE own.t ADD CONSTRAINT k CHECK (\(nested.inner)::text <> 'a') NOT VALID;
      """
    ) { database, role in
      try await HistoryHoldTests.execute("ALTER TYPE m.e OWNER TO \(role)", in: database)
      try await HistoryHoldTests.execute(
        """
        CREATE FUNCTION mine.text(m.e) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM mine.f(1); RETURN ''a''; END';
        CREATE CAST (m.e AS text) WITH FUNCTION mine.text(m.e);
        """, in: database, as: role)
      await #expect(throws: (any Error).self) {
        try await StrangersSchemaTests.apply("ALTER TABLE own.t VALIDATE CONSTRAINT k;\n", in: database)
      }
      let ran = try await StrangersSchemaTests.ran(database)
      RedTeam.judge("a cast of a type within that of a column: \(nested.type)", gotThrough: ran ? "it ran" : nil)
    }
  }

  /// To read a value of a composite type or a range is to run the checks of the domains in it.
  @Test(arguments: ["CREATE TYPE own.r AS (f m.d)", "CREATE TYPE own.r AS RANGE (subtype = m.d)"])
  func aDomainWithinAKeyIsNotChecked(type: String) async throws {
    try await StrangersSchemaTests.with(
      """
      CREATE SCHEMA own; CREATE DOMAIN m.d AS integer; \(type);
      CREATE TABLE own.t (id own.r PRIMARY KEY, n integer);
      INSERT INTO own.t VALUES (\(type.contains("RANGE") ? "'[1,2]'" : "'(1)'"), NULL);
      """
    ) { database, role in
      try await HistoryHoldTests.execute("ALTER TYPE m.d OWNER TO \(role)", in: database)
      try await HistoryHoldTests.execute(
        "ALTER DOMAIN m.d ADD CHECK (mine.f(VALUE) = '') NOT VALID", in: database, as: role)
      let error = await #expect(throws: (any Error).self) {
        try await StrangersSchemaTests.apply("-- dbtool:backfill\nUPDATE own.t SET n = 1;\n", in: database)
      }
      let ran = try await StrangersSchemaTests.ran(database)
      RedTeam.judge("a domain within the key of a backfill: \(type)", gotThrough: ran ? "it ran" : nil)
      #expect(
        error.map { "\($0)".contains("whose types belong to PostgreSQL or trusted roles") } == true, "\(error as Any)")
    }
  }

  /// Ends of a window's partitions are written as values of the key's type.
  @Test func anotherDomainOfTheKeysNameIsNotChecked() async throws {
    try await StrangersSchemaTests.with(
      """
      CREATE SCHEMA own; CREATE DOMAIN m.moment AS timestamptz;
      CREATE TABLE own.t (at m.moment NOT NULL) PARTITION BY RANGE (at);
      CREATE TABLE own.t_default PARTITION OF own.t DEFAULT;
      INSERT INTO own.t VALUES ('2026-02-10');
      GRANT USAGE ON SCHEMA own TO PUBLIC; GRANT INSERT ON own.t TO PUBLIC;
      """
    ) { database, role in
      let error = try await StrangersSchemaTests.exchanging(
        "INSERT INTO own.t VALUES ('2046-02-10')",
        for: "CREATE DOMAIN m.moment AS timestamptz CHECK (mine.f(extract(year FROM VALUE)::integer) = '')",
        in: database, as: role
      ) {
        try await Connection.with(database.target.pinned) { connection in
          try await PartitionTests.set("2026-02-15", connection)
          let made = try await PartitionTests.manager("t", schema: "own", ahead: 0, keep: 0).create(connection)
          #expect(made.contains { $0.failure == nil }, "\(made)")
        }
      }
      #expect(error == nil)
      let ran = try await StrangersSchemaTests.ran(database)
      RedTeam.judge("another domain of the name of a window's key", gotThrough: ran ? "it ran" : nil)
      let moved = try await Connection.with(database.target) {
        try await $0.query("SELECT count(*) FROM own.t WHERE tableoid <> 'own.t_default'::regclass")[0].int(0)
      }
      #expect(moved == 1)
    }
  }

  /// The table that a file is read into is made of the names of the columns' types.
  @Test func aFilesTypesKeepTheirNamesMeanwhile() async throws {
    let seeds = try Seeds(["010_public.t.csv": "id,n\n1,x\n"])
    defer { seeds.remove() }
    try await StrangersSchemaTests.with(
      "CREATE DOMAIN m.word AS text; CREATE TABLE public.t (id integer PRIMARY KEY, n m.word[], o text);"
    ) { database, role in
      try seeds.write("id,n\n1,{x}\n", to: "010_public.t.csv")
      try await Connection.with(database.target) { owner in
        try await owner.execute("SET client_min_messages = warning; SET ROLE \(role)")
        for sql in [
          "BEGIN", "ALTER SCHEMA m RENAME TO m2", "CREATE SCHEMA m",
          "CREATE DOMAIN m.word AS text CHECK (mine.f(length(VALUE)) = '')", "GRANT USAGE ON SCHEMA m, m2 TO PUBLIC",
        ] { try await owner.execute(sql) }
        async let loaded: Void = Connection.with(database.target, applicationName: "seeds") {
          _ = try await seeds.load($0)
        }
        try await StrangersSchemaTests.untilSeedsWait("dbtool waits for the schema of a column's type", in: database)
        try await owner.execute("COMMIT")
        try await loaded
      }
      let ran = try await StrangersSchemaTests.ran(database)
      RedTeam.judge("another domain of the name of a column's", gotThrough: ran ? "it ran" : nil)
      let rows = try await Connection.with(database.target) {
        try await $0.query("SELECT string_agg(id || n::text, ' ') FROM public.t")[0].string(0)
      }
      #expect(rows == "1{x}")
    }
  }
}
