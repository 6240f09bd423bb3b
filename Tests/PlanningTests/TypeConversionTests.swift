import Catalog
import Introspection
import Migrations
import Planning
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// What is said of a change of type is what PostgreSQL does: values stay, become others, or are refused.
@Suite struct TypeConversionTests {
  private static let states = States(database: Database("types") {})

  fileprivate enum Fate: Hashable, Sendable { case changes, refuses }

  struct Pair: Sendable {
    let old: String
    let new: String
    fileprivate let fate: Set<Fate>
    let settings: Set<String>

    fileprivate init(_ old: String, _ new: String, _ fate: Set<Fate>, _ settings: Set<String> = []) {
      (self.old, self.new, self.fate, self.settings) = (old, new, fate, settings)
    }
  }

  /// Types as `format_type` prints them.
  static let pairs = [
    // Every value has a place, and stays what it is.
    Pair("smallint", "integer", []), Pair("integer", "bigint", []), Pair("bigint", "numeric", []),
    Pair("integer", "double precision", []), Pair("real", "double precision", []),
    Pair("numeric(10,2)", "numeric(12,2)", []), Pair("numeric(10,2)", "numeric(12,4)", []),
    Pair("numeric(10,2)", "numeric", []), Pair("integer", "numeric(12,2)", []), Pair("integer", "text", []),
    Pair("character varying(10)", "character varying(20)", []), Pair("character varying(10)", "character varying", []),
    Pair("character varying(10)", "text", []), Pair("text", "character varying", []), Pair("character(5)", "text", []),
    Pair("boolean", "text", []), Pair("boolean", "integer", []), Pair("uuid", "text", []), Pair("jsonb", "json", []),
    Pair("json", "text", []), Pair("cidr", "inet", []), Pair("macaddr", "macaddr8", []),
    Pair("bit(4)", "bit varying(8)", []),
    Pair("timestamp(3) without time zone", "timestamp without time zone", []), Pair("integer[]", "bigint[]", []),
    Pair("integer", "integer[]", []), Pair("public.mood", "text", []), Pair("integer", "public.positive", [.refuses]),
    Pair("public.positive", "integer", []), Pair("bytea", "text", [], ["bytea_output"]),
    // Also where the machine has no locale but C.
    Pair("money", "numeric", [], ["lc_monetary"]), Pair("money", "text", [], ["lc_monetary"]),
    // Every value has a place, but some are others there.
    Pair("double precision", "real", [.changes, .refuses]), Pair("bigint", "double precision", [.changes]),
    Pair("json", "jsonb", [.changes, .refuses]), Pair("inet", "cidr", [.changes]),
    Pair("timestamp without time zone", "timestamp(0) without time zone", [.changes]),
    Pair("time without time zone", "time(3) without time zone", [.changes]), Pair("text", "name", [.changes]),
    Pair("numeric(10,2)", "numeric(11,1)", [.changes]), Pair("integer", "real", [.changes]),
    Pair("text", "\"char\"", [.changes]),
    Pair("timestamp without time zone", "date", [.changes]),
    // Some values are cut or rounded, others have no place.
    Pair("numeric(12,2)", "numeric(10,0)", [.changes, .refuses]),
    Pair("numeric(12,2)", "numeric(9,1)", [.changes, .refuses]),
    Pair("numeric", "numeric(12,2)", [.changes, .refuses]), Pair("double precision", "integer", [.changes, .refuses]),
    Pair("text", "integer", [.changes, .refuses]), Pair("text", "uuid", [.changes, .refuses]),
    Pair("text", "jsonb", [.changes, .refuses]), Pair("text", "boolean", [.changes, .refuses]),
    Pair("text", "numeric(10,2)", [.changes, .refuses]), Pair("text", "character(3)", [.changes, .refuses]),
    Pair("integer[]", "integer", [.changes]),
    // None is another one, but some have no place.
    Pair("bigint", "integer", [.refuses]), Pair("integer", "smallint", [.refuses]),
    Pair("numeric(10,2)", "numeric(8,2)", [.refuses]), Pair("integer", "numeric(5,2)", [.refuses]),
    Pair("character varying(20)", "character varying(5)", [.refuses]),
    Pair("text", "character varying(20)", [.refuses]),
    Pair("bigint", "character varying(5)", [.refuses]), Pair("bit varying(8)", "bit varying(4)", [.refuses]),
    Pair("text", "public.mood", [.refuses]), Pair("text", "json", [.refuses]),
    Pair("bigint[]", "integer[]", [.refuses]), Pair("text[]", "public.mood[]", [.refuses]),
    // What becomes of them is a session's affair.
    Pair("text", "date", [.changes, .refuses], ["DateStyle"]),
    Pair("text", "timestamp without time zone", [.changes, .refuses], ["DateStyle"]),
    Pair(
      "text", "timestamp with time zone", [.changes, .refuses], ["DateStyle", "TimeZone", "timezone_abbreviations"]),
    Pair("timestamp with time zone", "text", [], ["DateStyle", "TimeZone"]),
    Pair("timestamp with time zone", "timestamp without time zone", [], ["TimeZone"]),
    Pair("timestamp without time zone", "timestamp with time zone", [], ["TimeZone"]),
    Pair("timestamp with time zone", "date", [.changes], ["TimeZone"]),
    Pair("date", "timestamp with time zone", [.refuses], ["TimeZone"]),
    Pair("date", "timestamp without time zone", [.refuses]),
    Pair("date", "text", [], ["DateStyle"]), Pair("double precision", "text", [], ["extra_float_digits"]),
    Pair("double precision[]", "text[]", [], ["extra_float_digits"]), Pair("interval", "text", [], ["IntervalStyle"]),
    Pair("text", "integer[]", [.changes, .refuses]), Pair("regclass", "text", [], ["quote_all_identifiers"]),
    Pair("text", "xml", [.refuses], ["xmloption"]),
    // Ends of ranges are read as values of their own.
    Pair("text", "daterange", [.changes, .refuses], ["DateStyle"]),
    Pair("character varying", "datemultirange", [.changes, .refuses], ["DateStyle"]),
    Pair("text[]", "daterange[]", [.changes, .refuses], ["DateStyle"]),
    Pair("text", "tstzmultirange", [.changes, .refuses], ["DateStyle", "TimeZone", "timezone_abbreviations"]),
    Pair("text", "int4range", [.changes, .refuses]),
  ]

