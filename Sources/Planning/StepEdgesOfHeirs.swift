internal import Catalog

extension StepGraph {
  /// What is done to columns that a table hands down, and to what partitions and children have of their own.
  mutating func connectHeirs() {
    for id in delta.dropped.union(delta.created).sorted() where id.kind == .column {
      let table = FactID(.table, schema: id.schema, name: id.name)
      if let dropper = droppers[id] { connectKeys(with: id.member, under: table, before: dropper) }
      if let creator = creators[id], let column = delta.target[id] {
        connectTypes(of: column, under: table, before: creator)
      }
    }
  }

  /// A partition that is partitioned itself goes before a column of its key does: with the column PostgreSQL would have to drop the key.
  private mutating func connectKeys(with column: String, under table: FactID, before dropper: Int) {
    for heir in descendants(of: table, delta.context.sourceTables) where delta.dropped.contains(heir) {
      guard let key = delta.source[heir]?.optionalText(.partitionKey), PartitionKeys.columns(in: key).contains(column)
      else {
        continue
      }
      order(droppers[heir], before: dropper)
    }
  }

  /// A column that comes to a table is merged with that of a child, which has to be of its type by then.
  private mutating func connectTypes(of column: Fact, under table: FactID, before creator: Int) {
    for heir in descendants(of: table, delta.context.sourceTables) {
      let own = FactID(.column, schema: heir.schema, name: heir.name, member: column.id.member)
      guard let old = delta.source[own], old.attributes[.type] != column.attributes[.type],
        delta.target[own]?.attributes[.type] == column.attributes[.type]
      else { continue }
      order(alterers[own], before: creator)
    }
  }
}
