internal import Catalog

/// Edges that neither needs nor parts tell: where PostgreSQL's own rules put one step before another.
extension StepGraph {
  /// A function comes to need every transform for its types that is there when it is made, or replaced.
  mutating func connectTransforms() {
    for (transform, dropper) in droppers where transform.kind == .transform {
      for (id, step) in Array(creators) + Array(alterers) where id.kind == .function { order(dropper, before: step) }
    }
  }

  /// A call may mean any function of its name that takes the arguments, until those that go have gone.
  mutating func connectOverloads() {
    let going = droppers.filter { id, node in id.kind == .function && nodes[node].fact.id == id }
    guard !going.isEmpty else { return }
    let byName = Dictionary(grouping: going, by: { [$0.key.schema, $0.key.name] })
    for (id, step) in makers {
      for need in delta.target[id]?.needs ?? [] where need.kind == .function {
        for (old, dropper) in byName[[need.schema, need.name]] ?? [] where old.isOverload(of: need) {
          order(dropper, before: step)
        }
      }
    }
  }

  /// A column waits as text until what it waits for is done. One that goes, or is of another type, does so before that; one
  /// that comes, comes after it.
  mutating func connectParking() {
    guard !delta.cleared.isEmpty || !delta.parkedFor.isEmpty else { return }
    for (column, causes) in delta.parkedFor where delta.parked.contains(column) {
      for cause in causes {
        for step in steps(of: cause, except: column) {
          order(alterers[column], before: step)
          order(step, before: cleaners[column])
        }
        // Values come back by the names of columns, of which some may be made anew.
        guard cause.kind.isTable else { continue }
        for part in delta.targetChildren[cause] ?? [] where part.kind == .column && delta.dropped.contains(part) {
          order(alterers[column], before: droppers[part])
          order(creators[part], before: cleaners[column])
        }
      }
    }
    let holdings = TypeHoldings(source: delta.target, dependents: delta.target.dependentsByFact())
    // A check that holds for new values only comes once those that there are have come back.
    for (check, creator) in creators where isForNewValues(check) {
      guard let domain = delta.target[check]?.parent else { continue }
      for holder in holdings.holders(of: domain) where delta.parked.contains(holder.id) {
        order(cleaners[holder.id], before: creator)
      }
    }
    for cause in delta.cleared {
      let (old, new) = (delta.holdings.obstacles(to: cause), holdings.obstacles(to: cause))
      for step in steps(of: cause, except: cause) {
        for id in old { order(droppers[id], before: step) }
        for id in new { order(step, before: creators[id]) }
      }
      let after = Dictionary(uniqueKeysWithValues: holdings.holders(of: cause).map { ($0.id, $0.isContained) })
      let before = Dictionary(uniqueKeysWithValues: delta.holdings.holders(of: cause).map { ($0.id, $0.isContained) })
      for id in Set(after.keys).union(before.keys) where !delta.parked.contains(id) {
        for step in steps(of: cause, except: id) {
          if before[id] == true { order(droppers[id] ?? (after[id] == true ? nil : alterers[id]), before: step) }
          if after[id] == true { order(step, before: creators[id] ?? (before[id] == true ? nil : alterers[id])) }
        }
      }
    }
  }

  /// Whether it is a domain's check that PostgreSQL holds against no value that is there.
  func isForNewValues(_ id: FactID) -> Bool {
    id.kind == .domainConstraint && delta.target[id]?.attributes[.validated] == .flag(false)
  }

  /// What is done to a type or a table, as far as columns that hold it are in the way.
  private func steps(of cause: FactID, except column: FactID) -> [Int] {
    // What a table has from its parents changes with theirs.
    var wholes = [cause]
    if cause.kind.isTable {
      for catalog in [delta.source, delta.target] {
        var queue = catalog.parents(of: cause)
        while let parent = queue.popLast() {
          guard !wholes.contains(parent) else { continue }
          wholes.append(parent)
          queue += catalog.parents(of: parent)
        }
      }
    }
    let parts = wholes.flatMap { (delta.sourceChildren[$0] ?? []) + (delta.targetChildren[$0] ?? []) }.filter {
      [.column, .domainConstraint].contains($0.kind) && $0 != column
    }
    // A type that is made anew takes its columns along in a step of its own.
    let types = parts.flatMap { delta.source[$0]?.needs ?? [] }.filter { id in
      guard id.kind == .enumType, let old = delta.source[id], let new = delta.target[id] else { return false }
      return EnumRule.swaps(old, new)
    }
    return ([cause] + parts + types).flatMap { id in
      [isForNewValues(id) ? nil : creators[id], alterers[id], droppers[id], cleaners[id]].compactMap { $0 }
    }
  }

