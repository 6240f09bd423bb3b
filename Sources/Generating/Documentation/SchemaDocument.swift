package import Catalog

/// A database as a reader goes through it: a chapter for each schema, an entry for each object, with everything that is said
/// about it.
package struct SchemaDocument: Sendable {
  /// A text, and how it is set.
  package enum Cell: Sendable, Hashable {
    case text(String)
    case code(String)
    case place(SourceLocation)
  }

  package struct Part: Sendable {
    package var title: String
    package var headers: [String]
    package var rows: [[Cell]]
  }

  package struct Entry: Sendable {
    package var id: FactID
    /// The object's kind and name without its schema.
    package var kind: String
    package var title: String
    package var comment: String?
    package var location: SourceLocation?
    package var properties: [(name: String, value: Cell)]
    package var parts: [Part]
  }

  package struct Chapter: Sendable {
    /// The schema; empty for what lives in none.
    package var schema: String
    package var comment: String?
    package var location: SourceLocation?
    package var parts: [Part]
    package var entries: [Entry]
    package var diagram: EntityDiagram

    package var title: String { schema.isEmpty ? "Database" : schema }
  }

  package let name: String
  package let serverVersion: String
  package let chapters: [Chapter]

  /// - Parameters:
  ///   - name: the database's.
  ///   - model: the same database's, for the diagrams.
  ///   - locate: the declaring line of an object.
  package init(_ catalog: Catalog, _ model: SchemaModel, name: String, locate: (FactID) -> SourceLocation?) {
    self.name = name
    serverVersion = "\(catalog.serverVersion)"
    let reader = DocumentReader(catalog, locate)
    let schemas = catalog.facts.keys.filter { $0.kind == .schema }.map(\.name).sorted()
    chapters = (schemas + [""]).compactMap { schema in
      let id = FactID(.schema, name: schema)
      let entries = reader.entries(in: schema)
      if schema.isEmpty, entries.isEmpty { return nil }
      return Chapter(
        schema: schema, comment: schema.isEmpty ? nil : reader.comment(of: id),
        location: schema.isEmpty ? nil : locate(id),
        parts: schema.isEmpty ? [] : reader.parts(of: id), entries: entries,
        diagram: EntityDiagram(catalog, model, schema: schema))
    }
  }
}

/// Gathers what a catalog says about each object.
private struct DocumentReader {
  private let catalog: Catalog
  private let locations: [FactID: SourceLocation]
  private var children: [FactID: [Fact]] = [:]

  init(_ catalog: Catalog, _ locate: (FactID) -> SourceLocation?) {
    self.catalog = catalog
    var locations: [FactID: SourceLocation] = [:]
    for fact in catalog.facts.values {
      locations[fact.id] = locate(fact.id)
      if let owner = fact.parent ?? fact.id.subjectID { children[owner, default: []].append(fact) }
    }
    self.locations = locations
    for key in children.keys { children[key]?.sort { ($0.position, $0.id) < ($1.position, $1.id) } }
  }

  func comment(of id: FactID) -> String? { catalog[id.about(.comment)]?.optionalText(.text) }

  func entries(in schema: String) -> [SchemaDocument.Entry] {
    catalog.facts.values.filter { fact in
      // Parts are told with their wholes, and partitions with their tables.
      fact.id.schema == schema && fact.id.subject == nil && fact.id.kind != .schema && fact.partitionParent == nil
        && fact.parent == nil
    }.sorted { ($0.id.kind.rank, $0.id) < ($1.id.kind.rank, $1.id) }.map(entry)
  }

  /// What is said about a schema itself: who may use it.
  func parts(of id: FactID) -> [SchemaDocument.Part] {
    catalog[id].map { members($0).filter { !$0.rows.isEmpty } } ?? []
  }

  private func entry(_ fact: Fact) -> SchemaDocument.Entry {
    let isRelation = [.table, .foreignTable, .view, .materializedView].contains(fact.id.kind)
    var properties = properties(fact, without: isRelation ? [.columns] : [])
    if let owner = catalog[fact.id.about(.owner)] { properties.append(("owner", .code(owner.text(.role)))) }
    var parts: [SchemaDocument.Part] = []
    if isRelation { parts.append(columns(fact)) }
    parts += members(fact)
    return SchemaDocument.Entry(
      id: fact.id, kind: fact.id.kind.title, title: title(fact.id), comment: comment(of: fact.id),
      location: locations[fact.id], properties: properties, parts: parts.filter { !$0.rows.isEmpty })
  }

  /// The name without the schema, in whose chapter it stands.
  private func title(_ id: FactID) -> String {
    switch id.kind {
    case .function: "\(id.name)(\(id.member))"
    case .table, .view, .materializedView, .foreignTable, .sequence, .enumType, .compositeType, .domain: id.name
    default: id.path
    }
  }

  private func properties(_ fact: Fact, without left: Set<AttributeKey> = []) -> [(
    name: String, value: SchemaDocument.Cell
  )] {
    fact.attributes.filter { !left.contains($0.key) && ![.partitionOf].contains($0.key) }.map { entry in
      let name = entry.key.title
      return switch entry.value {
      case .flag(let flag): (name, .text(flag ? "yes" : "no"))
      case .integer(let number): (name, .text("\(number)"))
      case .list, .text: (name, .code("\(entry.value)"))
      }
    }
  }

