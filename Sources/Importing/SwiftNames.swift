internal import Escaping

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

  /// The parts between what no identifier has. Marks that combine with a letter stay with it; Swift lets none begin a name, and
  /// lets in some that nobody sees.
  private static func words(_ name: String) -> [String] {
    var words: [String.UnicodeScalarView] = [String.UnicodeScalarView()]
    for scalar in name.unicodeScalars {
      let properties = scalar.properties
      let isMark = [.nonspacingMark, .spacingMark, .enclosingMark].contains(properties.generalCategory)
      if !scalar.isHidden, isMark || properties.isAlphabetic || properties.numericType != nil {
        if !isMark || words.last?.isEmpty == false { words[words.count - 1].append(scalar) }
      } else {
        words.append(String.UnicodeScalarView())
      }
    }
    return words.filter { !$0.isEmpty }.map { String($0) }
  }

  private static func capitalised(_ word: String) -> String {
    if initialisms.contains(word.lowercased()) { return word.uppercased() }
    return word.prefix(1).uppercased() + word.dropFirst()
  }

  /// Nothing begins with a digit.
  private static func identifier(_ text: String) -> String {
    guard let first = text.unicodeScalars.first else { return "Unnamed" }
    return first.properties.numericType != nil && !first.properties.isAlphabetic ? "_" + text : text
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