  /// A part of an index that is made anew with a column's type gets its name and the rest afterwards.
  mutating func connectRebuiltParts() {
    let parts = alterers.filter { $0.key.kind == .partitionIndex }
    if parts.isEmpty { return }
    let rebuilt = delta.rebuiltWithColumns()
    for (_, alterer) in parts {
      let wholes = nodes[alterer].fact.needs.filter(rebuilt.contains)
      for column in wholes.flatMap({ delta.target[$0]?.needs ?? [] }) where column.kind == .column {
        for step in [alterers[column], cleaners[column]] { order(step, before: alterer) }
      }
    }
  }

  /// A partition whose own default goes is given its parent's, which may refer to what is new.
  mutating func connectInheritedDefaults() {
    for (id, dropper) in droppers where id.kind == .columnDefault && nodes[dropper].fact.id == id {
      for value in Delta.inheritedDefaults(of: nodes[dropper].fact, in: delta.source) {
        for need in delta.target[value]?.needs ?? [] { order(creators[need], before: dropper) }
      }
    }
  }

  /// A column that a child has of its own beside inheriting it is there before the parent's joins it, goes after the
  /// parent's has left it, and changes after it.
  mutating func connectInheritance() {
    for kind in [FactKind.column, .constraint] {
      func part(_ nodes: [FactID: Int], _ id: FactID) -> Int? {
        // What is made or dropped with its table is no step of its own.
        nodes[id].flatMap { self.nodes[$0].fact.id == id ? $0 : nil }
      }
      for (id, creator) in creators where id.kind == kind && nodes[creator].fact.id == id {
        // A new table compares what it has with its parents'.
        if let table = id.table, delta.created.contains(table) { continue }
        for parent in inheritedFrom(id, delta.target) { order(creator, before: part(creators, parent)) }
        for parent in inheritedFrom(id, delta.source) { order(part(droppers, parent), before: creator) }
      }
      for (id, dropper) in droppers where id.kind == kind && nodes[dropper].fact.id == id {
        for parent in inheritedFrom(id, delta.source) { order(part(droppers, parent), before: dropper) }
        for parent in inheritedFrom(id, delta.target) { order(dropper, before: part(creators, parent)) }
      }
    }
    // What is set for a table in between reaches its children. What one alteration does for all of a family has an order of its own.
    for (id, step) in makers where id.kind == .inheritedColumn && nodes[step].fact.id == id {
      for elder in delta.target.elders(of: id) {
        for earlier in [creators[elder], alterers[elder], droppers[elder]] { order(earlier, before: step) }
      }
    }
    for (id, alterer) in alterers where id.kind == .column {
      for parent in inheritedFrom(id, delta.target) { order(alterers[parent], before: alterer) }
      for table in partitionedBy(id, delta.source, delta.context.sourceTables) {
        order(droppers[table], before: alterer)
      }
      for table in partitionedBy(id, delta.target, delta.context.targetTables) {
        order(alterer, before: creators[table])
      }
    }
  }

  /// Partitions whose partition keys have a column: its type cannot change while they are there.
  private func partitionedBy(_ column: FactID, _ catalog: Catalog, _ partitions: [FactID: [FactID]]) -> [FactID] {
    guard delta.source[column]?.attributes[.type] != delta.target[column]?.attributes[.type] else { return [] }
    return PartitionKeys.tables(keyedBy: column, catalog, partitions)
  }