  private static let types = """
    CREATE TYPE public.mood AS ENUM ('so', 'la la');
    CREATE DOMAIN public.positive AS integer CHECK (VALUE > 0);

    """

  private func read(_ database: ScratchDatabase) async throws -> Catalog {
    try await Connection.with(database.target) { try await CatalogReader().read($0) }.removing { $0.id.kind == .role }
  }

  private func table(_ type: KeyPath<Pair, String>, _ pairs: [Pair]) -> String {
    Self.types + "CREATE TABLE public.t (id bigint PRIMARY KEY, "
      + pairs.enumerated().map { "c\($0) \($1[keyPath: type])" }.joined(separator: ", ") + ");\n"
  }

  @Test func whatIsSaidOfValuesIsWhatBecomesOfThem() async throws {
    let pairs = Self.pairs
    try await Databases.with { a in
      try await Databases.withinGate { b in
        for (database, side) in [(a, \Pair.old), (b, \Pair.new)] {
          let loaded = try await Databases.psql(table(side, pairs), on: database)
          try #require(loaded.status == 0, "\(loaded.output)")
        }
        let (source, target) = (try await read(a), try await read(b))
        let conversions = try await Self.states.conversions(from: source, to: target)
        for (index, pair) in pairs.enumerated() {
          let id = FactID(.column, schema: "public", name: "t", member: "c\(index)")
          // As the catalog prints it, or nothing would be found.
          #expect(source[id]?.text(.type) == pair.old && target[id]?.text(.type) == pair.new)
          let verdict = conversions[pair.old, pair.new]
          let name = "\(pair.old) to \(pair.new): \(verdict)"
          #expect(verdict.isTried, "\(name)")
          var fate: Set<Fate> = []
          if verdict.changed != nil { fate.insert(.changes) }
          if verdict.refused != nil { fate.insert(.refuses) }
          #expect(fate == pair.fate, "\(name)")
          #expect(Set(verdict.settings) == pair.settings, "\(name)")
          // What depends on a session is what PostgreSQL does not call immutable.
          #expect(pair.settings.isEmpty || !verdict.isImmutable, "\(name)")
        }
        // A plan refuses what changes values, and nothing else.
        let plan = try await Self.states.plan(from: source, to: target)
        #expect(plan.refusedHazards.count == pairs.count { $0.fate.contains(.changes) })
        #expect(plan.hazards.count { $0.code == .refusesValues } == pairs.count { $0.fate.contains(.refuses) })
        #expect(plan.hazards.count { $0.code == .dependsOnSettings } == pairs.count { !$0.settings.isEmpty })
      }
    }
  }
}
