internal import Catalog

/// What PostgreSQL makes anew by itself while a column gets another type.
extension Delta {
  /// What depends on columns that are altered to another type: PostgreSQL makes it anew with them.
  func rebuiltWithColumns() -> Set<FactID> {
    let retyped = altered.keys.filter { id in
      // One that waits as text gets another type twice.
      if parked.contains(id) { return true }
      guard id.kind == .column, let old = source[id], let new = target[id] else { return false }
      return [AttributeKey.type, .collation].contains { old.attributes[$0] != new.attributes[$0] }
    }
    // A type that takes another's place changes the columns itself.
    let exchanged = altered.filter { $0.key.kind == .enumType && !$0.value.cleanup.isEmpty }.flatMap {
      (sourceDependents[$0.key] ?? []).filter { $0.kind == .column }
    }
    return Set((retyped + exchanged).flatMap { sourceDependents[$0] ?? [] })
  }

  /// What PostgreSQL makes anew with a column's type is as it was, but for what ANALYZE is to know of it, and for what partitions'
  /// parts of it have of their own.
  mutating func reapplyToRebuilt() {
    let rebuilt = rebuiltWithColumns()
    let parts = rebuilt.flatMap { sourceDependents[$0] ?? [] }.filter { $0.kind == .partitionIndex }
    for id in rebuilt.union(parts) where !dropped.contains(id) && !created.contains(id) {
      guard let fact = target[id] else { continue }
      let statements: [String]
      switch id.kind {
      case .statistics: statements = fact.integer(.statistics).map { [StatisticsRule.target(fact, $0)] } ?? []
      case .index: statements = IndexRule.statisticsTargets(nil, fact, index: id.sqlName)
      case .partitionIndex:
        altered[id] = Change(PartitionIndexRule.create(fact, context))
        continue
      default: continue
      }
      let known = altered[id]?.statements ?? []
      if !statements.allSatisfy(known.contains) { altered[id, default: Change()].statements += statements }
    }
  }
}
