internal import Catalog
internal import Postgres

/// What differs between two catalogs, and what has to be rebuilt because of it.
struct Delta {
  let source: Catalog
  let target: Catalog
  var created: Set<FactID> = []
  var dropped: Set<FactID> = []
  var altered: [FactID: Change] = [:]
  /// Dropped facts that go with what they are a part of.
  var impliedDrops: [FactID: FactID] = [:]
  /// What is made by altering something else.
  var impliedCreations: [FactID: FactID] = [:]
  /// Which altered facts need which others out of the way.
  var disturbances: [(altered: FactID, dependent: FactID)] = []
  /// Columns that let go of others in place, and these, which change after that.
  var loosened: [(column: FactID, altered: FactID)] = []
  let sourceChildren: [FactID: [FactID]]
  let targetChildren: [FactID: [FactID]]
  let sourceDependents: [FactID: [FactID]]
  var context: RuleContext
  /// Columns that wait as text while their type is replaced: altered before it goes, and again once it is back.
  var parked: Set<FactID> = []
  /// For whose sake: what is done to these comes between a column's two halves.
  var parkedFor: [FactID: Set<FactID>] = [:]
  let holdings: TypeHoldings
  /// What changes while no column may hold it.
  var cleared: Set<FactID> = []
  /// Changes that cannot be made, in words.
  var refusals: [String] = []
  /// Facts that are dropped and created although they could be altered.
  let replacing: Set<FactID>
  let placeholders: Placeholders
  /// Who has a name in the target, or is the one key of its table: asked for seldom.
  private var placesInTarget: [ExactText: FactID]?

  init(
    source: Catalog, target: Catalog, replacing: Set<FactID> = [], exchanging: Set<FactID> = [],
    waiting: Set<FactID> = [], placeholders: Placeholders = Placeholders(),
    conversions: TypeConversions = TypeConversions()
  ) {
    self.replacing = replacing
    self.placeholders = placeholders
    self.source = source
    self.target = target
    sourceChildren = source.childrenByParent()
    targetChildren = target.childrenByParent()
    sourceDependents = source.dependentsByFact()
    holdings = TypeHoldings(source: source, dependents: sourceDependents)
    let inForce = source.facts.values.filter { $0.id.kind == .defaultPrivilege && target.contains($0.id) }
    context = RuleContext(
      source: source, target: target, sourceDependents: sourceDependents, sourceChildren: sourceChildren,
      targetChildren: targetChildren,
      sourceTables: source.tablesByParent(), targetTables: target.tablesByParent(),
      referencedTables: Self.referencedTables(source), defaultPrivileges: DefaultPrivileges(inForce),
      othersDefaultPrivileges: Dictionary(grouping: inForce, by: \.id.member)
        .reduce(into: [:]) { $0[$1.key] = DefaultPrivileges($1.value, of: $1.key) },
      conversions: conversions, sequenceNamesTakenOver: NumberSuccession.namesTakenOver(from: source, to: target),
      exchanging: exchanging, waiting: waiting)
    context.notNull = NotNullPlan(context)
  }

