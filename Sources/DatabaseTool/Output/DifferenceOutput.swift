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
    switch (expected, actual) {
    case (nil, let actual?): return "the \(key.title) should not be set, and is \(Self.words(actual))"
    case (let expected?, nil): return "the \(key.title) should be \(Self.words(expected)), and is not set"
    case (let expected?, let actual?):
      return "the \(key.title) should be \(Self.words(expected)), and is \(Self.words(actual))"
    case (nil, nil): return "the \(key.title) is another"
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

  private static func words(_ value: AttributeValue) -> String {
    let text = "\(value)"
    guard text.utf8.contains(UInt8(ascii: "\n")) else {
      if case .text = value { return "'\(text)'" }
      return text.isEmpty ? "empty" : text
    }
    return "\n        | " + text.replacingScalar("\n", with: "\n        | ") + "\n       "
  }
}