  /// A new child takes its parents' columns and checks as they are by then, and compares its own with them.
  mutating func connectNewChildren() {
    for (id, creator) in creators where id.kind.isTable && delta.target[id]?.attributes[.inherits] != nil {
      var parents = delta.target.parents(of: id)
      while let parent = parents.popLast() {
        parents += delta.target.parents(of: parent)
        let parts = Set((delta.sourceChildren[parent] ?? []) + (delta.targetChildren[parent] ?? []))
        for part in parts where part.kind == .column || part.kind == .constraint {
          // A key comes later than its columns, and is nobody else's.
          let fact = delta.target[part] ?? delta.source[part]
          guard part.kind == .column || fact.map(Self.isCheckForHeirs) == true else { continue }
          for step in [creators[part], alterers[part], droppers[part]] { order(step, before: creator) }
          // Parents that hand down different defaults have no child together.
          let value = FactID(.columnDefault, schema: part.schema, name: part.name, member: part.member)
          for step in [creators[value], alterers[value], droppers[value]] { order(step, before: creator) }
        }
      }
    }
  }

  /// Whether a new child takes a check over, and compares its own with it.
  private static func isCheckForHeirs(_ fact: Fact) -> Bool {
    fact.text(.type) == "c" && fact.attributes[.validated] == nil && !fact.text(.definition).hasSuffix(" NO INHERIT")
  }

  /// The same part of the tables that a part's table inherits from.
  private func inheritedFrom(_ id: FactID, _ catalog: Catalog) -> [FactID] {
    guard let table = id.table, catalog[table]?.attributes[.inherits] != nil else { return [] }
    return catalog.elders(of: id).filter(catalog.contains)
  }

  /// A sequence takes its table's owner when it comes to belong to a column, and with the table; what is granted on it,
  /// and on columns, is granted by whoever that is.
  mutating func connectOwners() {
    func steps(_ id: FactID) -> [Int?] { [creators[id], alterers[id], delta.target.contains(id) ? nil : droppers[id]] }
    for index in nodes.indices {
      let fact = nodes[index].fact
      switch fact.id.kind {
      case .sequenceOwner:
        let owner = FactID(.sequence, schema: fact.id.schema, name: fact.id.name).about(.owner)
        // A sequence that no column owns any more gets an owner of its own.
        if nodes[index].action == .drop {
          order(index, before: creators[owner])
        } else {
          order(droppers[owner], before: index)
          if let table = SequenceOwnerRule.table(of: fact, in: delta.target) {
            for step in steps(table.about(.owner)) { order(step, before: index) }
          }
        }
      case .grant where fact.id.isDelegated: continue
      case .grant where nodes[index].action == .drop:
        // A REVOKE names the former owner, so it comes before the owner changes.
        var whole = fact.parent
        while let part = whole, !part.kind.isTable { whole = delta.source[part]?.parent }
        guard let table = whole else { continue }
        for step in [creators, alterers, droppers] where !delta.dropped.contains(table) {
          order(index, before: step[table.about(.owner)])
        }
      case .grant:
        guard let subject = fact.id.subjectID else { continue }
        if subject.kind == .column {
          for kind in [FactKind.table, .foreignTable, .view, .materializedView] {
            let whole = FactID(kind, schema: subject.schema, name: subject.name).about(.grant, role: fact.id.role)
            for step in [creators[whole], alterers[whole], droppers[whole]] { order(step, before: index) }
          }
        }
        if subject.kind == .sequence {
          let owner = FactID(.sequenceOwner, schema: subject.schema, name: subject.name)
          for step in steps(owner) { order(step, before: index) }
          if let belongs = delta.target[owner], let table = SequenceOwnerRule.table(of: belongs, in: delta.target) {
            for step in steps(table.about(.owner)) { order(step, before: index) }
          }
        }
        var whole = fact.parent
        while let part = whole, !part.kind.isTable { whole = delta.target[part]?.parent }
        if let table = whole { for step in steps(table.about(.owner)) { order(step, before: index) } }
      default: continue
      }
    }
  }

