internal import Catalog
internal import Postgres

/// Enum types as Swift enums.
struct EnumWriter {
  let scope: ImportScope
  let fact: Fact
  let typeName: String

  static func canSay(_ fact: Fact, _ scope: ImportScope) -> Bool {
    // Swift takes labels for the same that are composed of other scalars and mean the same characters.
    scope.schema(fact.id.schema) != nil && !fact.list(.labels).isEmpty
      && Set(fact.list(.labels)).count == fact.list(.labels).count
      && fact.attributes.allSatisfy { $0.key == .labels }
  }

  /// The cases' names, by label.
  static func cases(_ fact: Fact) -> [String: String] {
    var names = SwiftNames(reserving: ["typeName", "comment", "renamedLabels", "allCases", "rawValue", "hash"])
    return Dictionary(fact.list(.labels).map { ($0, names.member($0, suffix: "Label")) }) { first, _ in first }
  }

  func text() -> String {
    scope.say(fact.id)
    let cases = scope.cases[fact.id.sqlName] ?? [:]
    var text = "public enum \(typeName): String, PostgresEnum {\n"
    for label in fact.list(.labels) {
      let name = cases[label] ?? ""
      // The same scalars, not only the same characters: the value is the label.
      let isSame = [label, "`\(label)`"].contains { $0.utf8.elementsEqual(name.utf8) }
      text += "  case \(name)" + (isSame ? "" : " = \(SwiftText.literal(label, indentation: 4))") + "\n"
    }
    text +=
      "\n  public static let typeName = TypeName(\(SwiftText.literal(fact.id.name)), in: \(scope.schema(fact.id.schema) ?? ".public"))\n"
    if let comment = scope.comment(on: fact.id) {
      text += "  public static let comment: String? = \(SwiftText.literal(comment, indentation: 4))\n"
    }
    return text + "}\n"
  }
}
