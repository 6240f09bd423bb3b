internal import Catalog
internal import Postgres

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
  /// What changes while no column may hold it.
  var cleared: Set<FactID> = []
  /// Changes that cannot be made, in words.
  var refusals: [String] = []
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
      sourceTables: source.tablesByParent(), targetTables: target.tablesByParent(),
      referencedTables: Self.referencedTables(source), defaultPrivileges: DefaultPrivileges(Array(inForce)),
      conversions: conversions)
  }

  mutating func propagate() {
    var replaced: [FactID] = []
    var followers: [FactID] = []
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
      if !followed(by: fact).isEmpty {
        followers.append(fact.id)
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
    follow(followers.sorted(), &replaced)
    loosenKeysInRings()
    replaceHeirs(&replaced)
    replaceInheritedChecks(&replaced)
    replacePartitionedIndexes(&replaced)
    replaceTwins(&replaced)
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
    reapplyInheritedColumns()
    reapplySequencePersistence()
    reapplyColumnGrants()
    reapplyTriggerStates()
    findImpliedDrops()
    context.created = created
  }

  /// Replaces what depends on what is replaced.
  private mutating func drain(_ queue: inout [FactID]) {
    while let id = queue.popLast() {
      // A partition's own constraint holds on to the index of the parent that its index is a part of.
      let attached = source[id]?.list(.attached) ?? []
      if attached.count == 2, let table = source[id]?.parent, !dropped.contains(table) {
        replace(FactID(.index, schema: attached[0], name: attached[1]), &queue)
      }
      // A type with functions of its own goes with its name, and they with it.
      if let shell = shell(of: id) { replace(shell, &queue) }
      for child in sourceChildren[id] ?? [] where !dropped.contains(child) { replace(child, &queue) }
      // A sequence goes with the column that it belongs to.
      for dependent in sourceDependents[id] ?? [] where !dropped.contains(dependent) {
        // One that no longer needs it in the target is altered first, and stays; but altering these kinds in place
        // leaves alone what they refer to.
        // A function needs a transform that is there when it is made, whatever it says.
        if altered[dependent] != nil, target[dependent]?.needs.contains(id) == false, id.kind != .transform,
          ![.constraint, .index, .trigger].contains(dependent.kind),
          !(dependent.kind == .column && created.contains(id) && becomesMade(dependent, of: id))
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

  /// The parents' columns that a child's own column is the same as before and after.
  private func followed(by fact: Fact) -> [FactID] {
    guard fact.id.kind == .column, let table = fact.parent, source[table]?.attributes[.inherits] != nil else {
      return []
    }
    let before = source.inheritedColumns(fact.id.member, of: table)
    return before.isEmpty ? [] : target.inheritedColumns(fact.id.member, of: table).filter(before.contains)
  }

  /// An ALTER of a parent's column changes the columns of children that have it of their own as well: its type always,
  /// NOT NULL and how it is stored over what they say.
  private mutating func follow(_ columns: [FactID], _ replaced: inout [FactID]) {
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

  /// A parent's default reaches its partitions whenever it changes, over those that they have of their own.
  private mutating func reapplyPartitionDefaults() {
    for fact in target.facts.values where fact.id.kind == .columnDefault {
      let inherited = [Self.parentDefault(of: fact, in: source), Self.parentDefault(of: fact, in: target)]
      guard !created.contains(fact.id), altered[fact.id] == nil,
        inherited.contains(where: { id in
          id.map { created.contains($0) || dropped.contains($0) || altered[$0] != nil } ?? false
        })
      else { continue }
      altered[fact.id] = Change(DefaultRule.create(fact, context))
    }
  }

  /// What an ALTER of a parent's column does to the columns that are inherited from it, it does over what they have of
  /// their own.
  private mutating func reapplyInheritedColumns() {
    for fact in target.facts.values where fact.id.kind == .inheritedColumn {
      guard !created.contains(fact.id), let table = fact.parent, let old = source[fact.id],
        target.inheritedColumns(fact.id.member, of: table).contains(where: { altered[$0] != nil })
      else { continue }
      let statements = InheritedColumnRule.statements(from: old, to: fact, context)
      altered[fact.id] = statements.isEmpty ? nil : Change(statements)
    }
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

  /// Whether a child's column is its own beside being its parent's is decided when the child is made.
  private func replaceHeirs(_ replaced: inout [FactID]) {
    for (here, there) in [(source, target), (target, source)] {
      for fact in here.facts.values where fact.id.kind == .column && !there.contains(fact.id) {
        guard let table = fact.parent, let heir = there[table], heir.attributes[.inherits] != nil,
          here[table]?.attributes[.inherits] == heir.attributes[.inherits], !replaced.contains(table),
          !here.inheritedColumns(fact.id.member, of: table).isEmpty,
          !there.inheritedColumns(fact.id.member, of: table).isEmpty
        else { continue }
        replaced.append(table)
      }
    }
  }

  /// A check that was validated for a child alone, or that a new child has validated from the start, is as it was only
  /// once the parent's is made anew.
  private func replaceInheritedChecks(_ replaced: inout [FactID]) {
    for fact in source.facts.values where fact.id.kind == .inheritedConstraint && !target.contains(fact.id) {
      guard let table = fact.parent, target.contains(table) else { continue }
      for check in target.inherited(.constraint, fact.id.member, of: table) {
        if source.contains(check), target[check]?.attributes[.validated] != nil { replaced.append(check) }
      }
    }
    // A check that the child has of its own beside inheriting it ceases to be its own only while the parent has none.
    for fact in source.facts.values where fact.id.kind == .constraint && !target.contains(fact.id) {
      guard fact.text(.type) == "c", let table = fact.parent, target.contains(table) else { continue }
      for check in target.inherited(.constraint, fact.id.member, of: table) {
        if source.inherited(.constraint, fact.id.member, of: table).contains(check) { replaced.append(check) }
      }
    }
    for table in created where table.kind.isTable {
      // Where a parent in between has it validated, the child has it validated too.
      var validated: Set<String> = []
      var tables = [table]
      while !tables.isEmpty {
        for fact in tables.flatMap({ targetChildren[$0] ?? [] }) where fact.kind == .inheritedConstraint {
          validated.insert(fact.member)
        }
        tables = tables.flatMap(target.parents)
        for check in tables.flatMap({ targetChildren[$0] ?? [] }) where source.contains(check) {
          guard let fact = target[check], fact.attributes[.validated] == .flag(false), fact.text(.type) == "c",
            !validated.contains(check.member)
          else { continue }
          replaced.append(check)
        }
      }
    }
  }

  /// What a partition has of its own, and a new index of its parent would take for its part.
  private func replaceTwins(_ replaced: inout [FactID]) {
    let old = Set(replaced)
    let roots = created.union(old.filter(target.contains)).compactMap { target[$0] }.filter {
      ($0.id.kind == .index || $0.id.kind == .constraint)
        && $0.parent.flatMap { target[$0] }?.attributes[.partitionKey] != nil
    }
    for root in roots {
      var tables = root.parent.flatMap { context.targetTables[$0] } ?? []
      while let table = tables.popLast() {
        tables += context.targetTables[table] ?? []
        for twin in targetChildren[table] ?? [] where source.contains(twin) && !old.contains(twin) {
          if let fact = target[twin], Self.isTwin(fact, of: root) { replaced.append(twin) }
        }
      }
    }
  }

  /// Whether PostgreSQL would take a partition's own index or constraint for its part of a parent's.
  static func isTwin(_ fact: Fact, of root: Fact) -> Bool {
    guard fact.attributes[.attached] == nil, fact.attributes[.valid] == nil, root.attributes[.valid] == nil else {
      return false
    }
    switch (root.id.kind, fact.id.kind) {
    case (.index, .index):
      return root.text(.definition) == fact.text(.definition) && root.flag(.unique) == fact.flag(.unique)
    case (.index, .constraint):
      // A key says of its index no more than the columns.
      return root.flag(.unique) && KeyDefinition(fact)?.index == root.text(.definition)
    case (.constraint, .constraint):
      return ["p", "u", "x"].contains(root.text(.type)) && root.text(.definition) == fact.text(.definition)
    default: return false
    }
  }

  /// A partition that is new gets its part of every index that the parent has; one of the parent ALONE stays so only if
  /// it comes after the partition.
  private func replacePartitionedIndexes(_ replaced: inout [FactID]) {
    let tables = created.filter(\.kind.isTable)
    guard !tables.isEmpty else { return }
    var parents: Set<FactID> = []
    for table in tables { parents.formUnion(target[table].map(target.partitionLine) ?? []) }
    for parent in parents {
      for part in targetChildren[parent] ?? [] where target[part]?.attributes[.valid] == .flag(false) {
        if source.contains(part) { replaced.append(part) }
      }
    }
  }

  /// A REVOKE on a table takes privileges on its columns as well.
  private mutating func reapplyColumnGrants() {
    let changed = dropped.union(created).union(altered.keys).filter { id in
      guard id.kind == .grant, let subject = id.subjectID, subject.holdsColumns, target.contains(subject) else {
        return false
      }
      func list(_ catalog: Catalog, _ key: AttributeKey) -> Set<String> { Set(catalog[id]?.list(key) ?? []) }
      return !list(source, .privileges).isSubset(of: list(target, .privileges))
        || !list(target, .revoked).isSubset(of: list(source, .revoked))
    }
    guard !changed.isEmpty else { return }
    for fact in target.facts.values where fact.id.kind == .grant && fact.id.subject == .column {
      guard !created.contains(fact.id), changed.contains(where: { $0.isGrant(aroundColumnOf: fact.id) }) else {
        continue
      }
      altered[fact.id] = Change(GrantRule.again(fact, context))
    }
  }

  /// SET LOGGED and SET UNLOGGED take a table's sequences along, over what these say.
  private mutating func reapplySequencePersistence() {
    func changes(_ table: FactID?) -> Bool {
      guard let table, altered[table] != nil, let old = source[table], let new = target[table] else { return false }
      return old.attributes[.persistence] != new.attributes[.persistence]
    }
    guard altered.keys.contains(where: { $0.kind == .table && changes($0) }) else { return }
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
    guard fact.id.kind == .columnDefault, let parent = fact.parent,
      let table = parent.kind == .column ? catalog[parent]?.parent : parent, table.kind.isTable
    else { return nil }
    return inheritedDefault(fact.id.member, of: table, in: catalog)
  }

  private static func inheritedDefault(_ column: String, of table: FactID, in catalog: Catalog) -> FactID? {
    for parent in catalog.parents(of: table) {
      let own = FactID(.columnDefault, schema: parent.schema, name: parent.name, member: column)
      if catalog.contains(own) { return own }
      if let inherited = inheritedDefault(column, of: parent, in: catalog) { return inherited }
    }
    return nil
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

  /// Whether a column gets a type that is made of another.
  private func becomesMade(_ column: FactID, of type: FactID) -> Bool {
    guard type.kind.isType else { return false }
    var visited: Set<FactID> = []
    var queue = target[column]?.needs ?? []
    while let id = queue.popLast() {
      guard id.kind.isType, visited.insert(id).inserted else { continue }
      if id == type { return true }
      queue += target[id]?.needs ?? []
    }
    return false
  }

  /// Lets a column keep its values while something that its type is made of changes: every type has a text form, and those
  /// that have other attributes afterwards a form that names them.
  ///
  /// - Returns: false where the values cannot or need not be kept.
  mutating func park(_ column: FactID, while changed: FactID, _ queue: inout [FactID]) -> Bool {
    guard changed.kind.isType || changed.kind.isTable || changed.kind == .extension, column.kind == .column,
      let old = source[column], let new = target[column],
      // The name of an extension's type says where the extension is.
      old.attributes[.type] == new.attributes[.type] || changed.kind == .extension || becomesMade(column, of: changed),
      old.attributes[.generated] == nil, new.attributes[.generated] == nil, let table = old.parent,
      table.kind == .table, let holder = source[table], holder.attributes[.ofType] == nil,
      holder.attributes[.inherits] == nil, let before = source[changed], let after = target[changed]
    else { return false }
    if let reason = PartitionKeys.refusal(old, context) {
      refusals.append("\(changed) changes, and columns of it would wait as another type: \(reason)")
      return true
    }
    let layouts = TypeLayouts(source, target, sourceChildren, targetChildren).changed(within: column)
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
      } else if let column = inheritedColumn(of: fact) {
        impliedDrops[id] = column
      } else if let index = fact.needs.first(where: { dropped.contains($0) && $0.isIndex(fact.list(.attached)) }) {
        impliedDrops[id] = index
      } else if let shell = shell(of: id) {
        impliedDrops[shell] = id
        for need in fact.needs where source[need]?.needs.contains(shell) == true { impliedDrops[need] = id }
      }
    }
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
