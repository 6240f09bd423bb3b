internal import Escaping

/// The one place where names and values become SQL text.
///
/// Mirrors `quote_ident` and `quote_literal` (PostgreSQL documentation, section 9.4 "String Functions"): an identifier
/// is quoted only when it has to be, so that what dbtool prints reads as a person would write it.
package enum Quote {
  /// An identifier, quoted when PostgreSQL would read the bare word as something else.
  package static func identifier(_ name: String) -> String {
    if isPlain(name), !reservedWords.contains(name) { return name }
    var quoted = "\""
    for character in name.unicodeScalars {
      if character == "\"" { quoted.unicodeScalars.append("\"") }
      quoted.unicodeScalars.append(character)
    }
    quoted.append("\"")
    return quoted
  }

  /// A qualified name: `schema.name`; an empty schema leaves the bare name.
  package static func qualified(_ schema: String, _ name: String) -> String {
    schema.isEmpty ? identifier(name) : identifier(schema) + "." + identifier(name)
  }

  /// A string constant. Backslashes make it an escape string (`E'…'`), so that the text means the same whatever
  /// `standard_conforming_strings` says.
  package static func literal(_ value: String) -> String {
    var body = ""
    var hasBackslash = false
    for character in value.unicodeScalars {
      switch character {
      case "'": body += "''"
      case "\\":
        body += "\\\\"
        hasBackslash = true
      default: body.unicodeScalars.append(character)
      }
    }
    return hasBackslash ? "E'\(body)'" : "'\(body)'"
  }

  /// Text for the inside of a string constant: each quote twice.
  package static func insideLiteral(_ text: String) -> String { text.replacingScalar("'", with: "''") }

  /// Text for PostgreSQL's `format`, to which `%` is a place to fill.
  package static func insideFormat(_ text: String) -> String { text.replacingScalar("%", with: "%%") }

  /// The name that a quoted identifier stands for; a bare one is its own.
  package static func unquoted(_ identifier: String) -> String {
    let scalars = identifier.unicodeScalars
    guard scalars.first == "\"", scalars.last == "\"", scalars.count > 1 else { return identifier }
    var name = String.UnicodeScalarView()
    var isDoubled = false
    for scalar in scalars.dropFirst().dropLast() {
      isDoubled = scalar == "\"" && !isDoubled
      if !isDoubled { name.append(scalar) }
    }
    return String(name)
  }

  /// Text as it stands in the first argument of PostgreSQL's `format()`, which takes a per cent sign for the start of a
  /// specifier (section 9.4.1 of its documentation).
  package static func inFormat(_ text: String) -> String { text.replacing("%", with: "%%") }

  /// A dollar-quoted constant for a body that a person should be able to read; the tag is one the body does not hold.
  package static func dollar(_ body: String, tag: String = "dbtool") -> String {
    var candidate = tag
    var suffix = 0
    // With a dollar more: what the body ends in may be the beginning of the closing tag.
    let closed = body + "$"
    while closed.utf8.holds("$\(candidate)$".utf8) {
      suffix += 1
      candidate = "\(tag)\(suffix)"
    }
    return "$\(candidate)$\(body)$\(candidate)$"
  }

  private static func isPlain(_ name: String) -> Bool {
    guard let first = name.utf8.first, isLower(first) || first == UInt8(ascii: "_") else { return false }
    return name.utf8.allSatisfy { isLower($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
  }
  private static func isLower(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }
  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  /// Every word that is not wholly unreserved (documentation, appendix C), for PostgreSQL 14 to 18. A test compares
  /// this list with `pg_get_keywords()` of the server at hand.
  package static let reservedWords: Set<String> = [
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "between", "bigint",
    "binary", "bit", "boolean", "both", "case", "cast", "char", "character", "check", "coalesce", "collate",
    "collation",
    "column", "concurrently", "constraint", "create", "cross", "current_catalog", "current_date", "current_role",
    "current_schema", "current_time", "current_timestamp", "current_user", "dec", "decimal", "default", "deferrable",
    "desc", "distinct", "do", "else", "end", "except", "exists", "extract", "false", "fetch", "float", "for", "foreign",
    "freeze", "from", "full", "grant", "greatest", "group", "grouping", "having", "ilike", "in", "initially", "inner",
    "inout", "int", "integer", "intersect", "interval", "into", "is", "isnull", "join", "json", "json_array",
    "json_arrayagg", "json_exists", "json_object", "json_objectagg", "json_query", "json_scalar", "json_serialize",
    "json_table", "json_value", "lateral", "leading", "least", "left", "like", "limit", "localtime", "localtimestamp",
    "merge_action", "national", "natural", "nchar", "none", "normalize", "not", "notnull", "null", "nullif", "numeric",
    "offset", "on", "only", "or", "order", "out", "outer", "overlaps", "overlay", "placing", "position", "precision",
    "primary", "real", "references", "returning", "right", "row", "select", "session_user", "setof", "similar",
    "smallint", "some", "substring", "symmetric", "system_user", "table", "tablesample", "then", "time", "timestamp",
    "to", "trailing", "treat", "trim", "true", "union", "unique", "user", "using", "values", "varchar", "variadic",
    "verbose", "when", "where", "window", "with", "xmlattributes", "xmlconcat", "xmlelement", "xmlexists", "xmlforest",
    "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable",
  ]
}

extension Collection where Element == UInt8 {
  fileprivate func holds(_ other: some Collection<UInt8>) -> Bool {
    var rest = self[...]
    while let start = rest.firstIndex(where: { $0 == other.first }) {
      if rest[start...].starts(with: other) { return true }
      rest = rest[start...].dropFirst()
    }
    return false
  }
}
