internal import Catalog

/// Edges that neither needs nor parts tell: where PostgreSQL's own rules put one step before another.
extension StepGraph {
  /// A function comes to need every transform for its types that is there when it is made.
  mutating func connectTransforms() {
    for (transform, dropper) in droppers where transform.kind == .transform {
      for (id, creator) in creators where id.kind == .function { order(dropper, before: creator) }
    }
  }

  /// A column waits as text until its domain has all its constraints, and until what it waits for is done.
  mutating func connectParking() {
    for (column, causes) in delta.parkedFor where delta.parked.contains(column) {
      for cause in causes {
        let parts = ((delta.sourceChildren[cause] ?? []) + (delta.targetChildren[cause] ?? [])).filter {
          [.column, .domainConstraint].contains($0.kind) && $0 != column
        }
        for id in [cause] + parts {
          for step in [creators[id], alterers[id], droppers[id], cleaners[id]] {
            order(alterers[column], before: step)
            order(step, before: cleaners[column])
          }
        }
      }
    }
  }

  /// While a partition is away it has no copies of its parent's triggers.
  mutating func connectTriggerStates() {
    for index in nodes.indices where nodes[index].fact.id.kind == .triggerState {
      let isDropped = nodes[index].action == .drop
      for table in (isDropped ? delta.source : delta.target).partitionLine(of: nodes[index].fact) {
        guard cleaners[table] != nil else { continue }
        if isDropped { order(index, before: alterers[table]) } else { order(cleaners[table], before: index) }
      }
    }
  }

  /// A partition's own default comes after its parent's.
  mutating func connectPartitionDefaults() {
    for index in nodes.indices where nodes[index].fact.id.kind == .columnDefault && nodes[index].action != .drop {
      for catalog in [delta.source, delta.target] {
        guard let inherited = Delta.parentDefault(of: nodes[index].fact, in: catalog) else { continue }
        for earlier in [creators[inherited], alterers[inherited], droppers[inherited]] { order(earlier, before: index) }
      }
    }
  }

  /// Partitions that let go of their ranges come before those that take some, and the parent changes only once its
  /// partitions are its own again.
  mutating func connectBounds() {
    var leaving: [FactID: [Int]] = [:]
    var coming: [FactID: [Int]] = [:]
    var returning: [FactID: [Int]] = [:]
    for (id, dropper) in droppers where id.kind.isTable {
      if let table = delta.source[id]?.partitionParent { leaving[table, default: []].append(dropper) }
    }
    for (id, creator) in creators where id.kind.isTable {
      if let table = delta.target[id]?.partitionParent { coming[table, default: []].append(creator) }
    }
    for (id, cleaner) in cleaners where id.kind.isTable {
      guard let table = delta.target[id]?.partitionParent, let alterer = alterers[id] else { continue }
      leaving[table, default: []].append(alterer)
      coming[table, default: []].append(cleaner)
      for ancestor in [table] + (delta.target[table].map(delta.target.partitionLine) ?? []) {
        returning[ancestor, default: []].append(cleaner)
      }
    }
    for (table, takers) in coming {
      for taker in takers {
        for leaver in leaving[table] ?? [] { order(leaver, before: taker) }
      }
    }
    for (table, cleaners) in returning {
      let parts = Set((delta.sourceChildren[table] ?? []) + (delta.targetChildren[table] ?? []))
      // What ATTACH compares, or hands down.
      for part in parts where [.column, .columnDefault, .constraint, .index, .trigger].contains(part.kind) {
        for node in [creators[part], alterers[part], droppers[part]] {
          for cleaner in cleaners { order(cleaner, before: node) }
        }
      }
    }
  }

  /// A name is free only after its holder is gone.
  mutating func connectNames() {
    var holders: [String: [Int]] = [:]
    for id in delta.dropped {
      guard let fact = delta.source[id], let dropper = droppers[id] else { continue }
      for name in Self.names(fact) { holders[name, default: []].append(dropper) }
    }
    for (id, alterer) in alterers {
      // An identity column takes a name when it becomes one, and leaves it when it ceases to be.
      guard let old = delta.source[id], let new = delta.target[id] else { continue }
      let (before, after) = (Set(Self.names(old)), Set(Self.names(new)))
      for name in before.subtracting(after) { holders[name, default: []].append(alterer) }
    }
    let takers = creators.merging(alterers) { creator, _ in creator }
    for (id, creator) in takers.sorted(by: { $0.key < $1.key }) {
      guard let fact = delta.target[id] else { continue }
      for name in Self.names(fact) {
        for holder in holders[name] ?? [] { order(holder, before: creator) }
      }
    }
  }

  /// The names that a fact takes, in PostgreSQL's namespaces: relations and their row types share theirs with indexes,
  /// sequences and types.
  private static func names(_ fact: Fact) -> [String] {
    let id = fact.id
    switch id.kind {
    case .table, .foreignTable, .view, .materializedView, .compositeType:
      return ["relation \(id.schema) \(id.name)", "type \(id.schema) \(id.name)"]
    case .index, .sequence: return ["relation \(id.schema) \(id.name)"]
    case .enumType, .domain, .rangeType, .baseType: return ["type \(id.schema) \(id.name)"]
    case .column:
      return fact.list(.sequence).last.map { ["relation \(id.schema) \($0)"] } ?? []
    case .constraint where ["p", "u", "x"].contains(fact.text(.type)):
      return ["relation \(id.schema) \(id.member)"]
    case .function: return ["function \(id.schema) \(id.name) \(id.member)"]
    default: return []
    }
  }
}
