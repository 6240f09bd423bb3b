internal import Catalog
internal import Postgres

/// Constraints in the DSL's words. What is written is spelled out as PostgreSQL would print it, and left to SQL where that is
/// not what it printed.
struct ConstraintWriter {
  let scope: ImportScope
  let table: FactID
  let names: [String: String]
  let words: ExpressionWords

  func item(_ fact: Fact, _ keys: inout ForeignKeys) -> String? {
    let known: Set<AttributeKey> = [.type, .definition, .foreign]
    guard fact.attributes.allSatisfy({ known.contains($0.key) }) else { return nil }
    let item: String? =
      switch fact.text(.type) {
      case "p", "u": key(fact)
      case "c": check(fact)
      case "f": keys.item(fact, scope, names)
      case "x": exclusion(fact)
      default: nil
      }
    guard let item else { return nil }
    scope.say(fact.id)
    return item + scope.commentArgument(on: fact.id, indentation: 6) + ")"
  }

  static func node(_ fact: Fact) -> ParseTree? {
    ParseTree(parsing: "ALTER TABLE t ADD \(fact.text(.definition))")?["AlterTableStmt"]?["cmds"]?.elements.first?[
      "AlterTableCmd"]?["def"]?["Constraint"]
  }

  private func key(_ fact: Fact) -> String? {
    let definition = fact.text(.definition)
    guard let node = Self.node(fact), let columns = node["keys"]?.names, !columns.isEmpty else { return nil }
    let swift = columns.compactMap { names[$0] }
    guard swift.count == columns.count else { return nil }
    let list = columns.map(Quote.identifier).joined(separator: ", ")
    let isPrimary = fact.text(.type) == "p"
    let isDistinct = node["nulls_not_distinct"]?.isTrue != true
    let deferrable = Self.deferrable(node)
    let spelled =
      (isPrimary ? "PRIMARY KEY " : isDistinct ? "UNIQUE " : "UNIQUE NULLS NOT DISTINCT ") + "(\(list))"
      + deferrable.sql
    guard spelled == definition, !isPrimary || deferrable.sql.isEmpty else { return nil }
    var arguments = swift
    let usual = isPrimary ? "\(table.name)_pkey" : "\(table.name)_\(columns.joined(separator: "_"))_key"
    if fact.id.member != usual { arguments.append("name: \(SwiftText.literal(fact.id.member))") }
    if !isDistinct { arguments.append("nullsNotDistinct: true") }
    if let word = deferrable.word { arguments.append("deferrable: \(word)") }
    return (isPrimary ? "PrimaryKey(" : "Unique(") + arguments.joined(separator: ", ")
  }

  /// What PostgreSQL prints of it, and the DSL's word.
  static func deferrable(_ node: ParseTree) -> (sql: String, word: String?) {
    guard node["deferrable"]?.isTrue == true else { return ("", nil) }
    return node["initdeferred"]?.isTrue == true
      ? (" DEFERRABLE INITIALLY DEFERRED", ".initiallyDeferred") : (" DEFERRABLE", ".initiallyImmediate")
  }

  private func check(_ fact: Fact) -> String? {
    var definition = fact.text(.definition)[...]
    let ending = " NO INHERIT"
    let isOwn = definition.hasSuffix(ending)
    if isOwn { definition = definition.dropLast(ending.count) }
    // PostgreSQL puts two pairs of parentheses around most.
    guard definition.hasPrefix("CHECK ("), definition.hasSuffix(")") else { return nil }
    let expression = Self.unwrapped(String(definition.dropFirst("CHECK (".count).dropLast()))
    return "Check(\(SwiftText.literal(fact.id.member)), \(words.literal(expression, indentation: 6))"
      + (isOwn ? ", noInherit: true" : "")
  }

  /// The expression without parentheses around all of it.
  static func unwrapped(_ expression: String) -> String {
    guard expression.hasPrefix("("), expression.hasSuffix(")") else { return expression }
    let inner = String(expression.dropFirst().dropLast())
    // `(a) AND (b)` would lose its own; only what is an expression by itself has none to lose.
    guard let outer = ParseTree(parsing: "SELECT \(expression)"), let bare = ParseTree(parsing: "SELECT \(inner)"),
      outer.says(bare)
    else { return expression }
    return inner
  }

  private func exclusion(_ fact: Fact) -> String? {
    guard let node = Self.node(fact) else { return nil }
    let method = node["access_method"]?.text ?? "btree"
    var elements: [String] = []
    var spelled: [String] = []
    for element in node["exclusions"]?.elements ?? [] {
      let parts = element["List"]?["items"]?.elements ?? []
      guard parts.count == 2, let name = parts[0]["IndexElem"]?["name"]?.text, let column = names[name],
        parts[0]["IndexElem"]?["opclass"] == nil, parts[0]["IndexElem"]?["collation"] == nil,
        let symbol = parts[1]["List"]?["items"]?.names, symbol.count == 1
      else { return nil }
      elements.append("(\(column), \(SwiftText.literal(symbol[0])))")
      spelled.append("\(Quote.identifier(name)) WITH \(symbol[0])")
    }
    let lead = "EXCLUDE USING \(Quote.identifier(method)) (\(spelled.joined(separator: ", ")))"
    let deferrable = Self.deferrable(node)
    var rest = fact.text(.definition)[...]
    guard !elements.isEmpty, rest.hasPrefix(lead), rest.hasSuffix(deferrable.sql) else { return nil }
    rest = rest.dropFirst(lead.count).dropLast(deferrable.sql.count)
    var arguments = [SwiftText.literal(fact.id.member)]
    if method != "gist" { arguments.append("using: \(SwiftText.literal(method))") }
    arguments += elements
    if !rest.isEmpty {
      guard rest.hasPrefix(" WHERE ("), rest.hasSuffix(")") else { return nil }
      let condition = String(rest.dropFirst(" WHERE (".count).dropLast())
      arguments.append("where: \(words.literal(Self.unwrapped(condition), indentation: 6))")
    }
    if let word = deferrable.word { arguments.append("deferrable: \(word)") }
    return "Exclude(" + arguments.joined(separator: ", ")
  }
}