  /// What others than the owner granted goes before anything else does that is said of the object, and comes after: its grantors
  /// need the privileges by which they gave it, and those of the schemas that its names are found in.
  mutating func connectDelegation() {
    let delegated = nodes.indices.filter { nodes[$0].fact.id.isDelegated }
    guard !delegated.isEmpty else { return }
    let direct = nodes.indices.filter {
      [.grant, .owner, .sequenceOwner].contains(nodes[$0].fact.id.kind) && !nodes[$0].fact.id.isDelegated
    }
    /// Columns go before their relation, that before its schema.
    func depth(_ id: FactID) -> Int { id.subject == .schema ? 0 : id.subject == .column ? 2 : 1 }
    func concerns(_ other: FactID, _ id: FactID) -> Bool {
      other.subject == .schema || other.schema == id.schema && other.name == id.name
        || (other.kind == .owner || other.kind == .sequenceOwner)
    }
    for index in delegated {
      let id = nodes[index].fact.id
      let isRevoke = nodes[index].action == .drop || takesBackDelegated(index)
      for other in direct where concerns(nodes[other].fact.id, id) {
        if isRevoke { order(index, before: other) } else { order(other, before: index) }
      }
      for other in delegated where other != index {
        guard (nodes[other].action == .drop || takesBackDelegated(other)) == isRevoke else { continue }
        let (a, b) = (depth(id), depth(nodes[other].fact.id))
        guard a != b, concerns(nodes[other].fact.id, id) || concerns(id, nodes[other].fact.id) else { continue }
        if (a > b) == isRevoke { order(index, before: other) }
      }
    }
  }

  /// Whether an alteration takes back what others than the owner granted; what they grant anew is its second half.
  func takesBackDelegated(_ index: Int) -> Bool {
    let node = nodes[index]
    guard node.action == .alter, node.fact.id.isDelegated, cleaners[node.fact.id] != index else { return false }
    return cleaners[node.fact.id] != nil
      || !Delegation(from: delta.source[node.fact.id], to: node.fact, delta.context).revokes.isEmpty
  }

  /// Making an index of a partitioned table takes what the partitions have already, and every partition that comes later
  /// gets its part.
  mutating func connectPartitionedIndexes() {
    for (id, creator) in creators where id.kind == .index || id.kind == .constraint {
      guard let fact = delta.target[id], let table = fact.parent, table.kind == .table else { continue }
      if fact.attributes[.valid] == .flag(false) || fact.attributes[.validated] == .flag(false) {
        for child in descendants(of: table, delta.context.targetTables) {
          for step in [creators[child], cleaners[child]] { order(step, before: creator) }
        }
      }
      guard delta.target[table]?.attributes[.partitionKey] != nil, nodes[creator].fact.id == id else { continue }
      for child in descendants(of: table, delta.context.targetTables) {
        for part in delta.targetChildren[child] ?? [] where part != id && isEquivalent(delta.target[part], to: fact) {
          // One that is not its part comes after it; one that is there already would be taken.
          order(droppers[part], before: creator)
          order(creator, before: creators[part])
        }
      }
    }
  }

  func descendants(of table: FactID, _ tables: [FactID: [FactID]]) -> [FactID] {
    var found: [FactID] = []
    var queue = tables[table] ?? []
    while let next = queue.popLast() {
      found.append(next)
      queue += tables[next] ?? []
    }
    return found
  }

  /// Whether a partition's own index or constraint could be taken for its part of a parent's.
  private func isEquivalent(_ fact: Fact?, to root: Fact) -> Bool {
    guard let fact else { return false }
    return Delta.isEquivalent(fact, to: root)
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
    for index in nodes.indices where nodes[index].fact.id.kind == .columnDefault {
      for catalog in [delta.source, delta.target] {
        for inherited in Delta.inheritedDefaults(of: nodes[index].fact, in: catalog) {
          // One that goes makes room for what the parent's hands down.
          if nodes[index].action == .drop {
            order(index, before: creators[inherited] ?? alterers[inherited])
            continue
          }
          for earlier in [creators[inherited], alterers[inherited], droppers[inherited]] {
            order(earlier, before: index)
          }
        }
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
        // A foreign key that goes may be one of those that keep rows from leaving.
        let dropper = delta.source[part]?.isForeignKey == true ? nil : droppers[part]
        for node in [creators[part], alterers[part], dropper] {
          for cleaner in cleaners { order(cleaner, before: node) }
        }
      }
    }
  }
}