  mutating func propagate() {
    var replaced: [FactID] = []
    var followers: [FactID] = []
    for fact in target.facts.values where !source.contains(fact.id) {
      guard typeFollowed(by: fact) != nil else {
        created.insert(fact.id)
        continue
      }
      // The type brings the column; what the table says of it comes afterwards.
      var bare = Fact(fact.id, parent: fact.parent, needs: fact.needs)
      for key in [AttributeKey.type, .collation] { bare.attributes[key] = fact.attributes[key] }
      if case .inPlace(let change) = ColumnRule.alter(bare, fact, context), !change.statements.isEmpty {
        altered[fact.id] = change
      }
    }
    for fact in source.facts.values {
      guard let new = target[fact.id] else {
        dropped.insert(fact.id)
        impliedDrops[fact.id] = typeFollowed(by: fact)
        continue
      }
      let old = asFollowed(fact, by: new)
      if old.attributes == new.attributes, old.attributes != fact.attributes { continue }
      if !followed(by: fact).isEmpty {
        followers.append(fact.id)
        continue
      }
      // What moves to another parent is another object.
      if replacing.contains(fact.id) || fact.parent != new.parent && fact.id.kind != .table {
        replaced.append(fact.id)
      } else if old.attributes != new.attributes, !fact.isUndeclaredVersion(of: new) {
        switch Rules.rule(for: fact.id.kind).alter(old, new, context) {
        case .replace: replaced.append(fact.id)
        case .inPlace(let change): altered[fact.id] = change
        case .refused(let reason): refusals.append(reason)
        }
      }
    }
    follow(followers.sorted(), &replaced)
    loosenKeysInRings()
    replaceInheritingTables(&replaced)
    replaceInheritedChecks(&replaced)
    replacePartitionedIndexes(&replaced)
    replaceEquivalentParts(&replaced)
    var queue = Array(dropped)
    for id in replaced { replace(id, &queue) }
    for (id, change) in altered.sorted(by: { $0.key < $1.key }) { disturb(id, change, &queue) }
    clearCompositeTypes(&queue)
    repeat {
      // What a check calls may be made anew, and the check with it.
      clearStricterDomains(&queue)
      drain(&queue)
      clearStricterDomains(&queue)
      clearRowTypes(&queue)
      parkExchangedTypes(&queue)
    } while !queue.isEmpty
    for id in dropped { altered[id] = nil }
    parked.subtract(dropped)
    leaveOutDropped()
    reapplyPartitionDefaults()
    reapplyInheritedColumns()
    reapplySequencePersistence()
    reapplyColumnGrants()
    reapplyHandedOn()
    reapplyTriggerStates()
    reapplyToRebuilt()
    changeInheritedNotNull()
    findImpliedDrops()
    context.created = created
  }

  /// Replaces what depends on what is replaced.
  private mutating func drain(_ queue: inout [FactID]) {
    while let id = queue.popLast() {
      // A partition's own constraint holds on to the index of the parent that its index is a part of.
      if let fact = source[id], let whole = fact.attachedTo, let table = fact.parent, !dropped.contains(table) {
        replace(whole, &queue)
      }
      // A type with functions of its own goes with its name, and they with it.
      if let shell = shell(of: id) { replace(shell, &queue) }
      for child in sourceChildren[id] ?? [] where !dropped.contains(child) { replace(child, &queue) }
      // A sequence goes with the column that it belongs to.
      for dependent in sourceDependents[id] ?? [] where !dropped.contains(dependent) {
        // ALTER … OWNER TO makes what the former owner granted the next one's.
        if id.kind == .owner, dependent.kind == .grant, target.contains(dependent) { continue }
        // One that no longer needs it in the target, nor anything that does, is altered first, and stays; but altering
        // these kinds in place leaves alone what they refer to.
        // A function needs a transform that is there when it is made, whatever it says.
        if altered[dependent] != nil, target[dependent]?.needs.contains(id) == false, id.kind != .transform,
          !(created.contains(id) && comes(dependent, after: id)), !comes(dependent, afterWhatReplaces: id),
          !calls(dependent, namesakeOf: id),
          ![.constraint, .index, .trigger].contains(dependent.kind),
          !(dependent.kind == .column && created.contains(id) && becomesMade(dependent, of: id))
        {
          continue
        }
        if !park(dependent, while: id, &queue) { replace(dependent, &queue) }
      }
    }
  }

  /// Whether something in the target needs another, or what it needs does.
  private func comes(_ dependent: FactID, after id: FactID) -> Bool {
    var visited: Set<FactID> = []
    var queue = target[dependent]?.needs ?? []
    while let next = queue.popLast() {
      if next == id { return true }
      guard visited.insert(next).inserted, let fact = target[next] else { continue }
      queue += fact.needs + (fact.parent.map { [$0] } ?? [])
    }
    return false
  }

  /// Whether something in the target needs what takes the name of another, or its place as the key of a table: that can come
  /// only once the other is gone.
  private mutating func comes(_ dependent: FactID, afterWhatReplaces id: FactID) -> Bool {
    guard let fact = source[id] else { return false }
    if placesInTarget == nil {
      var places: [ExactText: FactID] = [:]
      for fact in target.facts.values {
        for name in StepGraph.places(fact, target, context.targetTables) { places[name] = fact.id }
      }
      placesInTarget = places
    }
    return StepGraph.places(fact, source, context.sourceTables).contains { name in
      guard let successor = placesInTarget?[name], successor != id else { return false }
      return comes(dependent, after: successor)
    }
  }

