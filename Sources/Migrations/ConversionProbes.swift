internal import Postgres

/// Values at the edges of what a type can hold, with which a change of type is tried. Those that people know come first:
/// the first that does not survive is shown.
///
/// A value of which a type makes another (`numeric(4,1)` of 0.125) is one of its values then; one that it refuses is left out.
enum ConversionProbes {
  /// - Parameters:
  ///   - type: a base type of `pg_catalog`, by its name in `pg_type`.
  ///   - modifiers: the numbers in parentheses.
  ///   - lengths: lengths around which strings are tried.
  /// - Returns: SQL expressions for texts that the type may read; nil for a type that is not known here.
  static func texts(_ type: String, _ modifiers: [Int], lengths: [Int]) -> [String]? {
    switch type {
    case "numeric": return quoted(numerics(modifiers))
    case "text", "varchar", "bpchar", "name", "char", "citext":
      return quoted(strings)
        + lengths.filter { $0 < 2_000_000 }.flatMap { length in
          [length - 1, length, length + 1].filter { $0 > 0 }.flatMap {
            ["repeat('x', \($0))", "repeat('é', \($0))"]
          }
        } + ["repeat('x', 100)", "repeat('é', 100)", "'x' || repeat(' ', 20)"]
    case "bit", "varbit":
      let all = Set([1, 3, 4, 8, 31, 32, 33, 64, 65] + lengths + modifiers + modifiers.map { $0 - 1 })
      let sizes = all.sorted().filter { (1..<100_000).contains($0) }
      return sizes.flatMap { ["repeat('1', \($0))", "repeat('0', \($0))"] }
    default: return known[type].map(quoted)
    }
  }

  /// Texts of ranges and multiranges whose ends may be values of any type, in as many forms as these have.
  static let ranges = quoted(
    strings.filter { !$0.isEmpty && !$0.contains(where: { "\"\\{".contains($0) }) }.flatMap { end in
      ["[\"\(end)\",)", "(,\"\(end)\")", "[\"\(end)\",\"\(end)\"]", "{[\"\(end)\",)}"]
    })

  private static func quoted(_ values: [String]) -> [String] {
    values.map { Quote.literal($0) }
  }

  private static func numerics(_ modifiers: [Int]) -> [String] {
    guard let precision = modifiers.first else {
      return known["float8", default: []] + [
        "0.05", "1.50", "0.000000000000000000001", "123456789012345678901234567890.123456789", "Infinity", "-Infinity",
        "1e1000", "-1e-1000", "9999999999", "99999999999999999999",
      ]
    }
    let scale = modifiers.count > 1 ? modifiers[1] : 0
    let nines = String(repeating: "9", count: precision)
    var largest = nines
    var smallest = "1"
    if scale > 0 {
      let padded = String(repeating: "0", count: max(0, scale - precision + 1)) + nines
      largest = padded.dropLast(scale) + "." + padded.suffix(scale)
      smallest = "0." + String(repeating: "0", count: scale - 1) + "1"
    } else if scale < 0 {
      largest += String(repeating: "0", count: -scale)
      smallest += String(repeating: "0", count: -scale)
    }
    return ["0", "1", smallest, largest, "-\(largest)", "-\(smallest)", "NaN"]
  }

  private static let strings =
    [
      "", "a", "Ä", " a ", "NULL", "null", "A,b\"c\\d", "a\tb\nc", "\u{1}", "007", "+5", " 12 ", "1e3", "1.50", "-0",
      "0.1", "NaN",
      "12345678901234567890", "yes", "T", "on", "01/02/2026", "2026-1-2", "2026-01-02", "Jan 2, 2026", "02.01.2026",
      "2026-01-02 03:04:05.123456+07", "2026-07-01 12:00 IST", "2026-07-01 12:00 EST", "2026-07-01 12:00:00",
      "01:02:03",
      "1:2", "12:00+02", "1 day", "P1D", "-1 days +02:03:00", "1 mon -1 day", "$1,234.50",
      "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
      "10.0.0.1/32", "10.0.0.0/8", "08:00:2b:01:02:03", "08-00-2b-01-02-03", "{\"a\": 1, \"a\": 2}",
      "{\"a\":\"\\u0000\"}",
      "[1,  2]", "<a/>", "<a/><b/>", "<?xml version=\"1.0\"?><!DOCTYPE a><a/>", "\\xAB", "\\x00", "101", "(1,2)", "1,2",
      "{1, 2}",
      "{NULL}", "{a}", "[1,5]", "[1,5)", "a & b", "a b", "pg_class", "pg_catalog.pg_class", "infinity",
    ]

