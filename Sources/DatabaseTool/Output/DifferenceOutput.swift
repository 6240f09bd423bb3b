internal import Catalog
internal import Escaping

/// One difference between two catalogs, for people and for machines.
enum DifferenceOutput {
  /// The difference with both values.
  static func text(_ difference: CatalogDifference) -> TerminalText {
    let style: TerminalText.Style = difference.kind == .missing ? .red : difference.kind == .extra ? .cyan : .yellow
    var text: TerminalText = "  \(difference.kind.rawValue, style) \(difference.id)\n"
    for change in difference.attributes { text += "      \(lines: change.inWords)\n" }
    return text
  }

  struct Change: Encodable {
    var attribute: String
    var expected: String?
    var actual: String?
  }

  static func changes(_ difference: CatalogDifference) -> [Change] {
    difference.attributes.map {
      Change(attribute: $0.key.word, expected: $0.expected.map { "\($0)" }, actual: $0.actual.map { "\($0)" })
    }
  }

  struct Machine: Encodable {
    var finding: String
    var kind: String
    var object: String
    var changes: [Change]

    init(_ difference: CatalogDifference) {
      finding = difference.kind.rawValue
      kind = difference.id.kind.word
      object = difference.id.path
      changes = DifferenceOutput.changes(difference)
    }
  }
}

extension CatalogDifference.AttributeChange {
  /// Both values in a sentence, for example `row security should be on, and is off`.
  var inWords: String {
    if key == .enabled { return "it should be \(Self.state(expected)), and is \(Self.state(actual))" }
    if let (should, does) = flags {
      guard let adjective else {
        return "\(key.title) should be \(should ? "on" : "off"), and is \(does ? "on" : "off")"
      }
      return "it should \(should ? "" : "not ")be \(adjective), and is\(does ? "" : " not")"
    }
    let (noun, isPlural) = noun
    let verb = isPlural ? "are" : "is"
    switch (expected, actual) {
    case (nil, let actual?): return "\(noun) should not be set, and \(verb) \(words(actual))"
    case (let expected?, nil): return "\(noun) should be \(words(expected)), and \(verb) not set"
    case (let expected?, let actual?): return "\(noun) should be \(words(expected)), and \(verb) \(words(actual))"
    case (nil, nil): return "\(noun) \(verb) different"
    }
  }

  /// What an attribute is called in a sentence, and whether it is several things.
  private var noun: (words: String, isPlural: Bool) {
    switch key {
    case .labels, .columns, .options, .arguments, .roles, .privileges, .attributes, .objects, .publications:
      ("the \(key.title)", true)
    case .identityOptions: ("the identity's options", true)
    case .foreignOptions: ("the options", true)
    case .memberOptions: ("the membership's options", true)
    case .notNullOptions: ("the options of NOT NULL", true)
    case .notNullNames: ("the names of NOT NULL", true)
    case .columnSettings: ("the columns' settings", true)
    case .further: ("the further settings", true)
    case .bound: ("the partition's bounds", true)
    case .inherits: ("the tables that it inherits from", true)
    case .memberOf: ("the roles that it is a member of", true)
    case .revoked: ("the privileges that are revoked", true)
    case .usualPrivileges: ("the usual privileges", true)
    case .partitionOf: ("the table that it is a partition of", false)
    case .foreign: ("the table that it refers to", false)
    case .attached: ("the index that it is a part of", false)
    case .ofType: ("the type that its rows are of", false)
    case .using: ("the USING condition", false)
    case .check: ("the WITH CHECK condition", false)
    case .defaultExpression: ("the default", false)
    case .notNullName: ("the name of NOT NULL", false)
    case .statistics: ("the statistics target", false)
    default: ("the \(key.title)", false)
    }
  }

  /// Whether something should be so, and whether it is: only what is unusual is kept.
  private var flags: (should: Bool, does: Bool)? {
    switch (expected, actual) {
    case (.flag(let expected)?, .flag(let actual)?): (expected, actual)
    case (.flag(let expected)?, nil): (expected, !expected)
    case (nil, .flag(let actual)?): (!actual, actual)
    default: nil
    }
  }

  /// What an object is when the attribute is said of it.
  private var adjective: String? {
    switch key {
    case .valid, .validated, .unique, .permissive, .virtual, .active: key.title
    case .notNull: "NOT NULL"
    case .populated: "filled"
    case .clustered: "what the table is clustered on"
    default: nil
    }
  }

  private static func state(_ value: AttributeValue?) -> String {
    guard let value else { return "enabled" }
    switch "\(value)" {
    case "DISABLE": return "disabled"
    case "ENABLE REPLICA": return "enabled on replicas alone"
    case "ENABLE ALWAYS": return "enabled on replicas too"
    case let words: return words
    }
  }

  private func words(_ value: AttributeValue) -> String {
    if case .list(let name) = value, key == .attached || key == .foreign { return name.joined(separator: ".") }
    let text = "\(value)"
    guard text.utf8.contains(UInt8(ascii: "\n")) else {
      if case .text = value { return "'\(text)'" }
      return text.isEmpty ? "empty" : text
    }
    return "\n        | " + text.replacingScalar("\n", with: "\n        | ") + "\n       "
  }
}
