internal import Catalog
internal import Postgres

/// A view or materialized view as a Swift struct.
struct ViewWriter {
  let scope: ImportScope
  let view: Fact
  let typeName: String

  static func canSay(_ view: Fact, _ scope: ImportScope) -> Bool {
    let isStored = view.id.kind == .materializedView
    let known: Set<AttributeKey> = isStored ? [.definition, .columns, .populated] : [.definition, .columns, .options]
    let options = view.list(.options)
    return scope.schema(view.id.schema) != nil && view.attributes.allSatisfy { known.contains($0.key) }
      && (options.isEmpty || options == ["security_invoker=true"]) && view.attributes[.populated] != .flag(false)
      && !(scope.details.viewColumns[view.id] ?? []).isEmpty
  }

  func text() -> String {
    scope.say(view.id)
    let names = scope.columns[view.id] ?? [:]
    let columns = scope.details.viewColumns[view.id] ?? []
    var text = "import SchemaDSL\n\npublic struct \(typeName): View {\n"
    text +=
      "  public static let name = RelationName(\(SwiftText.literal(view.id.name)), in: \(scope.schema(view.id.schema) ?? ".public"))\n"
    if view.id.kind == .materializedView {
      text += "  public static let isMaterialized = true\n"
    } else if view.list(.options).isEmpty {
      text += "  public static let isSecurityInvoker = false\n"
    }
    text += "\n"
    for column in columns {
      let id = FactID(.column, schema: view.id.schema, name: view.id.name, member: column.name)
      let comment = scope.commentArgument(on: id, indentation: 4)
      text +=
        "  let \(names[column.name] ?? "") = Column(\(SwiftText.literal(column.name)), \(scope.types.word(column.type).code)\(comment))\n"
    }
    text += "\n  public init() {}\n"
    // A literal of one line stands as well between marks for several.
    let query = Self.unindented(view.text(.definition))
    text +=
      "\n  public var query: SQL {\n    \(SwiftText.literal(query.contains("\n") ? query : query + "\n", indentation: 4))\n  }\n"
    let items = self.items(columns.map(\.name), names)
    if !items.isEmpty {
      text += "\n  public var body: TableBody {\n" + items.map { "    \($0)\n" }.joined() + "  }\n"
    }
    return text + "}\n"
  }

  /// PostgreSQL begins a query with a space.
  private static func unindented(_ query: String) -> String {
    query.hasPrefix(" ") ? String(query.dropFirst()) : query
  }

  private func items(_ columns: [String], _ names: [String: String]) -> [String] {
    var items: [String] = []
    if let comment = scope.comment(on: view.id) {
      items.append("Comment(\(SwiftText.literal(comment, indentation: 6)))")
    }
    let words = ExpressionWords(table: view.id, columns: names)
    let parts = RelationParts(scope: scope, relation: view.id, names: names, words: words)
    items += parts.indexes() + parts.triggers()
    let ids = columns.map { FactID(.column, schema: view.id.schema, name: view.id.name, member: $0) }
    return items + parts.grants(columns: ids)
  }
}
