internal import Catalog

/// What differs between two catalogs, and what has to be rebuilt because of it.
struct Delta {
  let source: Catalog
  let target: Catalog
  private(set) var created: Set<FactID> = []
  private(set) var dropped: Set<FactID> = []
  private(set) var altered: [FactID: Change] = [:]
  /// Dropped facts that go with what they are a part of.
  private(set) var impliedDrops: [FactID: FactID] = [:]
  /// Which altered facts need which others out of the way.
  var disturbances: [(altered: FactID, dependent: FactID)] = []
  let sourceChildren: [FactID: [FactID]]
  let targetChildren: [FactID: [FactID]]
  let sourceDependents: [FactID: [FactID]]
  private(set) var context: RuleContext
  /// Columns that wait as text while their type is replaced: altered before it goes, and again once it is back.
  private(set) var parked: Set<FactID> = []
  /// For whose sake: what is done to these comes between a column's two halves.
  private(set) var parkedFor: [FactID: Set<FactID>] = [:]
  let holdings: TypeHoldings
  /// Changes that cannot be made, in words.
  private(set) var refusals: [String] = []
  /// Facts that are dropped and created although they could be altered.
  private let replacing: Set<FactID>

  init(
    source: Catalog, target: Catalog, replacing: Set<FactID> = [], conversions: TypeConversions = TypeConversions()
  ) {
    self.replacing = replacing
    self.source = source
    self.target = target
    sourceChildren = source.childrenByParent()
    targetChildren = target.childrenByParent()
    sourceDependents = source.dependentsByFact()
    holdings = TypeHoldings(source: source, dependents: sourceDependents)
    let inForce = source.facts.values.filter { $0.id.kind == .defaultPrivilege && target.contains($0.id) }
    context = RuleContext(
      source: source, target: target, sourceDependents: sourceDependents, targetChildren: targetChildren,
      referencedTables: Self.referencedTables(source), defaultPrivileges: DefaultPrivileges(Array(inForce)),
      conversions: conversions)
  }

  mutating func propagate() {
    var replaced: [FactID] = []
    for fact in target.facts.values where !source.contains(fact.id) && typeFollowed(by: fact) == nil {
      created.insert(fact.id)
    }
    for fact in source.facts.values {
      guard let new = target[fact.id] else {
        dropped.insert(fact.id)
        impliedDrops[fact.id] = typeFollowed(by: fact)
        continue
      }
      if typeFollowed(by: fact) != nil,
        fact.attributes(without: [.type, .collation]) == new.attributes(without: [.type, .collation])
      {
        continue
      }
      // What moves to another parent is another object.
      if replacing.contains(fact.id) || fact.parent != new.parent && fact.id.kind != .table {
        replaced.append(fact.id)
      } else if fact.attributes != new.attributes, !fact.isUndeclaredVersion(of: new) {
        switch Rules.rule(for: fact.id.kind).alter(fact, new, context) {
        case .replace: replaced.append(fact.id)
        case .inPlace(let change): altered[fact.id] = change
        case .refused(let reason): refusals.append(reason)
        }
      }
    }
    var queue = Array(dropped)
    for id in replaced { replace(id, &queue) }
    for (id, change) in altered.sorted(by: { $0.key < $1.key }) { disturb(id, change, &queue) }
    clearStricterDomains(&queue)
    clearCompositeTypes(&queue)
    repeat {
      drain(&queue)
      clearRowTypes(&queue)
    } while !queue.isEmpty
    for id in dropped { altered[id] = nil }
    parked.subtract(dropped)
    reapplyPartitionDefaults()
    reapplyTriggerStates()
    findImpliedDrops()
    context.created = created
  }

