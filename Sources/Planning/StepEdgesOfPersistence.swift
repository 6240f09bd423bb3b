internal import Catalog

/// Edges between tables that become permanent, or cease to be.
extension StepGraph {
  /// A table that survives crashes refers only to tables that do: those become so first, and cease to be so last.
  mutating func connectPersistence() {
    for (table, alterer) in alterers where table.kind == .table {
      guard let old = delta.source[table], let new = delta.target[table],
        old.attributes[.persistence] != new.attributes[.persistence]
      else { continue }
      let isLogged = new.attributes[.persistence] == nil
      for (id, step) in alterers where id.kind == .sequence {
        let owner = delta.source[FactID(.sequenceOwner, schema: id.schema, name: id.name)]
        if owner.flatMap({ SequenceOwnerRule.table(of: $0, in: delta.source) }) == table {
          order(alterer, before: step)
        }
      }
      for (catalog, isSource) in [(delta.source, true), (delta.target, false)] {
        let parts = (isSource ? delta.sourceChildren : delta.targetChildren)[table] ?? []
        for key in parts where catalog[key]?.isForeignKey == true {
          // A key that goes or comes is out of the way meanwhile.
          if isSource { order(droppers[key], before: alterer) } else { order(alterer, before: creators[key]) }
          guard !delta.dropped.contains(key), !delta.created.contains(key),
            let parts = catalog[key]?.list(.foreign), parts.count == 2
          else { continue }
          let other = FactID(.table, schema: parts[0], name: parts[1])
          guard other != table, let step = alterers[other],
            delta.source[other]?.attributes[.persistence] != delta.target[other]?.attributes[.persistence]
          else { continue }
          if isLogged { order(step, before: alterer) } else { order(alterer, before: step) }
        }
      }
    }
    // Keys of other tables, which may go with these.
    for (catalog, keys, isDropped) in [(delta.source, delta.dropped, true), (delta.target, delta.created, false)] {
      for key in keys {
        guard let fact = catalog[key], fact.isForeignKey else { continue }
        let parts = fact.list(.foreign)
        guard parts.count == 2 else { continue }
        let other = FactID(.table, schema: parts[0], name: parts[1])
        guard let step = alterers[other],
          delta.source[other]?.attributes[.persistence] != delta.target[other]?.attributes[.persistence]
        else { continue }
        if isDropped { order(droppers[key], before: step) } else { order(step, before: creators[key]) }
      }
    }
  }
}
