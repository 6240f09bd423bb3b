internal import Catalog
internal import Postgres

/// The foreign keys of a table: with their column where they are called as PostgreSQL would call them, else by themselves.
struct ForeignKeys {
  private struct Key {
    var fact: Fact
    var columns: [String]
    var target: FactID
    var targetColumns: [String]
    /// `onDelete: .cascade` and so on.
    var actions: [String]
  }
  private let keys: [FactID: Key]

  init(_ scope: ImportScope, _ table: FactID) {
    var keys: [FactID: Key] = [:]
    for fact in scope.parts(of: table, .constraint) where fact.text(.type) == "f" {
      if let key = Self.key(fact, scope) { keys[fact.id] = key }
    }
    self.keys = keys
  }

  private static func key(_ fact: Fact, _ scope: ImportScope) -> Key? {
    let known: Set<AttributeKey> = [.type, .definition, .foreign]
    let foreign = fact.list(.foreign)
    guard fact.attributes.allSatisfy({ known.contains($0.key) }), foreign.count == 2,
      let node = ConstraintWriter.node(fact), let columns = node["fk_attrs"]?.names,
      let targets = node["pk_attrs"]?.names, columns.count == targets.count
    else { return nil }
    let target = FactID(.table, schema: foreign[0], name: foreign[1])
    let names = scope.columns[target] ?? [:]
    let own = FactID(.table, schema: fact.id.schema, name: fact.id.name)
    // The DSL wants both of one kind, and a table that is declared.
    guard scope.relations[target] != nil, targets.allSatisfy({ names[$0] != nil }),
      zip(columns, targets).allSatisfy({ scope.kind(own, $0) == scope.kind(target, $1) })
    else { return nil }
    let words =
      [
        "a": ("", nil), "r": ("RESTRICT", ".restrict"), "c": ("CASCADE", ".cascade"), "n": ("SET NULL", ".setNull"),
        "d": ("SET DEFAULT", ".setDefault"),
      ] as [String: (String, String?)]
    guard let onDelete = words[node["fk_del_action"]?.text ?? "a"],
      let onUpdate = words[node["fk_upd_action"]?.text ?? "a"]
    else { return nil }
    let deferrable = ConstraintWriter.deferrable(node)
    let list = { (names: [String]) in names.map(Quote.identifier).joined(separator: ", ") }
    let spelled =
      "FOREIGN KEY (\(list(columns))) REFERENCES \(target.sqlName)(\(list(targets)))"
      + (onUpdate.0.isEmpty ? "" : " ON UPDATE \(onUpdate.0)") + (onDelete.0.isEmpty ? "" : " ON DELETE \(onDelete.0)")
      + deferrable.sql
    guard spelled == fact.text(.definition) else { return nil }
    var actions: [String] = []
    if let word = onDelete.1 { actions.append("onDelete: \(word)") }
    if let word = onUpdate.1 { actions.append("onUpdate: \(word)") }
    if let word = deferrable.word { actions.append("deferrable: \(word)") }
    return Key(fact: fact, columns: columns, target: target, targetColumns: targets, actions: actions)
  }

  /// The arguments by which a column declares its key; the key is said then.
  mutating func reference(from column: Fact, _ scope: ImportScope) -> [String]? {
    let id = column.id
    let name = FactID(.constraint, schema: id.schema, name: id.name, member: "\(id.name)_\(id.member)_fkey")
    guard let key = keys[name], key.columns == [id.member], scope.catalog[name.about(.comment)] == nil,
      !scope.said.contains(name)
    else { return nil }
    scope.say(name)
    return ["references: \(path(key, 0, scope))"] + key.actions
  }

  /// A key by itself, without its closing parenthesis.
  func item(_ fact: Fact, _ scope: ImportScope, _ names: [String: String]) -> String? {
    guard let key = keys[fact.id] else { return nil }
    let columns = key.columns.compactMap { names[$0] }
    let paths = key.columns.indices.map { path(key, $0, scope) }
    let arguments =
      [
        SwiftText.literal(fact.id.member), columns.joined(separator: ", "),
        "references: \(paths.joined(separator: ", "))",
      ]
      + key.actions
    return "ForeignKey(" + arguments.joined(separator: ", ")
  }

  private func path(_ key: Key, _ index: Int, _ scope: ImportScope) -> String {
    let name = scope.columns[key.target]?[key.targetColumns[index]] ?? ""
    return "\\\(scope.relations[key.target] ?? "").\(name)"
  }
}

extension ImportScope {
  /// The kind of a column's values.
  func kind(_ table: FactID, _ column: String) -> String? {
    kinds[FactID(.column, schema: table.schema, name: table.name, member: column)]
  }
}
