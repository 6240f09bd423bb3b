internal import Catalog
internal import Postgres

/// Data types in the words of the DSL.
struct TypeWords {
  /// The Swift names of enums, by what PostgreSQL prints of them.
  var enums: [String: String] = [:]

  /// A type and the kind of its values, as far as foreign keys and defaults need to know it.
  struct Word: Equatable {
    var code: String
    /// The case of `Values`, or an enum.
    var kind: String
  }

  /// - Parameter type: as `format_type` prints it, qualified.
  func word(_ type: String) -> Word {
    if type.hasSuffix("[]") {
      let element = word(String(type.dropLast(2)))
      return Word(code: ".array(of: \(element.code))", kind: "Array<\(element.kind)>")
    }
    if let name = enums[type] { return Word(code: ".enum(\(name).self)", kind: name) }
    if let (code, kind) = Self.plain[type] { return Word(code: code, kind: kind) }
    for (prefix, code, kind) in Self.measured where type.hasPrefix(prefix + "(") && type.hasSuffix(")") {
      let arguments = type.dropFirst(prefix.count + 1).dropLast().split(separator: ",").map(String.init)
      guard arguments.allSatisfy({ Int($0) != nil }), arguments.count <= (kind == "Numeric" ? 2 : 1) else { break }
      // numeric(5) is printed as numeric(5,0).
      let shown = arguments.count == 2 && arguments[1] == "0" ? [arguments[0]] : arguments
      return Word(code: "\(code)(\(shown.joined(separator: ", ")))", kind: kind)
    }
    return Word(code: ".other(\(SwiftText.literal(type)))", kind: "Other")
  }

  private static let plain: [String: (String, String)] = [
    "uuid": (".uuid", "UUID"), "boolean": (".boolean", "Boolean"), "smallint": (".smallint", "SmallInt"),
    "integer": (".integer", "Integer"), "bigint": (".bigint", "BigInt"), "text": (".text", "Text"),
    "numeric": (".numeric", "Numeric"), "double precision": (".doublePrecision", "Double"), "date": (".date", "Date"),
    "time without time zone": (".time", "Time"), "timestamp without time zone": (".timestamp", "Timestamp"),
    "timestamp with time zone": (".timestamptz", "TimestampTZ"), "interval": (".interval", "Interval"),
    "jsonb": (".jsonb", "JSON"), "json": (".json", "JSON"), "bytea": (".bytea", "Bytes"), "inet": (".inet", "Inet"),
    "cidr": (".cidr", "Inet"), "tsvector": (".tsvector", "TSVector"),
  ]

  private static let measured = [
    ("character varying", ".varchar", "Text"), ("character", ".char", "Text"), ("numeric", ".numeric", "Numeric"),
  ]

  /// A default in the DSL's words, or as SQL.
  func defaultWord(_ expression: String, _ type: String, _ cases: [String: String]) -> String {
    let word = word(type)
    switch (expression, word.kind) {
    case ("gen_random_uuid()", "UUID"): return ".randomUUID"
    case ("now()", "TimestampTZ"), ("now()", "Timestamp"): return ".now"
    case ("CURRENT_DATE", "Date"): return ".today"
    case ("true", "Boolean"), ("false", "Boolean"): return expression
    default: break
    }
    if ["SmallInt", "Integer", "BigInt", "Numeric", "Double"].contains(word.kind), Int(expression) != nil,
      expression.allSatisfy(\.isNumber)
    {
      return expression
    }
    if let text = Self.literal(expression, of: type) {
      if enums[type] != nil, let name = cases[text] { return ".case(.\(name))" }
      let isTextual = ["Text", "JSON", "Interval", "Other"].contains(word.kind) || word.kind.hasPrefix("Array<")
      if isTextual, enums[type] == nil { return SwiftText.literal(text) }
    }
    return ".sql(\(SwiftText.literal(expression)))"
  }

  /// The text of a constant that PostgreSQL prints as `'text'::type`.
  private static func literal(_ expression: String, of type: String) -> String? {
    // A cast to varchar has no length.
    let base = type.hasPrefix("character varying") && !type.hasSuffix("[]") ? "character varying" : type
    let ending = "'::\(base)"
    guard expression.hasPrefix("'"), expression.hasSuffix(ending) else { return nil }
    let text = expression.dropFirst().dropLast(ending.count)
    return text.contains("'") || text.contains("\\") ? nil : String(text)
  }
}
