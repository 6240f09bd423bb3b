internal import Catalog

extension StepGraph {
  /// Whether a table is no longer of the type that it was of, so that its columns can come and go.
  func leavesType(_ table: FactID) -> Bool {
    guard let type = delta.source[table]?.attributes[.ofType], let new = delta.target[table] else { return false }
    return new.attributes[.ofType] != type
  }

  /// A table that ceases to be of a type does so before its columns change, and the type; one that comes to be of a type has
  /// the type's columns by then.
  mutating func connectTypedTables() {
    // What a table says of its type's columns comes after the type has changed them.
    for (column, alterer) in alterers where column.kind == .column {
      guard let fact = delta.target[column], let type = delta.typeFollowed(by: fact) else { continue }
      order(alterers[type], before: alterer)
    }
    for (table, alterer) in alterers where table.kind == .table {
      guard let old = delta.source[table], let new = delta.target[table],
        old.attributes[.ofType] != new.attributes[.ofType]
      else { continue }
      let parts = Set((delta.sourceChildren[table] ?? []) + (delta.targetChildren[table] ?? []))
      for column in parts where column.kind == .column {
        for step in [creators[column], alterers[column], droppers[column]] {
          if leavesType(table) { order(alterer, before: step) }
          order(step, before: cleaners[table])
        }
        order(cleaners[column], before: cleaners[table])
      }
      for type in old.needs where type.kind == .compositeType { order(alterer, before: alterers[type]) }
      for type in new.needs where type.kind == .compositeType { order(alterers[type], before: cleaners[table]) }
    }
  }
}
