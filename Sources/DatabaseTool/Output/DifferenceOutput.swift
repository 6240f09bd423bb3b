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
  /// Both values, for example `row security: expected yes, found none`.
  var inWords: String {
    "\(key.title): expected \(Self.words(expected)), found \(Self.words(actual))"
  }

  private static func words(_ value: AttributeValue?) -> String {
    guard let value else { return "none" }
    let text = "\(value)"
    guard text.utf8.contains(UInt8(ascii: "\n")) else { return text.isEmpty ? "''" : text }
    return "\n        | " + text.replacingScalar("\n", with: "\n        | ") + "\n       "
  }
}
