import Catalog
import Introspection
import Migrations
import Operations
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// The same for kinds that few databases have. Security labels are not among them: PostgreSQL's packages bring no provider.
@Suite struct SeededRareDriftTests {
  private static let states = States(database: Database("rare") {})

  private static let fixture = """
    CREATE LANGUAGE plodd HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;
    CREATE TYPE pair AS (a integer, b integer);
    CREATE FUNCTION pair_text(pair) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ($1).a::text';
    CREATE CAST (pair AS text) WITH FUNCTION pair_text(pair) AS ASSIGNMENT;
    CREATE TRANSFORM FOR integer LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION int4recv(internal));
    CREATE OPERATOR FAMILY odd_family USING btree;
    CREATE OPERATOR CLASS odd_class FOR TYPE integer USING btree FAMILY odd_family AS
      OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(integer, integer);
    ALTER OPERATOR FAMILY odd_family USING btree ADD OPERATOR 1 < (integer, bigint), OPERATOR 5 > (integer, bigint);
    CREATE CONVERSION odd_conversion FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
    CREATE TEXT SEARCH TEMPLATE odd_template (INIT = dsimple_init, LEXIZE = dsimple_lexize);
    CREATE TEXT SEARCH PARSER odd_parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
    CREATE TEXT SEARCH DICTIONARY odd_dictionary (TEMPLATE = simple, ACCEPT = false);
    CREATE ACCESS METHOD odd_method TYPE TABLE HANDLER heap_tableam_handler;
    CREATE FOREIGN DATA WRAPPER odd_wrapper OPTIONS (a '1');
    CREATE TYPE odd_base;
    CREATE FUNCTION odd_in(cstring) RETURNS odd_base LANGUAGE internal IMMUTABLE STRICT AS 'textin';
    CREATE FUNCTION odd_out(odd_base) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
    CREATE TYPE odd_base (INPUT = odd_in, OUTPUT = odd_out, INTERNALLENGTH = VARIABLE, STORAGE = extended);
    CREATE PUBLICATION everything FOR ALL TABLES;
    """

  private static let seeds: [(sql: String, code: String)] = [
    ("ALTER TYPE pair ADD ATTRIBUTE c integer", "different-composite-type"),
    ("DROP LANGUAGE plodd", "missing-language"),
    ("DROP LANGUAGE plodd; CREATE TRUSTED LANGUAGE plodd HANDLER plpgsql_call_handler", "different-language"),
    ("DROP CAST (pair AS text)", "missing-cast"),
    (
      "DROP CAST (pair AS text); CREATE CAST (pair AS text) WITH FUNCTION pair_text(pair) AS IMPLICIT", "different-cast"
    ),
    ("CREATE CAST (pair AS xml) WITH INOUT", "extra-cast"),
    ("DROP TRANSFORM FOR integer LANGUAGE sql", "missing-transform"),
    (
      "CREATE OR REPLACE TRANSFORM FOR integer LANGUAGE sql (TO SQL WITH FUNCTION int4recv(internal))",
      "different-transform"
    ),
    ("DROP OPERATOR CLASS odd_class USING btree", "missing-operator-class"),
    ("ALTER OPERATOR FAMILY odd_family USING btree DROP OPERATOR 5 (integer, bigint)", "different-operator-family"),
    (
      """
      DROP OPERATOR CLASS odd_class USING btree;
      CREATE OPERATOR CLASS odd_class DEFAULT FOR TYPE pair USING hash AS FUNCTION 1 hash_record(record)
      """, "missing-operator-class"
    ),
    ("CREATE OPERATOR FAMILY more USING hash", "extra-operator-family"),
    ("DROP CONVERSION odd_conversion", "missing-conversion"),
    (
      "DROP CONVERSION odd_conversion; CREATE DEFAULT CONVERSION odd_conversion FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
      "different-conversion"
    ),
    ("DROP TEXT SEARCH TEMPLATE odd_template", "missing-text-search-template"),
    (
      "DROP TEXT SEARCH TEMPLATE odd_template; CREATE TEXT SEARCH TEMPLATE odd_template (LEXIZE = dsimple_lexize)",
      "different-text-search-template"
    ),
    ("DROP TEXT SEARCH PARSER odd_parser", "missing-text-search-parser"),
    (
      """
      DROP TEXT SEARCH PARSER odd_parser; CREATE TEXT SEARCH PARSER odd_parser
        (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline)
      """, "different-text-search-parser"
    ),
    ("ALTER TEXT SEARCH DICTIONARY odd_dictionary (ACCEPT = true)", "different-text-search-dictionary"),
    ("DROP TEXT SEARCH DICTIONARY odd_dictionary", "missing-text-search-dictionary"),
    ("DROP ACCESS METHOD odd_method", "missing-access-method"),
    (
      "DROP ACCESS METHOD odd_method; CREATE ACCESS METHOD odd_method TYPE INDEX HANDLER bthandler",
      "different-access-method"
    ),
    ("ALTER FOREIGN DATA WRAPPER odd_wrapper OPTIONS (SET a '2')", "different-foreign-data-wrapper"),
    ("DROP FOREIGN DATA WRAPPER odd_wrapper", "missing-foreign-data-wrapper"),
    ("ALTER TYPE odd_base SET (STORAGE = main)", "different-base-type"),
    ("DROP TYPE odd_base CASCADE", "missing-base-type"),
    ("CREATE TYPE shell", "extra-shell-type"),
    ("DROP PUBLICATION everything", "missing-publication"),
    ("ALTER PUBLICATION everything SET (publish = 'insert')", "different-publication"),
  ]

