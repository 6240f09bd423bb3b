internal import Catalog

extension StepGraph {
  /// What identifies rows to replication has no NULL while it does.
  mutating func connectReplicaIdentities() {
    for fact in delta.target.facts.values where fact.attributes[.replicaIdentity] != nil && fact.id.kind != .table {
      let step = creators[fact.id] ?? alterers[fact.id]
      for column in columns(of: fact, delta.target) { order(creators[column] ?? finisher(column), before: step) }
    }
    for fact in delta.source.facts.values where fact.attributes[.replicaIdentity] != nil && fact.id.kind != .table {
      guard let table = fact.parent else { continue }
      let stays = !delta.dropped.contains(fact.id) && delta.target[fact.id]?.attributes[.replicaIdentity] != nil
      if stays { continue }
      // It goes, lets go by itself, or something else takes its place.
      var steps = [droppers[fact.id] ?? alterers[fact.id]]
      if fact.id.kind == .partitionIndex || droppers[fact.id] == nil {
        for other in delta.targetChildren[table] ?? [] where delta.target[other]?.attributes[.replicaIdentity] != nil {
          steps.append(creators[other] ?? alterers[other])
        }
        if delta.source[table]?.attributes[.replicaIdentity] != delta.target[table]?.attributes[.replicaIdentity] {
          steps.append(alterers[table])
        }
      }
      for column in columns(of: fact, delta.source) where delta.source[column]?.flag(.notNull) == true {
        guard let new = delta.target[column], !new.flag(.notNull) else { continue }
        for step in steps { order(step, before: alterers[column]) }
      }
    }
  }

  /// The columns of an index, or of what a partition's part is a part of.
  private func columns(of fact: Fact, _ catalog: Catalog) -> [FactID] {
    let whole = fact.id.kind == .partitionIndex ? fact.needs.first.flatMap { catalog[$0] } : fact
    return whole?.needs.filter { $0.kind == .column } ?? []
  }

  /// Whether an index stays and no longer identifies rows: that comes before its columns take NULL.
  func losesReplicaIdentity(_ index: Int) -> Bool {
    let id = nodes[index].fact.id
    guard nodes[index].action == .alter, [.index, .constraint].contains(id.kind) else { return false }
    return delta.source[id]?.attributes[.replicaIdentity] != nil
      && nodes[index].fact.attributes[.replicaIdentity] == nil
  }
}
