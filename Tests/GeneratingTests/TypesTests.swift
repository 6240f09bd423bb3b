import FoundationEssentials
import Generating
import Introspection
import Postgres
import TestSupport
import Testing

/// Types for clients, of a database with a little of everything; the languages' own compilers judge them.
@Suite struct TypesTests {
  private static func model(_ schemas: [String]? = nil) async throws -> SchemaModel {
    let server = try await Databases.server.value
    try await Connection.with(server.target(database: "postgres")) { connection in
      for role in SchemaGenerator.roles {
        _ = try? await connection.execute("CREATE ROLE \(Quote.identifier(role)) LOGIN")
      }
    }
    return try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        for statement in try Script.split(somebodysDatabase + "\n" + more) {
          try await connection.execute(statement.sql)
        }
        return try await SchemaModel.read(schemas, excluding: CatalogReader().excludedSchemas, connection)
      }
    }
  }

  /// What the fixture has nothing of.
  private static let more = #"""
    SET search_path = public;
    CREATE TABLE "odd-name" ("a b" text NOT NULL, "class" mood[], "it's" address NOT NULL, positive positive, parent parent);
    CREATE TABLE one_to_one (tenant uuid PRIMARY KEY REFERENCES tenants, other uuid REFERENCES tenants (id));
    ALTER TABLE tenants ADD COLUMN grid integer[][];
    CREATE VIEW grids AS SELECT t.id, t.grid, t.tags FROM tenants t;
    CREATE FUNCTION many(a integer, b text DEFAULT 'x') RETURNS SETOF tenants LANGUAGE sql AS 'SELECT * FROM tenants';
    CREATE FUNCTION pairs(OUT a integer, OUT b mood) RETURNS SETOF record LANGUAGE sql AS $$SELECT 1, 'good'::mood$$;
    CREATE FUNCTION body(jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT $1';
    CREATE FUNCTION moods() RETURNS mood[] LANGUAGE sql AS $$SELECT ARRAY['good'::mood]$$;
    CREATE TYPE nothing AS ENUM ();
    CREATE TYPE "Odd ""type""" AS ("in" integer, m mood);
    CREATE SCHEMA empty;
    CREATE SCHEMA shadow;
    CREATE TABLE shadow.things (hash_value text, oid_value oid, "stringValue" text, none public.nothing, coding_keys text);
    CREATE TYPE shadow.cases AS ENUM ('all_cases', 'raw_value', 'self');
    CREATE FUNCTION shadow.shadow() RETURNS shadow.things LANGUAGE sql AS 'SELECT * FROM shadow.things';
    CREATE FUNCTION shadow.shadow(n integer) RETURNS SETOF shadow.things LANGUAGE sql AS 'SELECT * FROM shadow.things';
    """#

  @Test func theModelIsWhatTheDatabaseIs() async throws {
    let model = try await Self.model(["public"])
    let users = try #require(model.relation(.init(schema: "public", name: "users")))
    #expect(users.primaryKey == ["id"] && users.columns.first { $0.name == "id" }?.isGenerated == true)
    #expect(users.columns.first { $0.name == "full_text" }?.isGenerated == true)
    #expect(users.columns.first { $0.name == "lucky" }?.type == .scalar("int4"))
    #expect(users.columns.first { $0.name == "home" }?.type == .composite(.init(schema: "public", name: "address")))
    // Partitions are part of their table.
    #expect(model.relation(.init(schema: "public", name: "measures_2026")) == nil)
    let one = try #require(model.relation(.init(schema: "public", name: "one_to_one")))
    #expect(one.relationships.map(\.isOneToOne) == [false, true], "\(one.relationships)")
    #expect(!model.functions.contains { $0.name.name == "touch" })
    await #expect(throws: SchemaModelError.self) { try await Self.model(["nowhere"]) }
  }

  /// Views, each with the columns that no row of it can have NULL in.
  private static let views: [(sql: String, certain: Set<String>)] = [
    ("SELECT t.id, t.a, t.b FROM t", ["id", "b"]),
    ("SELECT * FROM t JOIN u USING (id)", ["id", "b", "c"]),
    ("SELECT t.id, t.b, u.c, u.id AS other FROM t LEFT JOIN u ON u.t = t.id", ["id", "b"]),
    ("SELECT t.id, t.b, u.c FROM t RIGHT JOIN u ON u.t = t.id", ["c"]),
    ("SELECT t.id, t.b, u.c FROM t FULL JOIN u ON u.t = t.id", []),
    ("SELECT t.id, x.c, y.b FROM t LEFT JOIN (u x JOIN t y ON x.t = y.id) ON x.t = t.id", ["id"]),
    ("SELECT t.id, s.yes FROM t LEFT JOIN (SELECT u.t, true AS yes FROM u) s ON s.t = t.id", ["id"]),
    ("SELECT t.id, u.c FROM t LEFT JOIN u ON u.t = t.id WHERE u.c IS NOT NULL", ["id", "c"]),
    ("SELECT t.a FROM t WHERE t.a IS NOT NULL OR t.id > 1", []),
    ("SELECT t.id, t.b, count(*) AS n, max(t.id) AS top FROM t GROUP BY t.id, t.b", ["id", "b", "n"]),
    ("SELECT t.id, t.b, count(*) AS n FROM t GROUP BY ROLLUP (t.id, t.b)", ["n"]),
    ("SELECT coalesce(t.b, '') AS x, count(*) AS n FROM t GROUP BY CUBE (coalesce(t.b, ''))", ["n"]),
    ("SELECT id, b FROM t UNION ALL SELECT id, NULL FROM u", ["id"]),
    ("SELECT id FROM t EXCEPT (SELECT id FROM u UNION SELECT t FROM u)", []),
    ("WITH w AS (SELECT id, a FROM t) SELECT w.id, w.a FROM w", ["id"]),
    (
      "WITH RECURSIVE w AS (SELECT 1 AS n UNION ALL SELECT CASE WHEN n < 3 THEN n + 1 END FROM w WHERE n < 3) SELECT n FROM w",
      []
    ),
    (
      "SELECT coalesce(a, 'x') AS x, coalesce(a, NULL) AS y, id::text AS z, b::varchar(3) AS w, id + 1 AS v FROM t",
      ["x", "z"]
    ),
    (
      "SELECT 1 AS one, NULL::text AS none, EXISTS (SELECT 1) AS e, (SELECT id FROM t LIMIT 1) AS s, a IS NULL AS i FROM t",
      ["one", "e", "i"]
    ),
    ("SELECT generate_series(1, id) AS n, id FROM t", ["id"]),
    ("SELECT ':resno 1' AS \":resno\", a AS \"} (x\\y\" FROM t", [":resno"]),
    ("SELECT d, k FROM domains LEFT JOIN u ON false", ["d"]),
    ("SELECT u.id, x.d FROM u LEFT JOIN domains x ON false", ["id"]),
    ("SELECT id FROM parent_of", []),
    ("SELECT v.id, v.b FROM v0 v", ["id", "b"]),
    ("SELECT v.id, v.other FROM v2 v", ["id"]),
    ("SELECT m.id FROM stored m", []),
  ]

  @Test func viewsColumnsAreNotNullWhereThatIsCertain() async throws {
    let model = try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        for statement in try Script.split(
          """
          CREATE TABLE t (id integer PRIMARY KEY, a text, b text NOT NULL);
          CREATE TABLE u (id integer PRIMARY KEY, t integer REFERENCES t, c integer NOT NULL);
          CREATE DOMAIN d AS integer NOT NULL;
          CREATE TABLE domains (d d, k integer);
          CREATE TABLE parent_of (id integer NOT NULL); CREATE TABLE child () INHERITS (parent_of);
          -- As versions before 18 let a child do; later ones have it in other ways.
          UPDATE pg_attribute SET attnotnull = false WHERE attrelid = 'child'::regclass AND attname = 'id';
          CREATE MATERIALIZED VIEW stored AS SELECT id FROM t;
          """)
        { try await connection.execute(statement.sql) }
        for (index, view) in Self.views.enumerated() {
          try await connection.execute("CREATE VIEW v\(index) AS \(view.sql)")
        }
        return try await SchemaModel.read(["public"], excluding: [], connection)
      }
    }
    for (index, view) in Self.views.enumerated() {
      let relation = try #require(model.relation(.init(schema: "public", name: "v\(index)")))
      #expect(Set(relation.columns.filter { !$0.isNullable }.map(\.name)) == view.certain, "\(view.sql)")
    }
    #expect(model.relation(.init(schema: "public", name: "stored"))?.columns[0].isNullable == true)
    let text = TypeScriptTypes(model).text
    // Whether the table gives a value by itself, the view does not tell.
    #expect(
      text.contains("        Insert: {\n          a?: string | null\n          b?: string\n          id?: number\n"))
  }

  @Test func typeScriptIsInTheShapeThatItsReadersKnow() async throws {
    let text = TypeScriptTypes(try await Self.model()).text
    for part in [
      "          tenant_id: string\n", "          id?: never\n",
      "          mood?: Database[\"public\"][\"Enums\"][\"mood\"]\n",
      "        | { Args: { t: string }; Returns: string | null }\n", "      pairs: { Args: never; Returns: {\n",
      "\"it's\": Database",
      "empty: {\n    Tables: {\n      [_ in never]: never\n",
    ] {
      #expect(text.contains(part), "\(part)")
    }
    // No table is given to those who insert what the server makes.
    #expect(!text.contains("full_text: unknown\n          full_text"))
  }

  static var compiler: String? {
    ["/usr/bin/tsc", "/usr/local/bin/tsc"].first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  @Test(.enabled(if: compiler != nil, "apt-get install node-typescript"))
  func theTypeScriptCompilerTakesIt() async throws {
    let folder = "/tmp/dbtool-types-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try TypeScriptTypes(try await Self.model()).text.write(
      toFile: folder + "/database.ts", atomically: false, encoding: .utf8)
    func compile(_ use: String) async throws -> ChildProcess.Outcome {
      try ("import { Database, Tables, TablesInsert, Enums, Constants } from './database'\n" + use)
        .write(toFile: folder + "/use.ts", atomically: false, encoding: .utf8)
      return try await ChildProcess.run(
        Self.compiler ?? "", ["--strict", "--noEmit", "--target", "es2020", "use.ts"],
        environment: ["PATH": "/usr/bin:/bin"],
        in: folder)
    }
    let good = try await compile(
      """
      const tenant: TablesInsert<'tenants'> = { name: 'a', tags: ['b'], settings: { c: [1, null] } }
      const user: Tables<'users'> | null = null
      const mood: Enums<'mood'> = 'so-so'
      const all: readonly string[] = Constants.public.Enums.mood
      type Many = Database['public']['Functions']['many']['Returns'][number]['name']
      const name: Many = 'x'
      const view: string = {} as Tables<'active_users'>['email']
      const tags: Tables<'grids'>['tags'] = ['a', null]
      const grid: Tables<'grids'>['grid'] = [[1, null]]
      """)
    #expect(good.status == 0, "\(good.output)")
    for bad in [
      "const a: TablesInsert<'tenants'> = { }", "const a: TablesInsert<'users'> = { id: 1, tenant_id: '', email: '' }",
      "const a: Enums<'mood'> = 'bad'", "const a: Tables<'nothing_here'> | null = null",
      "const a: string[] | null = {} as Tables<'grids'>['tags']", "const a: Tables<'grids'>['grid'] = [1]",
    ] {
      let refused = try await compile(bad)
      #expect(refused.status != 0, "\(bad)")
    }
  }

  @Test func swiftCompilesAndReadsWhatPostgresWrites() async throws {
    let folder = "/tmp/dbtool-types-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try SwiftTypes(try await Self.model()).text.write(
      toFile: folder + "/Types.swift", atomically: false, encoding: .utf8)
    let row = try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        try await connection.query(
          """
          SELECT to_jsonb(r)::text FROM (
            SELECT gen_random_uuid() AS id, 'a' AS name, 'so-so' AS mood, timestamptz '2026-01-01 00:00:00.123456+00' AS created_at,
                   '{"a": [1, null]}'::jsonb AS settings, ARRAY['x', NULL] AS tags,
                   ARRAY[[1, 2], [3, NULL]] AS grid) r
          """)[0].string(0)
      }
    }
    try #"""
    import Foundation
    let row = ##"\#(row)"##
    let tenant = try JSONDecoder.postgres.decode(Public.Tenants.self, from: Data(row.utf8))
    precondition(tenant.mood == .soSo && tenant.settings == .object(["a": .array([.number(1), .null])]))
    let view = try JSONDecoder.postgres.decode(Public.Grids.self, from: Data(row.utf8))
    precondition(view.grid == [[1, 2], [3, nil]])
    precondition(tenant.tags == ["x", nil] && tenant.grid == [[1, 2], [3, nil]])
    precondition(abs(tenant.createdAt.timeIntervalSince1970 - 1767225600.123456) < 0.001)
    let whole = row.replacingOccurrences(of: ".123456", with: "")
    let wholeSecond = try JSONDecoder.postgres.decode(Public.Tenants.self, from: Data(whole.utf8))
    precondition(wholeSecond.createdAt.timeIntervalSince1970 == 1767225600)
    let insert = Public.Tenants.Insert(name: "b")
    print(String(decoding: try JSONEncoder().encode(insert), as: UTF8.self))
    """#.write(toFile: folder + "/main.swift", atomically: false, encoding: .utf8)
    let compiled = try await GeneratedTool.swiftc(
      ["-Onone", "-warnings-as-errors", folder + "/Types.swift", folder + "/main.swift", "-o", folder + "/program"])
    try #require(compiled.status == 0, "\(compiled.output)")
    let ran = try await ChildProcess.run(folder + "/program", [], environment: ["LD_LIBRARY_PATH": ""])
    #expect(ran.status == 0 && ran.output == "{\"name\":\"b\"}\n", "\(ran.output)")
  }
}