  /// Replaces what depends on what is replaced.
  private mutating func drain(_ queue: inout [FactID]) {
    while let id = queue.popLast() {
      // A type with functions of its own goes with its name, and they with it.
      if let shell = shell(of: id) { replace(shell, &queue) }
      for child in sourceChildren[id] ?? [] where !dropped.contains(child) { replace(child, &queue) }
      // A sequence goes with the column that it belongs to.
      for dependent in sourceDependents[id] ?? [] where !dropped.contains(dependent) {
        // One that no longer needs it in the target is altered first, and stays; but altering these kinds in place
        // leaves alone what they refer to.
        // A function needs a transform that is there when it is made, whatever it says.
        if altered[dependent] != nil, target[dependent]?.needs.contains(id) == false, id.kind != .transform,
          ![.constraint, .index, .trigger].contains(dependent.kind)
        {
          continue
        }
        if !park(dependent, while: id, &queue) { replace(dependent, &queue) }
      }
    }
  }

  private static func referencedTables(_ catalog: Catalog) -> Set<FactID> {
    var tables: Set<FactID> = []
    for fact in catalog.facts.values where fact.isForeignKey {
      for need in fact.needs where need.kind == .constraint || need.kind == .index {
        if let table = catalog[need]?.parent { tables.insert(table) }
      }
    }
    return tables
  }

  /// The composite type whose changes reach a column by themselves: that of a table that is of this type before and
  /// after.
  private func typeFollowed(by fact: Fact) -> FactID? {
    guard fact.id.kind == .column, let table = fact.parent, let old = source[table], let new = target[table],
      old.optionalText(.ofType) != nil, old.attributes[.ofType] == new.attributes[.ofType]
    else { return nil }
    return old.needs.first { $0.kind == .compositeType && $0.sqlName == old.text(.ofType) }
  }

  /// A parent's default reaches its partitions whenever it changes, over those that they have of their own.
  private mutating func reapplyPartitionDefaults() {
    for fact in target.facts.values where fact.id.kind == .columnDefault && fact.parent?.kind == .table {
      let inherited = [Self.parentDefault(of: fact, in: source), Self.parentDefault(of: fact, in: target)]
      guard !created.contains(fact.id), altered[fact.id] == nil,
        inherited.contains(where: { id in
          id.map { created.contains($0) || dropped.contains($0) || altered[$0] != nil } ?? false
        })
      else { continue }
      altered[fact.id] = Change(DefaultRule.create(fact, context))
    }
  }

  /// A partition that leaves and comes back has its triggers anew.
  private mutating func reapplyTriggerStates() {
    let returning = Set(altered.filter { !$0.value.cleanup.isEmpty && $0.key.kind.isTable }.keys)
    guard !returning.isEmpty else { return }
    for fact in target.facts.values where fact.id.kind == .triggerState && source.contains(fact.id) {
      guard !created.contains(fact.id), altered[fact.id] == nil,
        target.partitionLine(of: fact).contains(where: returning.contains)
      else { continue }
      altered[fact.id] = Change(TriggerStateRule.create(fact, context))
    }
  }

  /// The default that an inherited column would have without one of its own: the nearest ancestor's.
  static func parentDefault(of fact: Fact, in catalog: Catalog) -> FactID? {
    guard let table = fact.parent, table.kind.isTable else { return nil }
    return inheritedDefault(fact.id.member, of: table, in: catalog)
  }

  private static func inheritedDefault(_ column: String, of table: FactID, in catalog: Catalog) -> FactID? {
    for parent in parents(of: table, in: catalog) {
      let own = FactID(.columnDefault, schema: parent.schema, name: parent.name, member: column)
      if catalog.contains(own) { return own }
      if let inherited = inheritedDefault(column, of: parent, in: catalog) { return inherited }
    }
    return nil
  }

  private static func parents(of table: FactID, in catalog: Catalog) -> [FactID] {
    guard let fact = catalog[table] else { return [] }
    if let parent = fact.partitionParent { return [parent] }
    let names = fact.list(.inherits)
    return names.isEmpty ? [] : fact.needs.filter { $0.kind.isTable && names.contains($0.sqlName) }
  }

  mutating func replace(_ id: FactID, _ queue: inout [FactID]) {
    guard dropped.insert(id).inserted else { return }
    altered[id] = nil
    queue.append(id)
    if target.contains(id) { recreate(id) }
  }