  private static let known: [String: [String]] = [
    "bool": ["true", "false"],
    "int2": ["0", "1", "-1", "9", "99", "999", "32767", "-32768"],
    "int4": ["0", "1", "-1", "9", "99", "999", "32768", "16777217", "2147483647", "-2147483648"],
    "int8": [
      "0", "1", "-1", "9", "99", "999", "2147483648", "16777217", "9007199254740993", "9223372036854775807",
      "-9223372036854775808",
    ],
    "oid": ["0", "1", "1259", "4294967295"],
    "float4": [
      "0", "1", "-1", "0.1", "1.5", "16777216", "3.4028235e38", "1e-45", "NaN", "Infinity", "-Infinity", "-0",
    ],
    "float8": [
      "0", "1", "-1", "0.1", "1.5", "16777217", "9007199254740992", "1.0000000000000002", "1.7976931348623157e308",
      "5e-324",
      "NaN", "Infinity", "-Infinity", "-0",
    ],
    "money": ["0", "1", "0.05", "-1234.5", "92233720368547758.07", "-92233720368547758.08"],
    "bytea": ["", "a", "\\x00", "\\xff", "\\x5c27", "\\x00010203ff"],
    "date": ["2026-01-02", "1999-12-31", "4714-01-01 BC", "0001-01-01", "5874897-12-31", "infinity", "-infinity"],
    "time": ["00:00", "12:34:56", "12:34:56.123456", "23:59:59.999999", "24:00"],
    "timetz": ["00:00+00", "12:34:56.123456+05:30", "23:59:59.999999-15:59", "24:00+02"],
    "timestamp": [
      "2026-01-02 03:04:05", "2026-01-02 03:04:05.123456", "2026-03-29 02:30", "2026-03-08 02:30", "2026-10-25 02:30",
      "0001-01-01", "4714-11-24 BC", "294276-12-31 23:59:59.999999", "infinity", "-infinity",
    ],
    "timestamptz": [
      "2026-01-02 03:04:05+00", "2026-01-02 03:04:05.123456+00", "2026-10-25 00:30+00", "2026-10-25 01:30+00",
      "0001-01-01 00:00+00",
      "4714-11-24 00:00+00 BC", "294276-12-31 23:59:59.999999+00", "infinity", "-infinity",
    ],
    "interval": [
      "1 day", "24:00", "1 mon", "1 year 2 mons -3 days 04:05:06.789", "-1 mon +1 day -01:00", "0", "00:00:00.000001",
      "1000000:00",
      "178000000 years",
    ],
    "uuid": ["00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    "json": [
      "{\"b\": 1, \"a\": 2}", "{\"a\": 1, \"a\": 2}", "{\"a\":\"\\u0000\"}", "[1.0, 1e2,  100]", "1e-7", "\"a\"",
      "null", "{}",
      "1e200000", "\"\\ud800\"",
    ],
    "jsonb": ["{\"b\": 1, \"a\": 2}", "[1.0, 100]", "\"a\"", "\"\\\"\"", "null", "{}", "1.50", "true"],
    "xml": ["<a/>", "a<b/>c", "<?xml version=\"1.0\"?><!DOCTYPE a><a/>", ""],
    "inet": ["10.0.0.1", "10.0.0.1/8", "10.0.0.0/8", "::1", "fe80::1/64", "0.0.0.0/0"],
    "cidr": ["10.0.0.1/32", "10.0.0.0/8", "::1/128", "fe80::/64", "0.0.0.0/0"],
    "macaddr": ["08:00:2b:01:02:03", "ff:ff:ff:ff:ff:ff"],
    "macaddr8": ["08:00:2b:ff:fe:01:02:03", "08:00:2b:01:02:03:04:05"],
    "tsvector": ["", "'a':1A 'b':2", "'it''s'"],
    "tsquery": ["'a' & !'b'", "'a':*A <-> 'b'"],
    "point": ["(0,0)", "(0.1,-1e300)"],
    "lseg": ["[(0,0),(0.1,1)]"], "box": ["(1,1),(0,0.1)"], "path": ["((0,0),(1,0.1))", "[(0,0),(1,1)]"],
    "polygon": ["((0,0),(1,0.1),(1,1))"], "circle": ["<(0,0.1),1>"], "line": ["{1,0.1,-1}"],
    "pg_lsn": ["0/0", "FFFFFFFF/FFFFFFFF"],
    "regclass": ["pg_class", "information_schema.tables", "0"],
    "regtype": ["integer", "timestamp with time zone", "0"],
    "regproc": ["now", "0"], "regrole": ["0"], "regnamespace": ["pg_catalog", "0"],
    "int4range": ["empty", "[1,5)", "(,)", "[2147483646,2147483647)"],
    "int8range": ["empty", "[1,5)", "(,)", "[1,9223372036854775807)"],
    "numrange": ["empty", "[1.5,2.25]", "(,)"],
    "daterange": ["empty", "[2026-01-02,2026-02-01)", "(,)", "[4714-01-01 BC,5874897-12-31)"],
    "tsrange": ["empty", "[\"2026-01-02 03:04:05.123456\",\"2026-03-29 02:30\"]", "(,)"],
    "tstzrange": ["empty", "[\"2026-01-02 03:04:05.123456+00\",\"2026-10-25 00:30+00\"]", "(,)"],
  ]
}
