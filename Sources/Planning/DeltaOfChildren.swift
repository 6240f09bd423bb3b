internal import Catalog

/// What partitions and inheriting tables have from their parents, and what they say otherwise: a change of the parent reaches
/// the children, over what they have of their own.
extension Delta {
  /// The parents' columns that a child's own column is the same as before and after.
  func followed(by fact: Fact) -> [FactID] {
    guard fact.id.kind == .column, let table = fact.parent, source[table]?.attributes[.inherits] != nil else {
      return []
    }
    let before = source.inheritedColumns(fact.id.member, of: table)
    return before.isEmpty ? [] : target.inheritedColumns(fact.id.member, of: table).filter(before.contains)
  }

  /// An ALTER of a parent's column changes the columns of children that have it of their own as well: its type always,
  /// NOT NULL and how it is stored over what they say.
  mutating func follow(_ columns: [FactID], _ replaced: inout [FactID]) {
    // Parents before their children.
    var waiting = columns
    while !waiting.isEmpty {
      let rest = Set(waiting)
      let ready = waiting.filter { id in source[id].map { !followed(by: $0).contains(where: rest.contains) } ?? true }
      if ready.isEmpty { break }
      waiting.removeAll(where: Set(ready).contains)
      for id in ready {
        guard let old = source[id], let new = target[id] else { continue }
        let parents = followed(by: old)
        if replacing.contains(id) || parents.contains(where: replaced.contains) {
          replaced.append(id)
          continue
        }
        var current = old
        for parent in parents {
          guard let before = source[parent], let after = target[parent] else { continue }
          let isRetyped =
            before.attributes[.type] != after.attributes[.type]
            || before.attributes[.collation] != after.attributes[.collation]
          if isRetyped {
            for key in [AttributeKey.type, .collation, .storage] { current.attributes[key] = after.attributes[key] }
            current.attributes[.compression] = nil
          }
          for key in [AttributeKey.notNull, .storage] where before.attributes[key] != after.attributes[key] {
            current.attributes[key] = after.attributes[key]
          }
        }
        guard current.attributes != new.attributes else { continue }
        switch Rules.rule(for: .column).alter(current, new, context) {
        case .replace: replaced.append(id)
        case .inPlace(let change): altered[id] = change
        case .refused(let reason): refusals.append(reason)
        }
      }
    }
  }

  /// What is done to NOT NULL of parents and children is done with the first of them, once it is known what is made anew.
  mutating func changeInheritedNotNull() {
    context.notNull = context.notNull.without(dropped, created: created, parked: parked, context)
    refusals += context.notNull.refusals
    for (anchor, steps) in context.notNull.steps {
      guard !steps.before.isEmpty || !steps.after.isEmpty || !steps.cleanup.isEmpty else { continue }
      var change = altered[anchor] ?? Change()
      if parked.contains(anchor) {
        change.statements = steps.before + change.statements
        change.cleanup += steps.after + steps.cleanup
      } else if source[anchor]?.attributes[.identity] == nil, target[anchor]?.attributes[.identity] != nil {
        // An identity is given only to what can have no NULL.
        change.statements = steps.before + steps.after + change.statements
        change.cleanup += steps.cleanup
      } else if ColumnRule.leavesIdentityLate(source[anchor], target[anchor], change) {
        change.cleanup += steps.before + steps.after + steps.cleanup
      } else {
        change.statements = steps.before + change.statements + steps.after
        change.cleanup += steps.cleanup
      }
      altered[anchor] = change
    }
    for id in altered.keys where id.kind == .column || id.kind.isTable {
      guard let change = altered[id], change.statements.isEmpty, change.cleanup.isEmpty, change.disturbs.isEmpty,
        source[id]?.attributes[.notNullNames] != target[id]?.attributes[.notNullNames]
          || context.notNull.covers(id, unless: [])
      else { continue }
      altered[id] = nil
    }
    for id in created {
      // It comes with what is done for the family.
      if let fact = target[id], let anchor = context.notNull.anchor(ofUnvalidated: fact) {
        impliedCreations[id] = anchor
      }
    }
    // One that was not validated becomes the column's own by being validated.
    for id in dropped {
      if let fact = source[id], let anchor = context.notNull.anchor(ofUnvalidated: fact) {
        impliedDrops[id] = anchor
        continue
      }
      guard let fact = source[id], let column = NotNull.column(ofUnvalidated: fact), let table = fact.parent,
        target.contains(table), NotNull.isOwn(column, of: table, target)
      else { continue }
      let own = FactID(.column, schema: id.schema, name: id.name, member: column)
      impliedDrops[id] = own
    }
  }

