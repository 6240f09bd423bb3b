package import Catalog
internal import Postgres

/// Tables whose rows go to other servers by logical replication (PostgreSQL: chapter 29 "Logical Replication").
///
/// Schemas are not replicated. A subscriber stops at the first row with a column that it does not have, or with a value that its
/// column does not take, and its publisher keeps all that is written since then.
package struct PublishedTables {
  private struct Table {
    var publication: String
    /// Empty for all.
    var columns: [String]
  }

  /// What is done to a table or a column, as far as servers have to do it in order.
  package enum Order: Sendable { case created, added, dropped, retyped }

  /// What a person is told.
  ///
  /// - Parameters:
  ///   - table: as SQL names it.
  ///   - column: its name; empty for the table itself.
  package static func message(_ table: String, _ publications: [String], column: String, _ order: Order) -> String {
    let change =
      switch order {
      case .created: "it is created here after it was created on the subscribers"
      case .added: "\(Quote.identifier(column)) is added here after it was added on the subscribers"
      case .dropped: "\(Quote.identifier(column)) is dropped here first, and on the subscribers last"
      case .retyped: "\(Quote.identifier(column)) gets its type here after the subscribers' column takes its values"
      }
    return "\(table) is published by \(publications.joined(separator: ", ")): \(change)"
  }

  private var ofAllTables: [String] = []
  private var ofSchemas: [String: [String]] = [:]
  private var ofTables: [FactID: [Table]] = [:]
  private let catalog: Catalog

  package init(_ catalog: Catalog) {
    self.catalog = catalog
    for fact in catalog.facts.values {
      switch fact.id.kind {
      case .publication where fact.flag(.active): ofAllTables.append(fact.id.name)
      case .publicationSchema: ofSchemas[fact.id.name, default: []].append(fact.id.member)
      case .publicationTable:
        let id = FactID(.table, schema: fact.id.schema, name: fact.id.name)
        ofTables[id, default: []].append(Table(publication: fact.id.member, columns: fact.list(.columns)))
      default: break
      }
    }
  }

  /// The publications that send a column's values: of its table, or of one that this is a partition of.
  private func publications(of column: FactID) -> [String] {
    if ofAllTables.isEmpty, ofSchemas.isEmpty, ofTables.isEmpty { return [] }
    let table = FactID(.table, schema: column.schema, name: column.name)
    guard let fact = catalog[table], fact.text(.persistence) != "unlogged" else { return [] }
    var found = Set(ofAllTables)
    for id in [table] + catalog.partitionLine(of: fact) {
      found.formUnion(ofSchemas[id.schema] ?? [])
      for entry in ofTables[id] ?? [] where entry.columns.isEmpty || entry.columns.contains(column.member) {
        found.insert(entry.publication)
      }
    }
    return found.sorted()
  }

  /// The publications that a new table belongs to by itself.
  private func publications(ofNew table: FactID) -> [String] {
    if ofAllTables.isEmpty, ofSchemas.isEmpty { return [] }
    guard let fact = catalog[table], fact.attributes[.persistence] == nil else { return [] }
    return Set(ofAllTables).union(ofSchemas[table.schema] ?? []).sorted()
  }

  /// Says of steps in which order the servers change.
  package static func warn(_ steps: inout [PlanStep], from source: Catalog, to target: Catalog) {
    let (before, after) = (PublishedTables(source), PublishedTables(target))
    for index in steps.indices where steps[index].subject.kind == .table && steps[index].action == .create {
      let table = steps[index].subject
      // Of publications that are there before.
      let publications =
        before.ofAllTables.isEmpty && before.ofSchemas.isEmpty
        ? []
        : after.publications(ofNew: table)
          .filter { source.contains(FactID(.publication, name: $0)) }
      guard !publications.isEmpty, !source.contains(table) else { continue }
      steps[index].hazards.append(
        Hazard(
          .publishedTable, message(table.sqlName, publications, column: "", .created), table: table.sqlName))
    }
    for index in steps.indices where steps[index].subject.kind == .column {
      let step = steps[index]
      let column = step.subject
      let isDrop = step.action == .drop
      let publications = (isDrop ? before : after).publications(of: column)
      guard !publications.isEmpty else { continue }
      let order: Order
      switch step.action {
      case .create: order = .added
      case .drop: order = .dropped
      case .alter:
        guard let old = source[column], let new = target[column], old.attributes[.type] != new.attributes[.type] else {
          continue
        }
        order = .retyped
      }
      let table = FactID(.table, schema: column.schema, name: column.name).sqlName
      steps[index].hazards.append(
        Hazard(.publishedTable, message(table, publications, column: column.member, order), table: table))
    }
  }
}
