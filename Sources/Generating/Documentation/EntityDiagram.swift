package import Catalog

/// The tables of a schema and the foreign keys between them.
package struct EntityDiagram: Sendable {
  package struct Column: Sendable {
    package var name: String
    package var type: String
    package var isPrimary: Bool
    package var isForeign: Bool
    package var isNullable: Bool
  }

  package struct Node: Sendable {
    package var id: FactID
    /// The name, with its schema where that is another's.
    package var title: String
    /// None for a table of another schema.
    package var columns: [Column]
  }

  package struct Edge: Sendable {
    package var name: String
    /// Indexes of nodes: the table that refers, and the other.
    package var from: Int
    package var to: Int
    package var column: String
    package var isOneToOne: Bool
    package var isOptional: Bool
  }

  package private(set) var nodes: [Node] = []
  package private(set) var edges: [Edge] = []

  init(_ catalog: Catalog, schema: String) {
    let tables = catalog.facts.values.filter {
      [.table, .foreignTable].contains($0.id.kind) && $0.id.schema == schema && $0.partitionParent == nil
        && !schema.isEmpty
    }.sorted { $0.id < $1.id }
    let shown = Set(tables.map(\.id))
    let parts = catalog.facts.values.filter { $0.parent.map(shown.contains) == true }.sorted {
      ($0.position, $0.id) < ($1.position, $1.id)
    }
    var columns: [FactID: [Column]] = [:]
    var keys: [(Fact, [String])] = []
    var unique: Set<[String]> = []
    for fact in parts where fact.id.kind == .constraint {
      guard let table = fact.parent else { continue }
      let own = fact.needs.filter { $0.kind == .column && $0.schema == table.schema && $0.name == table.name }.map(
        \.member)
      if fact.isForeignKey { keys.append((fact, own)) }
      if ["p", "u"].contains(fact.text(.type)) { unique.insert([table.schema, table.name] + own.sorted()) }
    }
    let primary = Set(
      parts.filter { $0.id.kind == .constraint && $0.text(.type) == "p" }.flatMap { fact in
        fact.needs.filter { $0.kind == .column }
      })
    let foreign = Set(
      keys.flatMap { fact, own in
        own.map { FactID(.column, schema: fact.id.schema, name: fact.id.name, member: $0) }
      })
    var nullable: Set<FactID> = []
    for fact in parts where fact.id.kind == .column {
      guard let table = fact.parent else { continue }
      if !fact.flag(.notNull) { nullable.insert(fact.id) }
      columns[table, default: []].append(
        Column(
          name: fact.id.member, type: fact.text(.type), isPrimary: primary.contains(fact.id),
          isForeign: foreign.contains(fact.id), isNullable: !fact.flag(.notNull)))
    }
    nodes = tables.map { Node(id: $0.id, title: $0.id.name, columns: columns[$0.id] ?? []) }
    var numbers = Dictionary(uniqueKeysWithValues: nodes.enumerated().map { ($1.id, $0) })
    for (fact, own) in keys {
      let target = fact.list(.foreign)
      guard target.count == 2, let table = fact.parent, let from = numbers[table] else { continue }
      let other = FactID(.table, schema: target[0], name: target[1])
      if numbers[other] == nil {
        numbers[other] = nodes.count
        nodes.append(Node(id: other, title: target[0] == schema ? target[1] : "\(target[0]).\(target[1])", columns: []))
      }
      guard let to = numbers[other] else { continue }
      edges.append(
        Edge(
          name: fact.id.member, from: from, to: to, column: own.first ?? "",
          isOneToOne: unique.contains([table.schema, table.name] + own.sorted()),
          isOptional: own.contains {
            nullable.contains(FactID(.column, schema: table.schema, name: table.name, member: $0))
          }))
    }
  }

  /// The diagram in Mermaid's language (`erDiagram`), which repositories show as a picture.
  package var mermaid: String {
    var text = "erDiagram\n"
    for node in nodes {
      text += "  \(Self.word(node.title))"
      if node.columns.isEmpty {
        text += "\n"
        continue
      }
      text += " {\n"
      for column in node.columns {
        let keys = [column.isPrimary ? "PK" : nil, column.isForeign ? "FK" : nil].compactMap { $0 }.joined(
          separator: ", ")
        text += "    \(Self.plain(column.type)) \(Self.plain(column.name))\(keys.isEmpty ? "" : " " + keys)\n"
      }
      text += "  }\n"
    }
    for edge in edges {
      let many = edge.isOneToOne ? "o|" : "o{"
      text +=
        "  \(Self.word(nodes[edge.to].title)) \(edge.isOptional ? "|o" : "||")--\(many) \(Self.word(nodes[edge.from].title)) : \(Self.word(edge.name))\n"
    }
    return text
  }

  private static func word(_ text: String) -> String { "\"\(text.filter { $0 != "\"" })\"" }

  /// Attributes have letters, digits and a few marks.
  private static func plain(_ text: String) -> String {
    let marks: Set<Character> = ["_", "-", "(", ")", "[", "]"]
    let plain = String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) || marks.contains($0) ? $0 : "_" })
    return plain.first?.isLetter == true || plain.first == "_" ? plain : "_" + plain
  }
}