  /// A parent's default reaches its partitions whenever it changes, over those that they have of their own.
  mutating func reapplyPartitionDefaults() {
    for fact in target.fromElders(.columnDefault) {
      let inherited = Self.inheritedDefaults(of: fact, in: source) + Self.inheritedDefaults(of: fact, in: target)
      guard !created.contains(fact.id), altered[fact.id] == nil,
        inherited.contains(where: { created.contains($0) || dropped.contains($0) || altered[$0] != nil })
      else { continue }
      altered[fact.id] = Change(DefaultRule.create(fact, context))
    }
  }

  /// What an ALTER of a parent's column does to the columns that are inherited from it, it does over what they have of
  /// their own.
  mutating func reapplyInheritedColumns() {
    for fact in target.fromElders(.inheritedColumn) {
      let elders = target.elders(of: fact.id)
      guard !created.contains(fact.id), let table = fact.parent, let old = source[fact.id] else { continue }
      let columns = target.inheritedColumns(fact.id.member, of: table)
      let isAnew = columns.contains(where: created.contains)
      guard
        isAnew || columns.contains(where: { altered[$0] != nil })
          || elders.contains(where: { created.contains($0) || dropped.contains($0) || altered[$0] != nil })
      else { continue }
      let statements =
        isAnew
        ? InheritedColumnRule.create(fact, context) : InheritedColumnRule.statements(from: old, to: fact, context)
      altered[fact.id] = statements.isEmpty ? nil : Change(statements)
    }
  }

  /// Whether a child's column is its own beside being its parent's is decided when the child is made.
  func replaceInheritingTables(_ replaced: inout [FactID]) {
    for (here, there) in [(source, target), (target, source)] {
      for fact in here.facts.values where fact.id.kind == .column && !there.contains(fact.id) {
        guard let table = fact.parent, let child = there[table], child.attributes[.inherits] != nil,
          !replaced.contains(table),
          !here.inheritedColumns(fact.id.member, of: table).isEmpty,
          !there.inheritedColumns(fact.id.member, of: table).isEmpty
        else { continue }
        replaced.append(table)
      }
    }
  }

  /// A check that was validated for a child alone, or that a new child has validated from the start, is as it was only
  /// once the parent's is made anew.
  func replaceInheritedChecks(_ replaced: inout [FactID]) {
    for fact in source.facts.values where fact.id.kind == .inheritedConstraint && !target.contains(fact.id) {
      guard let table = fact.parent, target.contains(table) else { continue }
      for check in target.inherited(.constraint, fact.id.member, of: table) {
        if source.contains(check), target[check]?.attributes[.validated] != nil { replaced.append(check) }
      }
    }
    replaced += context.notNull.remade.keys
    // A check that the child has of its own beside inheriting it ceases to be its own only while the parent has none.
    for fact in source.facts.values where fact.id.kind == .constraint && !target.contains(fact.id) {
      guard fact.text(.type) == "c", let table = fact.parent, target.contains(table) else { continue }
      for check in target.inherited(.constraint, fact.id.member, of: table) {
        if source.inherited(.constraint, fact.id.member, of: table).contains(check) { replaced.append(check) }
      }
    }
    for table in created.union(replaced) where table.kind.isTable && target.contains(table) {
      // Where a parent in between has it validated, the child has it validated too.
      var validated: Set<String> = []
      var tables = [table]
      while !tables.isEmpty {
        for fact in tables.flatMap({ targetChildren[$0] ?? [] }) where fact.kind == .inheritedConstraint {
          validated.insert(fact.member)
        }
        tables = tables.flatMap(target.parents)
        for check in tables.flatMap({ targetChildren[$0] ?? [] }) where source.contains(check) {
          guard let fact = target[check], fact.attributes[.validated] == .flag(false),
            ["c", "n"].contains(fact.text(.type)),
            !validated.contains(check.member)
          else { continue }
          replaced.append(check)
        }
      }
    }
  }