  // MARK: Parts

  private func columns(_ relation: Fact) -> SchemaDocument.Part {
    let columns = (children[relation.id] ?? []).filter { $0.id.kind == .column }
    var rows = columns.map { column -> [SchemaDocument.Cell] in
      let value = catalog[
        FactID(.columnDefault, schema: column.id.schema, name: column.id.name, member: column.id.member)]
      var rest: [String] = []
      if let text = value?.text(.expression) { rest.append("DEFAULT \(text)") }
      if let generated = column.optionalText(.generated) { rest.append("GENERATED ALWAYS AS (\(generated))") }
      if let identity = column.optionalText(.identity) { rest.append("GENERATED \(identity) AS IDENTITY") }
      return [
        .code(column.id.member), .code(column.text(.type)), .text(column.flag(.notNull) ? "" : "null"),
        .code(rest.joined(separator: " ")), .text(comment(of: column.id) ?? ""), place(column.id),
      ]
    }
    if rows.isEmpty {
      // A view's, as it delivers them.
      rows = relation.list(.columns).map { text in
        let (name, type) = Self.divided(text)
        let id = FactID(.column, schema: relation.id.schema, name: relation.id.name, member: name)
        return [.code(name), .code(type), .text(""), .code(""), .text(comment(of: id) ?? ""), place(id)]
      }
    }
    return SchemaDocument.Part(
      title: "Columns", headers: ["name", "type", "", "value", "comment", "declared"], rows: rows)
  }

  /// A view's column, as the catalog has it: its name, quoted where SQL needs that, and its type.
  private static func divided(_ text: String) -> (name: String, type: String) {
    guard text.hasPrefix("\"") else {
      let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
      return (parts.first ?? "", parts.count > 1 ? parts[1] : "")
    }
    var name = ""
    var rest = text.dropFirst()
    while let character = rest.popFirst() {
      // Two quotes are one; one ends the name.
      if character == "\"" { if rest.first == "\"" { rest.removeFirst() } else { break } }
      name.append(character)
    }
    return (name, String(rest.dropFirst()))
  }

  private func members(_ whole: Fact) -> [SchemaDocument.Part] {
    var groups: [FactKind: [Fact]] = [:]
    for fact in descendants(of: whole.id) where ![.column, .columnDefault, .comment, .owner].contains(fact.id.kind) {
      groups[fact.id.kind, default: []].append(fact)
    }
    return groups.sorted { $0.key.rank < $1.key.rank }.map { kind, facts in
      if kind == .grant {
        return SchemaDocument.Part(
          title: "Grants", headers: ["role", "on", "privileges", "declared"],
          rows: facts.map { fact in
            let role = fact.id.role == FactID.delegates ? "by others than the owner" : fact.id.grantee
            let column = fact.id.subject == .column ? fact.id.member : ""
            let rights =
              fact.list(.privileges) + fact.list(.revoked).map { "not \($0)" }
              + fact.delegated.map {
                "\($0.privilege) to \($0.grantee.isEmpty ? "PUBLIC" : $0.grantee) by \($0.grantor)"
              }
            return [.code(role), .code(column), .text(rights.joined(separator: ", ")), place(fact.id)]
          })
      }
      return SchemaDocument.Part(
        title: Words.capitalised(Words.plural(kind.title)), headers: ["name", "definition", "comment", "declared"],
        rows: facts.map { fact in
          [
            .code(
              fact.id.kind == .defaultPrivilege ? fact.id.path : fact.id.member.isEmpty ? fact.id.name : fact.id.member),
            .code(definition(fact)),
            .text(comment(of: fact.id) ?? ""), place(fact.id),
          ]
        })
    }
  }

  /// What it has, and what that has: a column's grants, an index's statistics.
  private func descendants(of id: FactID) -> [Fact] {
    (children[id] ?? []).flatMap { [$0] + descendants(of: $0.id) }
  }

  private func definition(_ fact: Fact) -> String {
    if fact.id.kind == .policy {
      let kind = fact.attributes[.permissive] == .flag(false) ? "AS RESTRICTIVE " : ""
      return
        (["\(kind)FOR \(fact.text(.command))", "TO \(roles(fact))"]
        + [(AttributeKey.using, "USING"), (.check, "WITH CHECK")].compactMap { key, word in
          fact.optionalText(key).map { "\(word) (\($0))" }
        }).joined(separator: "\n")
    }
    if let text = fact.optionalText(.definition) {
      let rest = fact.attributes(without: [.definition, .type, .foreign])
      return text + rest.map { "\n\($0.key.word): \($0.value)" }.joined()
    }
    return fact.attributes.map { "\($0.key.word): \($0.value)" }.joined(separator: "\n")
  }

  private func roles(_ policy: Fact) -> String {
    let roles = policy.list(.roles).map { $0.isEmpty ? "PUBLIC" : $0 }
    return roles.isEmpty ? "PUBLIC" : roles.joined(separator: ", ")
  }

  private func place(_ id: FactID) -> SchemaDocument.Cell { locations[id].map { .place($0) } ?? .text("") }
}
