package import Catalog
internal import Escaping

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

  /// - Parameter model: the same database's, which knows whose columns a foreign key's are.
  init(_ catalog: Catalog, _ model: SchemaModel, schema: String) {
    let relations = model.relations.filter { relation in
      let id = FactID(.table, schema: schema, name: relation.name.name)
      let foreign = FactID(.foreignTable, schema: schema, name: relation.name.name)
      return relation.name.schema == schema && !relation.isView && (catalog.contains(id) || catalog.contains(foreign))
    }
    nodes = relations.map { relation in
      let foreign = Set(relation.relationships.flatMap(\.columns))
      return Node(
        id: FactID(relation.kind == .foreignTable ? .foreignTable : .table, schema: schema, name: relation.name.name),
        title: relation.name.name,
        columns: relation.columns.map {
          Column(
            name: $0.name, type: $0.sqlType, isPrimary: relation.primaryKey.contains($0.name),
            isForeign: foreign.contains($0.name), isNullable: $0.isNullable)
        })
    }
    var numbers = Dictionary(uniqueKeysWithValues: nodes.enumerated().map { ($1.id, $0) })
    for (from, relation) in relations.enumerated() {
      let nullable = Set(relation.columns.filter(\.isNullable).map(\.name))
      for key in relation.relationships {
        let other = FactID(.table, schema: key.target.schema, name: key.target.name)
        let to = numbers[other] ?? nodes.count
        if to == nodes.count {
          numbers[other] = to
          let isOurs = key.target.schema == schema
          nodes.append(
            Node(id: other, title: isOurs ? key.target.name : "\(key.target.schema).\(key.target.name)", columns: []))
        }
        edges.append(
          Edge(
            name: key.name, from: from, to: to, column: key.columns.first ?? "", isOneToOne: key.isOneToOne,
            isOptional: key.columns.contains(where: nullable.contains)))
      }
    }
  }

  /// The diagram in Mermaid's language (`erDiagram`), which repositories show as a picture.
  package var mermaid: String { Self.mermaid([self]) }

  /// Several schemas in one diagram, with their tables' whole names.
  package static func mermaid(_ diagrams: [EntityDiagram]) -> String {
    let isOne = diagrams.count == 1
    var entities: [String: String] = [:]
    var order: [String] = []
    var lines = ""
    for diagram in diagrams {
      let names = diagram.nodes.map { Mermaid.name(isOne ? $0.title : "\($0.id.schema).\($0.id.name)") }
      for (name, node) in zip(names, diagram.nodes) {
        if entities[name] == nil { order.append(name) }
        // A table of another schema has its columns where it is at home.
        if entities[name] == nil || !node.columns.isEmpty { entities[name] = columns(node) }
      }
      for edge in diagram.edges {
        lines +=
          "  \(names[edge.to]) \(edge.isOptional ? "|o" : "||")--\(edge.isOneToOne ? "o|" : "o{") \(names[edge.from]) : "
          + "\(Mermaid.name(edge.name))\n"
      }
    }
    return "erDiagram\n" + order.map { "  \($0)\(entities[$0] ?? "")\n" }.joined() + lines
  }

  private static func columns(_ node: Node) -> String {
    if node.columns.isEmpty { return "" }
    return " {\n"
      + node.columns.map { column in
        let keys = [column.isPrimary ? "PK" : nil, column.isForeign ? "FK" : nil].compactMap { $0 }.joined(
          separator: ", ")
        return "    \(Mermaid.word(column.type)) \(Mermaid.word(column.name))\(keys.isEmpty ? "" : " " + keys)\n"
      }.joined() + "  }"
  }
}