  /// What a partition has of its own, and a new index of its parent would take for its part.
  func replaceEquivalentParts(_ replaced: inout [FactID]) {
    let old = Set(replaced)
    let roots = created.union(old.filter(target.contains)).compactMap { target[$0] }.filter {
      ($0.id.kind == .index || $0.id.kind == .constraint)
        && $0.parent.flatMap { target[$0] }?.attributes[.partitionKey] != nil
    }
    for root in roots {
      var tables = root.parent.flatMap { context.targetTables[$0] } ?? []
      while let table = tables.popLast() {
        tables += context.targetTables[table] ?? []
        for part in targetChildren[table] ?? [] where source.contains(part) && !old.contains(part) {
          if let fact = target[part], Self.isEquivalent(fact, to: root) { replaced.append(part) }
        }
      }
    }
  }

  /// Whether PostgreSQL would take a partition's own index or constraint for its part of a parent's.
  static func isEquivalent(_ fact: Fact, to root: Fact) -> Bool {
    guard fact.attributes[.attached] == nil, fact.attributes[.valid] == nil, root.attributes[.valid] == nil else {
      return false
    }
    switch (root.id.kind, fact.id.kind) {
    case (.index, .index):
      return root.attributes[.definition] == fact.attributes[.definition] && root.flag(.unique) == fact.flag(.unique)
    case (.index, .constraint):
      // A key says of its index no more than the columns.
      return root.flag(.unique) && KeyDefinition(fact)?.index == root.text(.definition)
    case (.constraint, .constraint):
      return ["p", "u", "x"].contains(root.text(.type)) && root.attributes[.definition] == fact.attributes[.definition]
    default: return false
    }
  }

  /// A partition that is new gets its part of every index that the parent has; one of the parent ALONE stays so only if
  /// it comes after the partition.
  func replacePartitionedIndexes(_ replaced: inout [FactID]) {
    // So do those that leave for a while and come back.
    let returning = altered.filter { id, change in
      !change.cleanup.isEmpty && source[id]?.partitionParent != nil && target[id]?.partitionParent != nil
    }.keys
    // One that some partitions lack would be made for all of them.
    replaced += rebuiltWithColumns().filter {
      [.index, .constraint].contains($0.kind) && target[$0]?.attributes[.valid] == .flag(false)
        && source[$0]?.parent.flatMap { source[$0] }?.attributes[.partitionKey] != nil
    }
    let tables = created.union(replaced).union(returning).filter { $0.kind.isTable && target.contains($0) }
    guard !tables.isEmpty else { return }
    var parents: Set<FactID> = []
    for table in tables { parents.formUnion(target[table].map(target.partitionLine) ?? []) }
    for parent in parents {
      for part in targetChildren[parent] ?? [] where target[part]?.attributes[.valid] == .flag(false) {
        if source.contains(part) { replaced.append(part) }
      }
    }
  }

  /// A partition that leaves and comes back has its triggers anew.
  mutating func reapplyTriggerStates() {
    let returning = Set(altered.filter { !$0.value.cleanup.isEmpty && $0.key.kind.isTable }.keys)
    guard !returning.isEmpty else { return }
    for fact in target.facts.values where fact.id.kind == .triggerState && source.contains(fact.id) {
      guard !created.contains(fact.id), altered[fact.id] == nil,
        target.partitionLine(of: fact).contains(where: returning.contains)
      else { continue }
      altered[fact.id] = Change(TriggerStateRule.create(fact, context))
    }
  }

  /// The defaults that an inherited column would have without one of its own: the nearest of each line of ancestors.
  static func inheritedDefaults(of fact: Fact, in catalog: Catalog) -> [FactID] {
    guard fact.id.kind == .columnDefault, let parent = fact.parent,
      let table = parent.kind == .column ? catalog[parent]?.parent : parent, table.kind.isTable
    else { return [] }
    return catalog.inherited(.columnDefault, fact.id.member, of: table)
  }
}

extension Catalog {
  /// Facts of a kind that tables have, those of parents before those of their children.
  fileprivate func fromElders(_ kind: FactKind) -> [Fact] {
    var depths: [FactID: Int] = [:]
    func depth(_ table: FactID) -> Int {
      if let known = depths[table] { return known }
      let result = 1 + (parents(of: table).map(depth).max() ?? 0)
      depths[table] = result
      return result
    }
    let facts = facts.values.filter { $0.id.kind == kind }.map { fact in
      (fact, fact.id.table.map { contains($0) ? depth($0) : 0 } ?? 0)
    }
    return facts.sorted { $0.1 == $1.1 ? $0.0.id < $1.0.id : $0.1 < $1.1 }.map(\.0)
  }
}