  /// Creates a fact and all that is part of it.
  private mutating func recreate(_ id: FactID) {
    created.insert(id)
    for child in targetChildren[id] ?? [] where !created.contains(child) { recreate(child) }
  }

  /// Lets a column keep its values while something that its type is made of changes: every type has a text form, and those
  /// that have other attributes afterwards a form that names them.
  ///
  /// - Returns: false where the values cannot or need not be kept.
  mutating func park(_ column: FactID, while changed: FactID, _ queue: inout [FactID]) -> Bool {
    guard changed.kind.isType || changed.kind.isTable || changed.kind == .extension, column.kind == .column,
      let old = source[column], let new = target[column],
      // The name of an extension's type says where the extension is.
      old.attributes[.type] == new.attributes[.type] || changed.kind == .extension,
      old.attributes[.generated] == nil, new.attributes[.generated] == nil, let table = old.parent,
      table.kind == .table, let holder = source[table], holder.attributes[.ofType] == nil,
      holder.attributes[.inherits] == nil, let before = source[changed], let after = target[changed]
    else { return false }
    let layouts = holdings.changedLayouts(of: column, in: self)
    let parking: Change
    if layouts == [changed], changed.kind == .compositeType, new.text(.type) == changed.sqlName {
      parking = CompositeTypeRule.parking(new, from: before, to: after)
    } else if !layouts.isEmpty {
      parking = ColumnRule.parkingByNames(new)
    } else if [.domain, .extension, .table].contains(changed.kind) || before.attributes == after.attributes {
      parking = ColumnRule.parking(new)
    } else {
      return false
    }
    parkedFor[column, default: []].insert(changed)
    guard parked.insert(column).inserted else { return true }
    var rest = altered[column] ?? Change()
    if old.attributes[.type] != new.attributes[.type] {
      // It comes back as what it is to be.
      var same = old
      same.attributes[.type] = new.attributes[.type]
      rest = Change()
      if case .inPlace(let change) = ColumnRule.alter(same, new, context) { rest = change }
    }
    var change = parking
    change.cleanup += rest.statements + rest.cleanup
    change.hazards += rest.hazards
    change.disturbs += rest.disturbs
    altered[column] = change
    disturb(column, change, &queue)
    return true
  }

  private mutating func disturb(_ id: FactID, _ change: Change, _ queue: inout [FactID]) {
    for disturbed in change.disturbs {
      let dependents = (sourceDependents[disturbed.fact] ?? []) + (sourceChildren[disturbed.fact] ?? [])
      for dependent in dependents.sorted() {
        guard let fact = source[dependent], disturbed.selects(dependent.kind, fact) else { continue }
        disturbances.append((id, dependent))
        let isPartOfDisturbed = fact.parent == id
        replace(dependent, &queue)
        // A type that is swapped loses what was said about it.
        if isPartOfDisturbed, [.comment, .securityLabel, .grant, .owner].contains(dependent.kind) {
          impliedDrops[dependent] = id
        }
      }
    }
  }

  /// The mere name that the functions of a base type, or of a range, refer to.
  private func shell(of id: FactID) -> FactID? {
    guard id.kind == .baseType || id.kind == .rangeType else { return nil }
    let shell = FactID(.shellType, schema: id.schema, name: id.name)
    return source.contains(shell) ? shell : nil
  }

  /// A part goes with the whole, unless the whole has to wait for something that the part holds on to.
  private mutating func findImpliedDrops() {
    for id in dropped {
      guard let fact = source[id], impliedDrops[id] == nil else { continue }
      if let parent = fact.parent, dropped.contains(parent), !holdsBack(fact, parent) {
        impliedDrops[id] = parent
      } else if id.kind == .sequence, let column = ownerColumn(of: id), dropped.contains(column) {
        impliedDrops[id] = column
      } else if let shell = shell(of: id) {
        impliedDrops[shell] = id
        for need in fact.needs where source[need]?.needs.contains(shell) == true { impliedDrops[need] = id }
      }
    }
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