  @Test func eachIsFound() async throws {
    let server = try await Databases.server.value
    let template = try await server.template(
      for: Digest(of: Self.fixture), from: try await ScratchBase.template(server)
    ) { connection in
      for statement in try Script.split(Self.fixture) { try await connection.execute(statement.sql) }
    }
    func report(after change: String, _ expected: Catalog?) async throws -> (DriftReport?, Catalog) {
      try await Databases.gate.pass {
        try await server.withDatabase(from: template) { database in
          try await Connection.with(database.target) { connection in
            for statement in try Script.split(change) { try await connection.execute(statement.sql) }
            let catalog = try await CatalogReader().read(connection).removing { $0.id.kind == .role }
            guard let expected else { return (nil, catalog) }
            return (try await DriftReport.make(states: Self.states, expected: expected, connection), catalog)
          }
        }
      }
    }
    let expected = try await report(after: "", nil).1
    #expect(try await report(after: "", expected).0?.hasFindings() == false)
    var found: Set<FactKind> = []
    for seed in Self.seeds {
      let findings = try await report(after: seed.sql, expected).0?.findings ?? []
      #expect(findings.contains { $0.code == seed.code }, "\(seed.sql): \(findings.map(\.code))")
      found.formUnion(findings.compactMap { $0.difference?.id.kind })
    }
    let present = Set(expected.facts.keys.map(\.kind)).subtracting([.schema, .owner, .grant, .comment])
    #expect(present.subtracting(found).isEmpty, "not seeded: \(present.subtracting(found))")
  }

  /// Subscriptions belong to the server, and are not copied with a database.
  @Test func subscriptionsAreCompared() async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        let name = "rare_\(database.name)"
        try await connection.execute(
          """
          SET client_min_messages = error;
          CREATE SUBSCRIPTION \(name) CONNECTION 'host=nowhere' PUBLICATION p WITH (connect = false, slot_name = NONE)
          """)
        let expected = try await CatalogReader().read(connection).removing { $0.id.kind == .role }
        var codes: [[String]] = []
        for change in [
          "", "SET (synchronous_commit = on)", "CONNECTION 'host=elsewhere'",
          "SET PUBLICATION q WITH (refresh = false)",
        ] {
          if !change.isEmpty { try await connection.execute("ALTER SUBSCRIPTION \(name) \(change)") }
          let report = try await DriftReport.make(states: Self.states, expected: expected, connection)
          codes.append(report.findings.filter { $0.severity != .note }.map(\.code))
        }
        try await connection.execute("DROP SUBSCRIPTION \(name)")
        let gone = try await DriftReport.make(states: Self.states, expected: expected, connection)
        codes.append(gone.findings.filter { $0.severity != .note }.map(\.code))
        let different = ["different-subscription"]
        #expect(codes == [[], different, different, different, ["missing-subscription"]], "\(codes)")
      }
    }
  }
}
