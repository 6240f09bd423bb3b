internal import Catalog
internal import Planning
internal import Postgres

/// Tables that go to another parent, or to none, or come to one: by DETACH and ATTACH, NO INHERIT and INHERIT they keep
/// their rows.
///
/// What such a table has of its own once it is alone (columns, constraints, indexes, and their names) is PostgreSQL's
/// to say. So it is taken from its parent on a scratch copy of either state, and the plan leads from one of these
/// catalogs to the other, with what takes it away before and what attaches it after.
struct Reparenting {
  let moved: Set<FactID>
  private let source: Catalog
  private let target: Catalog

  init(from source: Catalog, to target: Catalog) {
    self.source = source
    self.target = target
    var moved: Set<FactID> = []
    for old in source.facts.values where old.id.kind.isTable {
      guard let new = target[old.id], old.attributes[.partitionKey] == new.attributes[.partitionKey] else { continue }
      let changesPartition = old.attributes[.partitionOf] != new.attributes[.partitionOf]
      let changesParents = old.attributes[.inherits] != new.attributes[.inherits]
      if changesPartition || changesParents, Self.canInherit(from: old, to: new, in: target) { moved.insert(old.id) }
    }
    self.moved = moved
  }

  /// INHERIT adds parents at the end and leaves the child's columns and checks its own; what a child has from its
  /// parents alone can only be made with the table.
  private static func canInherit(from old: Fact, to new: Fact, in target: Catalog) -> Bool {
    let (before, after) = (old.list(.inherits), new.list(.inherits))
    let added = after.filter { !before.contains($0) }
    guard after == before.filter({ after.contains($0) }) + added else { return false }
    let children = target.childrenByParent()
    var parents = new.needs.filter { $0.kind.isTable && added.contains($0.sqlName) }
    while let parent = parents.popLast() {
      for part in children[parent] ?? [] {
        let isInherited =
          part.kind == .column || part.kind == .constraint && target[part]?.text(.type) == "c"
        let own = FactID(part.kind, schema: new.id.schema, name: new.id.name, member: part.member)
        if isInherited, !target.contains(own) { return false }
      }
      let grandparents = target[parent]?.list(.inherits) ?? []
      parents += target[parent]?.needs.filter { $0.kind.isTable && grandparents.contains($0.sqlName) } ?? []
    }
    return true
  }

  /// What takes the tables from the parents that they do not have in the other state.
  var partings: [PlanStep] { steps(.parting, in: source, other: target) }

  /// The same for the target.
  var targetPartings: [PlanStep] { steps(.parting, in: target, other: source) }

  /// What brings them to their new parents.
  var joinings: [PlanStep] { steps(.joining, in: target, other: source) }

  /// The source without the foreign keys that go, and refer to a table that partitions leave: those rows would be missing.
  var withoutPartedKeys: Catalog { Self.withoutKeys(of: source, other: target, to: parents(in: source, other: target)) }

  /// The target without the foreign keys that come, and refer to a table that partitions join: those rows are there by then.
  var withoutJoinedKeys: Catalog { Self.withoutKeys(of: target, other: source, to: parents(in: target, other: source)) }

  /// The tables whose partitions, of whatever level, are others in the other state.
  private func parents(in catalog: Catalog, other: Catalog) -> Set<FactID> {
    var parents: Set<FactID> = []
    for id in moved {
      guard let fact = catalog[id], fact.partitionParent != other[id]?.partitionParent else { continue }
      parents.formUnion(catalog.partitionLine(of: fact))
    }
    return parents
  }

  private static func withoutKeys(of catalog: Catalog, other: Catalog, to tables: Set<FactID>) -> Catalog {
    guard !tables.isEmpty else { return catalog }
    let keys = catalog.facts.values.filter { fact in
      let name = fact.list(.foreign)
      guard fact.isForeignKey, name.count == 2, tables.contains(FactID(.table, schema: name[0], name: name[1])) else {
        return false
      }
      return other[fact.id].map { $0.attributes != fact.attributes || $0.parent != fact.parent } ?? true
    }.map(\.id)
    let gone = Set(keys)
    return gone.isEmpty
      ? catalog : catalog.removing { gone.contains($0.id) || $0.parent.map(gone.contains) ?? false }
  }

  private enum Way { case parting, joining }

  private func steps(_ way: Way, in catalog: Catalog, other: Catalog) -> [PlanStep] {
    moved.sorted().compactMap { id in
      guard let fact = catalog[id], let counterpart = other[id] else { return nil }
      var statements: [String] = []
      if let parent = fact.partitionParent, parent != counterpart.partitionParent {
        let clause = "ALTER TABLE \(parent.sqlName)"
        statements.append(
          way == .parting
            ? "\(clause) DETACH PARTITION \(id.sqlName)"
            : "\(clause) ATTACH PARTITION \(id.sqlName) \(fact.text(.bound))")
      }
      for parent in fact.list(.inherits) where !counterpart.list(.inherits).contains(parent) {
        statements.append("ALTER TABLE \(id.sqlName) \(way == .parting ? "NO INHERIT" : "INHERIT") \(parent)")
      }
      guard !statements.isEmpty else { return nil }
      var step = PlanStep(altering: id, statements)
      if way == .joining, fact.partitionParent != nil, fact.partitionParent != counterpart.partitionParent {
        step.hazards.append(
          Hazard(.refusesValues, "\(id) becomes a partition: a row outside of its bounds stops the migration"))
      }
      return step
    }
  }

  /// A state with the moved tables as they are without their parents.
  ///
  /// - Parameter alone: the same state as PostgreSQL had it after taking them away.
  func catalog(_ catalog: Catalog, alone: Catalog) -> Catalog {
    // The copy was made without the names that only the partition knew.
    let names = catalog.attachedKeyNames.filter { alone.contains($0.key) && $0.key.table.map(moved.contains) == true }
    let alone = alone.renaming(
      Dictionary(
        uniqueKeysWithValues: names.map { whole, name in
          (whole, FactID(.constraint, schema: whole.schema, name: whole.name, member: name))
        }))
    var result = catalog
    for fact in catalog.facts.values where belongsToMoved(fact, in: catalog) { result[fact.id] = nil }
    for fact in alone.facts.values where belongsToMoved(fact, in: alone) { result.insert(fact) }
    for fact in result.facts.values {
      // What needed a part of the whole may need a part of the table itself now.
      let needs = (alone[fact.id]?.needs ?? []) + fact.needs
      var known: [FactID] = []
      for need in needs where result.contains(need) && !known.contains(need) { known.append(need) }
      if known != fact.needs { result[fact.id]?.needs = known }
    }
    return result
  }

  private func belongsToMoved(_ fact: Fact, in catalog: Catalog) -> Bool {
    var current = fact
    while !current.id.kind.isTable {
      guard let parent = current.parent, let next = catalog[parent] else { return false }
      current = next
    }
    return moved.contains(current.id)
  }
}
