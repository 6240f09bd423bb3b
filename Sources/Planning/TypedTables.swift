internal import Catalog

/// Tables of a composite type that is made anew (`CREATE TABLE … OF`): they would go with it, and their rows. A table that
/// is let go of first has columns of its own, and is the new type's in the end.
enum TypedTables {
  static func thatCanLeave(in delta: Delta) -> [FactID] {
    delta.dropped.filter { table in
      guard table.kind == .table, let old = delta.source[table], let new = delta.target[table],
        old.attributes[.ofType] != nil, old.attributes[.ofType] == new.attributes[.ofType],
        old.needs.contains(where: { $0.kind == .compositeType && delta.dropped.contains($0) })
      else { return false }
      // It can be the type's again where its columns stand as the type's do: those that come are the last ones.
      let (before, after) = (
        delta.source.columns(among: delta.sourceChildren[table]),
        delta.target.columns(among: delta.targetChildren[table])
      )
      let kept = before.filter(Set(after).contains)
      return Array(after.prefix(kept.count)) == kept
    }.sorted()
  }

  /// Lets a table go in what is planned from, and returns the step that does it.
  static func leave(_ table: FactID, _ source: inout Catalog) -> PlanStep {
    let fact = source[table] ?? Fact(table)
    source[table]?.attributes[.ofType] = nil
    source[table]?.needs.removeAll { $0.kind == .compositeType }
    return PlanStep(altering: table, ["ALTER \(fact.id.objectClause) NOT OF"])
  }
}

extension Catalog {
  /// The columns among a table's parts, in their order.
  func columns(among parts: [FactID]?) -> [FactID] {
    (parts ?? []).filter { $0.kind == .column }.compactMap { self[$0] }.sorted { $0.position < $1.position }.map(\.id)
  }
}
