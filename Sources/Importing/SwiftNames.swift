/// Names for Swift made of names in SQL, each given once in its scope.
package struct SwiftNames {
  private var taken: Set<String>

  /// - Parameter taken: names that have a meaning already.
  package init(reserving taken: Set<String> = []) { self.taken = Set(taken.map { $0.lowercased() }) }

  /// A name for a type: `order_lines` becomes `OrderLines`.
  ///
  /// - Parameters:
  ///   - qualifier: what is put before it where the name is taken, a schema for example.
  ///   - suffix: what is put after it where that is taken too.
  package mutating func type(_ name: String, qualifier: String, suffix: String) -> String {
    let plain = Self.identifier(Self.words(name).map(Self.capitalised).joined())
    let qualified = qualifier.isEmpty ? [] : [Self.capitalised(Self.member(qualifier)) + plain]
    let candidates = [plain] + qualified + [plain + suffix]
    return claim(candidates, isKeyword: { Self.typeKeywords.contains($0) })
  }

  /// A name for a property, a case or a constant: `author_id` becomes `authorID`.
  package mutating func member(_ name: String, suffix: String) -> String {
    let plain = Self.member(name)
    return Self.escaped(claim([plain, plain + suffix], isKeyword: { Self.impossible.contains($0) }))
  }

  // Files on some machines, and people everywhere, do not tell names apart by case.
  private mutating func claim(_ candidates: [String], isKeyword: (String) -> Bool) -> String {
    for candidate in candidates where !isKeyword(candidate) && taken.insert(candidate.lowercased()).inserted {
      return candidate
    }
    var number = 2
    let base = candidates.last ?? "name"
    while !taken.insert("\(base)\(number)".lowercased()).inserted { number += 1 }
    return "\(base)\(number)"
  }

  private static func member(_ name: String) -> String {
    let words = words(name)
    guard let first = words.first else { return "unnamed" }
    // URLPath begins as urlPath, and createdAt stays as it is.
    let isUpper = !first.contains(where: \.isLowercase)
    let head = isUpper ? first.lowercased() : first.prefix(1).lowercased() + first.dropFirst()
    return identifier(head + words.dropFirst().map(capitalised).joined())
  }

  /// The parts between what no identifier has.
  private static func words(_ name: String) -> [String] {
    name.split { !($0.isLetter || $0.isNumber) }.map(String.init)
  }

  private static func capitalised(_ word: String) -> String {
    if initialisms.contains(word.lowercased()) { return word.uppercased() }
    return word.prefix(1).uppercased() + word.dropFirst()
  }

  /// Nothing begins with a digit.
  private static func identifier(_ text: String) -> String {
    guard let first = text.first else { return "Unnamed" }
    return first.isNumber ? "_" + text : text
  }

  private static func escaped(_ name: String) -> String { keywords.contains(name) ? "`\(name)`" : name }

  /// Words that are written in capitals.
  private static let initialisms: Set<String> = [
    "id", "url", "uri", "uuid", "json", "html", "xml", "api", "ip", "sql", "http", "csv", "pdf", "utc",
  ]

  /// What even backticks do not make a member's name.
  private static let impossible: Set<String> = ["self", "Self", "Type", "Protocol", "init", "body", "query"]

  private static let typeKeywords: Set<String> = ["Type", "Protocol", "Self", "Any"]

  private static let keywords: Set<String> = [
    "associatedtype", "class", "deinit", "enum", "extension", "fileprivate", "func", "import", "inout", "internal",
    "let",
    "open", "operator", "private", "precedencegroup", "protocol", "public", "rethrows", "static", "struct", "subscript",
    "typealias", "var", "break", "case", "catch", "continue", "default", "defer", "do", "else", "fallthrough", "for",
    "guard", "if", "in", "repeat", "return", "throw", "switch", "where", "while", "as", "false", "is", "nil", "super",
    "throws", "true", "try", "await", "async", "any",
  ]

  /// Names of the DSL and of Swift that a declaration in the same module would hide.
  package static let words: Set<String> = [
    "Access", "Alias", "AliasedColumn", "Any", "Array", "Bool", "Check", "Column", "Comment", "Compression", "CronJob",
    "Database", "DatabaseBuilder", "DatabaseItem", "DatabaseTool", "DataType", "Declarations", "DeclaredSQL",
    "DefaultPrivileges", "DefaultValue", "Deferrable", "Dictionary", "Double", "Error", "Exclude", "Extension",
    "External",
    "ForeignKey", "Function", "Functions", "Generated", "Grant", "Identity", "Index", "IndexElement", "IndexKey",
    "IndexMethod", "Int", "Main", "OptionalExtension", "Partitions", "PartitionWindow", "PersonalData", "Policy",
    "PostgresEnum", "PrimaryKey", "Privilege", "Publication", "RawSQL", "ReferentialAction", "Relation", "RelationName",
    "ReplicaIdentity", "Role", "RowLevelSecurity", "Schema", "SchemaDSL", "SchemaGrant", "Sequence", "SequenceGrant",
    "ServerSetting", "Set", "Setting", "SQL", "SQLValue", "Storage", "StorageParameters", "String", "Swift", "Table",
    "TableBody", "TableItem", "Trigger", "TypeName", "Unique", "Unlogged", "Values", "View",
  ]
}