  /// Whether something in the target calls another function of a name. While both are there, its text may mean either
  /// (documentation, section 10.3 "Functions").
  private func calls(_ caller: FactID, namesakeOf function: FactID) -> Bool {
    function.kind == .function && target[caller]?.needs.contains { $0.isOverload(of: function) } == true
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
  func typeFollowed(by fact: Fact) -> FactID? {
    guard fact.id.kind == .column, let table = fact.parent, let old = source[table], let new = target[table],
      old.optionalText(.ofType) != nil, old.attributes[.ofType] == new.attributes[.ofType]
    else { return nil }
    return old.needs.first { $0.kind == .compositeType && $0.sqlName == old.text(.ofType) }
  }

  /// A column as its table's type leaves it: with another type come that one's storage and compression.
  private func asFollowed(_ fact: Fact, by new: Fact) -> Fact {
    guard typeFollowed(by: fact) != nil else { return fact }
    var old = fact
    for key in [AttributeKey.type, .collation] where fact.attributes[key] != new.attributes[key] {
      old.attributes[key] = new.attributes[key]
      old.attributes[.storage] = nil
      old.attributes[.compression] = nil
    }
    return old
  }

  /// Tables that refer to each other cannot become permanent, or cease to be, one after the other: their keys go first.
  private mutating func loosenKeysInRings() {
    let tables = altered.keys.filter {
      $0.kind == .table && source[$0]?.attributes[.persistence] != target[$0]?.attributes[.persistence]
    }
    guard tables.count > 1 else { return }
    var refers: [FactID: Set<FactID>] = [:]
    for table in tables {
      for key in sourceChildren[table] ?? [] where source[key]?.isForeignKey == true {
        guard let parts = source[key]?.list(.foreign), parts.count == 2 else { continue }
        let other = FactID(.table, schema: parts[0], name: parts[1])
        if other != table, tables.contains(other) { refers[table, default: []].insert(other) }
      }
    }
    for table in tables {
      var ring: Set<FactID> = []
      for first in refers[table] ?? [] {
        var visited: Set<FactID> = []
        var queue = [first]
        while let next = queue.popLast() {
          guard visited.insert(next).inserted else { continue }
          queue += refers[next] ?? []
        }
        if visited.contains(table) { ring.insert(first) }
      }
      guard !ring.isEmpty else { continue }
      let names = Set(ring.map { [$0.schema, $0.name] })
      altered[table]?.disturbs.append(
        (table, { kind, fact in kind == .constraint && fact.isForeignKey && names.contains(fact.list(.foreign)) }))
    }
  }

  /// An enum that is made anew takes no column along that is made anew itself.
  private mutating func leaveOutDropped() {
    for id in altered.keys where id.kind == .enumType {
      guard let old = source[id], let new = target[id], EnumRule.swaps(old, new),
        sourceDependents[id]?.contains(where: dropped.contains) == true
      else { continue }
      altered[id]?.statements = EnumRule.swap(old, new, context, without: dropped).statements
    }
  }

  /// A REVOKE on a table takes privileges on its columns as well.
  private mutating func reapplyColumnGrants() {
    let changed = dropped.union(created).union(altered.keys).filter { id in
      guard id.kind == .grant, let subject = id.subjectID, subject.holdsColumns, target.contains(subject) else {
        return false
      }
      func list(_ catalog: Catalog, _ key: AttributeKey) -> Set<String> { Set(catalog[id]?.list(key) ?? []) }
      if id.isDelegated {
        return !Set(source[id]?.delegated ?? []).isSubset(of: target[id]?.delegated ?? [])
      }
      return !list(source, .privileges).isSubset(of: list(target, .privileges))
        || !list(target, .revoked).isSubset(of: list(source, .revoked))
    }
    guard !changed.isEmpty else { return }
    for fact in target.facts.values where fact.id.kind == .grant && fact.id.subject == .column {
      guard !created.contains(fact.id), let whole = changed.first(where: { $0.isGrant(aroundColumnOf: fact.id) }) else {
        continue
      }
      func list(_ catalog: Catalog, _ key: AttributeKey) -> Set<String> { Set(catalog[whole]?.list(key) ?? []) }
      func plain(_ privileges: Set<String>) -> Set<String> { Set(privileges.map(GrantRule.plain)) }
      let (before, after) = (list(source, .privileges), list(target, .privileges))
      let gone = plain(before).subtracting(plain(after))
        .union(list(target, .revoked).subtracting(list(source, .revoked)))
      let fixed = before.subtracting(after).filter { $0.hasSuffix(GrantRule.option) }
      altered[fact.id] = GrantRule.again(fact, without: gone, options: plain(fixed), context)
    }
  }

  /// What somebody granted on a column rests on an option there or on the whole relation's. Where that changes, it is granted
  /// anew, though it is the same in both states.
  private mutating func reapplyHandedOn() {
    func name(_ id: FactID) -> [String] { [id.schema, id.name] }
    let touched = Set(dropped.union(created).union(altered.keys).filter { $0.kind == .grant }.map(name))
    guard !touched.isEmpty else { return }
    // A REVOKE on the whole relation takes from its columns what others have handed on there.
    let losing = Set(
      dropped.union(altered.keys).filter { id in
        guard id.kind == .grant, id.subject != .column, !id.isDelegated else { return false }
        return !Set(source[id]?.list(.privileges) ?? []).isSubset(of: target[id]?.list(.privileges) ?? [])
      }.map { name($0) + [$0.role] })
    for new in target.facts.values
    where new.id.isDelegated && new.id.subject == .column
      && touched.contains(name(new.id)) && altered[new.id] == nil
    {
      guard let old = source[new.id], !created.contains(new.id) else { continue }
      let isCut = old.delegated.contains { losing.contains(name(new.id) + [$0.grantor]) }
      let delegation = Delegation(from: old, to: new, context, anew: isCut)
      if !delegation.revokes.isEmpty { altered[new.id] = delegation.change }
    }
  }

  /// SET LOGGED and SET UNLOGGED take a table's sequences along, over what these say.
  private mutating func reapplySequencePersistence() {
    func changes(_ table: FactID?) -> Bool {
      guard let table, altered[table] != nil, let old = source[table], let new = target[table] else { return false }
      return old.attributes[.persistence] != new.attributes[.persistence]
    }
    guard altered.keys.contains(where: { $0.kind == .table && changes($0) }) else { return }
    // Before version 15 a sequence survives a crash, whatever its table does.
    if (1..<15).contains(source.serverVersion.major) { return }
    for fact in target.facts.values where !created.contains(fact.id) && source.contains(fact.id) {
      let sequence: String
      let isUnlogged: Bool
      switch fact.id.kind {
      case .column:
        guard changes(fact.parent), let words = fact.optionalText(.persistence), let name = fact.list(.sequence).last,
          source[fact.id]?.optionalText(.identity) != nil
        else { continue }
        (sequence, isUnlogged) = (Quote.qualified(fact.id.schema, name), words == "unlogged")
      case .sequence:
        let owner = FactID(.sequenceOwner, schema: fact.id.schema, name: fact.id.name)
        guard let before = source[owner], changes(SequenceOwnerRule.table(of: before, in: source)) else { continue }
        (sequence, isUnlogged) = (fact.id.sqlName, fact.optionalText(.persistence) == "unlogged")
      default: continue
      }
      let statement = "ALTER SEQUENCE \(sequence) SET \(isUnlogged ? "UNLOGGED" : "LOGGED")"
      if altered[fact.id]?.statements.contains(statement) == true { continue }
      altered[fact.id, default: Change()].statements.append(statement)
    }
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

  mutating func disturb(_ id: FactID, _ change: Change, _ queue: inout [FactID]) {
    for disturbed in change.disturbs {
      let dependents = (sourceDependents[disturbed.fact] ?? []) + (sourceChildren[disturbed.fact] ?? [])
      for dependent in dependents.sorted() {
        guard let fact = source[dependent], disturbed.selects(dependent.kind, fact) else { continue }
        if id.kind == .column, ceasesToBeComputed(dependent) {
          // It keeps its values where it lets go first.
          loosened.append((dependent, id))
          continue
        }
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

  /// Whether a column that is computed and stored becomes a plain one.
  private func ceasesToBeComputed(_ column: FactID) -> Bool {
    guard column.kind == .column, let old = source[column], let new = target[column], altered[column] != nil,
      !parked.contains(column)
    else { return false }
    return old.attributes[.generated] != nil && !old.flag(.virtual) && new.attributes[.generated] == nil
  }

  /// The mere name that the functions of a base type, or of a range, refer to.
  func shell(of id: FactID) -> FactID? {
    guard id.kind == .baseType || id.kind == .rangeType else { return nil }
    let shell = FactID(.shellType, schema: id.schema, name: id.name)
    return source.contains(shell) ? shell : nil
  }
}
