import Postgres

/// Names that would break out of a comment, a literal, a line or a terminal if they were written as they are.
extension SchemaGenerator {
  /// At most 63 bytes each, as PostgreSQL keeps them.
  package static let hostileNames = [
    "x\rDELETE FROM public.canary;--", "y\r\nDELETE FROM public.canary;--", "z\nDELETE FROM public.canary;--",
    "e\u{1b}[31m\u{9b}2J\u{85}\u{2028}\u{202e}\u{200b}", "q\"'`|<b>*/ $dbtool$ \\ --", "'\u{301}\"\u{301}\\\u{301}",
    "::error::no ##[error]%0A", "../../up/.", "t\tab\u{b}\u{c}", "-- dbtool:contract", "${x}\\(y) \\#(z) \"\"\"#",
    "%s%I%%\u{301}",
  ]

  mutating func hostileNames() {
    guard chance(35) else { return }
    let name = pick(Self.hostileNames)
    sql += Self.hostileObjects(named: name, variant: pick([0, 1]), in: "s1")
  }

  /// Objects of many kinds that have a name, or hold it as text.
  ///
  /// - Parameter variant: two that a plan leads from one to the other.
  package static func hostileObjects(named name: String, variant: Int, in schema: String) -> [String] {
    let (quoted, text) = (Quote.identifier(name), Quote.literal(name))
    let (table, schema) = ("\(Quote.identifier(schema)).\(quoted)", Quote.identifier(schema))
    let view = Quote.identifier("v" + String(name.prefix(20)))
    let type = Quote.identifier("t" + String(name.prefix(20)))
    let key = Quote.identifier("k" + String(name.prefix(20)))
    let value = variant == 0 ? text : Quote.literal(name + "\r\nmore")
    return [
      "CREATE TYPE \(schema).\(type) AS ENUM (\(text), \(variant == 0 ? "'plain'" : "'plain', 'a\u{2028}b\tc\r\nd'"))",
      """
      CREATE TABLE \(table) (id integer CONSTRAINT \(key) PRIMARY KEY, \(quoted) text DEFAULT \(value) NOT NULL,
        kind \(schema).\(type) DEFAULT \(text))
      """,
      "ALTER TABLE \(table) ADD CONSTRAINT \(Quote.identifier("c" + String(name.prefix(20)))) CHECK (\(quoted) <> \(value))",
      "COMMENT ON TABLE \(table) IS \(value)", "COMMENT ON COLUMN \(table).\(quoted) IS \(text)",
      "CREATE VIEW \(schema).\(view) AS SELECT t.id, t.\(quoted) AS \(type), \(value)::text AS said FROM \(table) t",
      """
      CREATE FUNCTION \(schema).\(quoted)(\(quoted) text) RETURNS text LANGUAGE sql
        AS \(Quote.dollar("\r\n  SELECT \(text)::text\(variant == 0 ? "" : " || $1")\r\n"))
      """,
      "COMMENT ON FUNCTION \(schema).\(quoted)(text) IS \(value)",
      "ALTER TABLE \(table) ENABLE ROW LEVEL SECURITY",
      "CREATE POLICY \(quoted) ON \(table) USING (\(quoted) = \(value))",
      "CREATE INDEX \(view.dropLast())_idx\" ON \(table) (\(quoted)) WHERE \(quoted) <> \(value)",
    ]
  }
}
