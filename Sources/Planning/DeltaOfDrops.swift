internal import Catalog

/// What goes with something else by itself, and needs no step of its own.
extension Delta {
  /// A part goes with the whole, unless the whole has to wait for something that the part holds on to.
  mutating func findImpliedDrops() {
    for id in dropped {
      guard let fact = source[id], impliedDrops[id] == nil || fact.parent.map(dropped.contains) == true else {
        continue
      }
      if let parent = fact.parent, dropped.contains(parent), !holdsBack(fact, parent), !becomesTheColumns(parent) {
        impliedDrops[id] = parent
      } else if id.kind == .sequence, let column = ownerColumn(of: id), dropped.contains(column) {
        impliedDrops[id] = column
      } else if let column = inheritedColumn(of: fact) {
        impliedDrops[id] = column
      } else if let index = fact.attachedTo, dropped.contains(index) {
        impliedDrops[id] = index
      } else if id.kind == .partitionIndex, let root = fact.needs.first(where: dropped.contains) {
        impliedDrops[id] = root
      } else if let shell = shell(of: id) {
        impliedDrops[shell] = id
        for need in fact.needs where source[need]?.needs.contains(shell) == true { impliedDrops[need] = id }
      }
    }
  }

  /// Whether a NOT NULL constraint stays, and is from then on what its column says of itself: it is validated.
  private func becomesTheColumns(_ constraint: FactID) -> Bool {
    guard let fact = source[constraint], let column = NotNull.column(ofUnvalidated: fact), let table = fact.parent
    else {
      return false
    }
    let id = FactID(.column, schema: table.schema, name: table.name, member: column)
    return target[id]?.flag(.notNull) == true && !dropped.contains(id)
  }

  /// The dropped column that an inherited column goes with, for what is said about the latter.
  private func inheritedColumn(of fact: Fact) -> FactID? {
    switch (fact.id.kind, fact.id.subject) {
    case (.inheritedColumn, _), (.columnDefault, _), (.comment, .column), (.grant, .column), (.securityLabel, .column):
      break
    default: return nil
    }
    guard let table = fact.parent, table.kind.isTable else { return nil }
    let columns = source.inheritedColumns(fact.id.member, of: table)
    return columns.allSatisfy(dropped.contains) ? columns.first : nil
  }

  private func ownerColumn(of sequence: FactID) -> FactID? {
    let owner = source[FactID(.sequenceOwner, schema: sequence.schema, name: sequence.name)]
    guard let parts = owner?.list(.column), parts.count == 3 else { return nil }
    return FactID(.column, schema: parts[0], name: parts[1], member: parts[2])
  }

  /// Two tables that are dropped and refer to each other: their foreign keys go first. So does whatever part refers to
  /// a dropped fact that in turn needs the whole.
  private func holdsBack(_ fact: Fact, _ whole: FactID) -> Bool {
    // What is only said of something has no drop of its own that could come first.
    if fact.id.subject != nil || [.triggerState, .partitionIndex, .sequenceOwner].contains(fact.id.kind) {
      return false
    }
    var root = whole
    while let parent = source[root]?.parent, dropped.contains(parent) { root = parent }
    var visited: Set<FactID> = [fact.id]
    var queue = fact.needs.filter { dropped.contains($0) && !isPart($0, of: root) }
    while let id = queue.popLast() {
      guard visited.insert(id).inserted else { continue }
      if isPart(id, of: root) { return true }
      for need in source[id]?.needs ?? [] where dropped.contains(need) { queue.append(need) }
      if let parent = source[id]?.parent, dropped.contains(parent) { queue.append(parent) }
      // The other whole waits for its own parts' needs.
      for child in sourceChildren[id] ?? [] where dropped.contains(child) { queue.append(child) }
    }
    return false
  }

  private func isPart(_ id: FactID, of root: FactID) -> Bool {
    var current: FactID? = id
    while let candidate = current {
      if candidate == root { return true }
      current = source[candidate]?.parent
    }
    return false
  }
}
