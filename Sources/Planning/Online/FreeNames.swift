package import Catalog
internal import Postgres

/// Names for what is there for a while, beside what is there before and afterwards: each is free in both states, in the
/// namespace that it is for, and no two are the same.
package struct FreeNames: Sendable {
  private struct Table: Hashable, Sendable {
    var schema: String
    var name: String
    init(_ id: FactID) { (schema, name) = (id.schema, id.name) }
  }

  /// Relations with their indexes and sequences, and types, which share the names of a schema's relations (each table is a
  /// type, and each type has one of arrays).
  private var relations: [String: Set<String>] = [:]
  private var functions: [String: Set<String>] = [:]
  private var columns: [Table: Set<String>] = [:]
  private var constraints: [Table: Set<String>] = [:]
  private var triggers: [Table: Set<String>] = [:]
  /// How many columns of a schema are called so, with their table's name before theirs.
  private var joined: [String: [String: Set<FactID>]] = [:]

  package init(_ catalogs: Catalog...) {
    for catalog in catalogs { for fact in catalog.facts.values { take(fact) } }
  }

  private mutating func take(_ fact: Fact) {
    let id = fact.id
    switch id.kind {
    case .table, .foreignTable, .view, .materializedView, .index, .partitionIndex, .sequence, .compositeType,
      .enumType, .domain, .baseType, .rangeType, .shellType:
      relations[id.schema, default: []].formUnion([id.name, "_" + id.name])
    case .function: functions[id.schema, default: []].insert(id.name)
    case .trigger: triggers[Table(id), default: []].insert(id.member)
    case .constraint:
      constraints[Table(id), default: []].insert(id.member)
      relations[id.schema, default: []].insert(id.member)
    case .column:
      columns[Table(id), default: []].insert(id.member)
      joined[id.schema, default: [:]]["\(id.name)_\(id.member)", default: []].insert(id)
      if let name = fact.optionalText(.notNullName) { constraints[Table(id), default: []].insert(name) }
      let sequence = fact.list(.sequence)
      if sequence.count == 2 { relations[sequence[0], default: []].insert(sequence[1]) }
    default: break
    }
  }

  /// A name for a relation or type beside another.
  package func relation(_ name: String, _ label: String, in schema: String) -> String {
    MadeUpName(name, label: label).text { relations[schema]?.contains($0) == true }
  }

  /// A name for a column beside another.
  package func column(_ column: FactID, _ label: String) -> String {
    MadeUpName(column.member, label: label).text { columns[Table(column)]?.contains($0) == true }
  }

  /// A name for a constraint about a column.
  package func constraint(_ column: FactID, _ label: String) -> String {
    MadeUpName(column.name, column.member, label: label).text { constraints[Table(column)]?.contains($0) == true }
  }

  /// A name for a trigger of a table, after those of most others.
  package func trigger(_ subject: String, _ label: String, of table: FactID) -> String {
    MadeUpName("~" + subject, label: label).text { triggers[Table(table)]?.contains($0) == true }
  }

  /// A name for a function about a column: `a_b` of `c` is not `a` of `b_c`.
  package func function(_ column: FactID, _ label: String) -> String {
    let isAmbiguous = (joined[column.schema]?["\(column.name)_\(column.member)"]?.count ?? 0) > 1
    let plain = "\(column.name)_\(column.member)_\(label)"
    return MadeUpName(column.name, column.member, label: label).text { name in
      functions[column.schema]?.contains(name) == true || isAmbiguous && name == plain
    }
  }
}
