/// What to do about SQL that is written for a newer PostgreSQL than the scratch server's.
enum NewerGrammar {
  /// Words at which older versions stop, and the version that takes them there.
  private static let words: [String: (major: Int, what: String)] = [
    "virtual": (18, "generated columns that are VIRTUAL"), "enforced": (18, "constraints that are NOT ENFORCED"),
    "without": (18, "keys WITHOUT OVERLAPS"), "period": (18, "foreign keys with PERIOD"),
    "not": (18, "NOT NULL constraints with names and options"), "no": (18, "NOT NULL constraints with NO INHERIT"),
    "by": (17, "MERGE … WHEN NOT MATCHED BY"), "expression": (17, "ALTER COLUMN … SET EXPRESSION"),
    "columns": (17, "JSON_TABLE"), "maintain": (17, "the privilege MAINTAIN"),
    "inherit": (16, "memberships with INHERIT"), "set": (16, "memberships with SET"), "json": (16, "IS JSON"),
    "nulls": (15, "NULLS NOT DISTINCT"), "merge": (15, "MERGE"),
    "security_invoker": (15, "views with security_invoker"),
    "parameter": (15, "privileges on parameters"),
  ]

  /// - Returns: nil for an error that no other version would spare.
  static func hint(for error: PostgresError, in sql: String, on version: ServerVersion) -> String? {
    guard error.hint == nil, error.sqlState == "42601" || error.sqlState == "22023" else { return nil }
    let found = word(of: error, in: sql).flatMap { words[$0] }.flatMap { $0.major > version.major ? $0 : nil }
    if found == nil, error.sqlState != "42601" { return nil }
    let folder = "PG_BIN=/usr/lib/postgresql/\(found.map { "\($0.major)" } ?? "<version>")/bin"
    let known = found.map { "PostgreSQL \($0.major) has \($0.what); this" } ?? "If it is SQL of a newer version: this"
    return
      "\(known) scratch server is PostgreSQL \(version). Another one is chosen by the folder of its programs: \(folder)"
  }

  private static func word(of error: PostgresError, in sql: String) -> String? {
    // What is not understood stands in quotes in PostgreSQL's message, whatever its language.
    if let position = error.position {
      let rest = sql.unicodeScalars.dropFirst(position - 1)
      let word = rest.prefix { $0.properties.isAlphabetic || $0 == "_" }
      if !word.isEmpty { return String(String.UnicodeScalarView(word)).lowercased() }
    }
    return error.message.split(separator: "\"").dropFirst().first.map { $0.lowercased() }
  }
}
