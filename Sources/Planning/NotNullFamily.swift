internal import Catalog
internal import Postgres

/// NOT NULL of one column of tables that inherit from each other, from version 18 on: each table has at most one such constraint,
/// its own, its parents', or both. What is done to a parent's reaches the children; so the way from one state to the other
/// is found by doing it, as PostgreSQL would, statement by statement.
struct NotNullFamily {
  struct Constraint: Equatable {
    /// nil where nobody can tell: a child by inheritance that has it from its parents alone.
    var name: String?
    var isOwn: Bool
    /// NO INHERIT.
    var isAlone = false
    /// false: NOT VALID, for new rows only.
    var isValid = true
    /// How many parents it is inherited from.
    var parents = 0
  }

  let column: String
  /// Parents before their children.
  let tables: [FactID]
  let parents: [FactID: [FactID]]
  let children: [FactID: [FactID]]
  let partitions: Set<FactID>
  var now: [FactID: Constraint]
  let goal: [FactID: Constraint]
  /// Whether a constraint of a table holds for new rows only, before or after.
  let isUnvalidated: Bool
  /// Constraints that are there before and after, and have to be made anew in between: those that hold for new rows only, and keys.
  var remade: Set<FactID> = []
  private(set) var statements: [String] = []
  /// What comes before the column gets another type.
  private(set) var preparation: [String] = []
  /// What waits until other constraints have let go of their names.
  var cleanup: [String] = []
  /// What tables' constraints are called until then.
  private var asides: [FactID: String] = [:]
  /// Names that partitions get while they are away from their parents.
  private(set) var renamesWhileAway: [FactID: [(from: String, to: String)]] = [:]
  let context: RuleContext

  /// - Parameters:
  ///   - tables: parents before their children, of both states.
  ///   - made: the table that gets the column, for all of them, where it is new.
  init(column: String, tables: [FactID], made: FactID? = nil, _ context: RuleContext) {
    self.context = context
    self.column = column
    self.tables = tables
    let members = Set(tables)
    parents = Dictionary(
      uniqueKeysWithValues: tables.map { ($0, context.target.parents(of: $0).filter(members.contains)) })
    var children: [FactID: [FactID]] = [:]
    for table in tables { for parent in parents[table] ?? [] { children[parent, default: []].append(table) } }
    self.children = children
    partitions = Set(tables.filter { context.target[$0]?.partitionParent != nil })
    now = made == nil ? Self.states(of: column, tables, parents, context.source, context.sourceChildren) : [:]
    goal = Self.states(of: column, tables, parents, context.target, context.targetChildren)
    isUnvalidated = now.values.contains { !$0.isValid } || goal.values.contains { !$0.isValid }
    if let made {
      now[made] = goal[made]
      give(made)
    }
  }

  private static func states(
    of column: String, _ tables: [FactID], _ parents: [FactID: [FactID]], _ catalog: Catalog,
    _ children: [FactID: [FactID]]
  ) -> [FactID: Constraint] {
    var states: [FactID: Constraint] = [:]
    for table in tables {
      let given = (parents[table] ?? []).compactMap { states[$0] }.filter { !$0.isAlone }
      let local = FactID(.column, schema: table.schema, name: table.name, member: column)
      let said = FactID(.inheritedColumn, schema: table.schema, name: table.name, member: column)
      let id = catalog.contains(local) ? local : said
      let isOwn = NotNull.isOwn(column, of: table, catalog)
      let unchecked = isOwn ? nil : NotNull.unvalidated(local, catalog, children)
      guard isOwn || unchecked != nil || !given.isEmpty else { continue }
      var state = Constraint(isOwn: isOwn || unchecked != nil, parents: given.count)
      if let unchecked {
        state.name = unchecked.id.member
        state.isAlone = NotNull.isUnvalidatedAlone(unchecked)
        state.isValid = false
      } else if isOwn {
        state.name =
          catalog[id]?.optionalText(.notNullName) ?? catalog.notNullNames[id] ?? NotNull.usual(local)
        state.isAlone = catalog[id].map(NotNull.isAlone) ?? false
      } else {
        let listed = catalog[table].flatMap { NotNull.pairs($0).first { $0.0 == column }?.1 }
        state.name = listed ?? catalog.notNullNames[id] ?? given.first?.name
        state.isOwn = catalog.ownNotNulls.contains(said)
        state.isValid = catalog[local]?.flag(.notNull) ?? given.contains { $0.isValid }
      }
      states[table] = state
    }
    return states
  }

  /// Whether both are the same but for what nobody asks for.
  func differs(_ table: FactID) -> Bool {
    guard let a = now[table], let b = goal[table] else { return now[table] != goal[table] }
    if a.isAlone != b.isAlone || a.isValid != b.isValid || wantsName(table) && a.name != b.name { return true }
    return wantsOwnership(table) && a.isOwn != b.isOwn
  }

  /// Whether it matters whose it is: of a partition's, `pg_dump` says so only where it holds for new rows.
  func wantsOwnership(_ table: FactID) -> Bool { !partitions.contains(table) || goal[table]?.isValid == false }

  /// Whether it matters what it is called: `pg_dump` writes the names of partitions', and those that are a table's own.
  func wantsName(_ table: FactID) -> Bool {
    goal[table]?.isOwn == true || partitions.contains(table) && goal[table]?.isValid == true
  }

  // MARK: The way

  /// - Parameters:
  ///   - isRetyped: whether the column gets another type.
  ///   - isParked: whether it is of another type for a while.
  /// - Throws: the reason, where PostgreSQL has no way.
  mutating func solve(isRetyped: Bool, isParked: Bool) throws(Refusal) {
    if !isRetyped, !isUnvalidated { renamePartitionsAway() }
    if isRetyped || isParked { try retype() }
    guard tables.contains(where: differs) else { return }
    if isUnvalidated { return try solveUnvalidated() }
    for table in tables.reversed() { try prepare(table) }
    // What a parent lets go of, its children can.
    for _ in 0..<2 {
      for table in tables { changeInheritance(table) }
      for table in tables { takeAway(table) }
    }
    for table in tables where wantsOtherName(table) && canRename(table) { rename(table) }
    guard tables.contains(where: differs) else { return }
    if partitions.isEmpty { makeAnewApart() } else { try renameAnew() }
  }

  struct Refusal: Error { let reason: String }

  /// ALTER COLUMN … TYPE makes the constraints anew: what a table has from its parents alone is called as theirs, and PostgreSQL
  /// stumbles where a table has it of its own as well under another name.
  private mutating func retype() throws(Refusal) {
    let isMixed = tables.contains { table in
      guard let state = now[table], state.isOwn, state.parents > 0 else { return false }
      return parents[table]?.contains { now[$0].map { !$0.isAlone && $0.name != state.name } ?? false } == true
    }
    if isMixed {
      let wholes = tables.filter { now[$0]?.isAlone == false && children[$0]?.contains { now[$0] != nil } == true }
      if partitions.isEmpty {
        for table in wholes { setAlone(table, true) }
      } else {
        try refuseKeys()
        separate(wholes)
      }
    }
    preparation = statements
    statements = []
    for table in tables where now[table]?.isOwn == false {
      if let parent = parents[table]?.compactMap({ now[$0] }).first(where: { !$0.isAlone }) {
        now[table]?.name = parent.name
      }
    }
  }

  func wantsOtherName(_ table: FactID) -> Bool {
    guard wantsName(table), let name = goal[table]?.name, let state = now[table] else { return false }
    return state.name != name
  }

  /// A partition whose constraint is its parent's before and after has to leave to get another name.
  private mutating func renamePartitionsAway() {
    for table in tables where partitions.contains(table) && wantsOtherName(table) {
      guard let parent = parents[table]?.first, let before = now[parent], let after = goal[parent],
        before.name == after.name, let state = now[table], state.parents > 0, goal[table]?.parents ?? 0 > 0,
        let name = state.name, let other = goal[table]?.name
      else { continue }
      renamesWhileAway[table, default: []].append((name, other))
      setName(table, other)
    }
  }

  /// A constraint that a table is to have whatever its parents do is there before theirs changes; one that it is to have from them
  /// alone, and has of its own, is not.
  private mutating func prepare(_ table: FactID) throws(Refusal) {
    guard let goal = goal[table] else { return }
    if let state = now[table] {
      // A parent's could not be joined to one that is not handed down.
      if state.isAlone, !goal.isAlone { setAlone(table, false) }
      if wantsOtherName(table), canRename(table) { rename(table) }
      if goal.isOwn, !state.isOwn || partitions.contains(table) && state.parents > 0 {
        alter(table, "ALTER COLUMN \(quoted) SET NOT NULL")
        now[table]?.isOwn = true
      } else if !goal.isOwn, state.isOwn, state.parents == 0 {
        // Whose a partition's is, nobody sees.
        if !partitions.contains(table) {
          try remakeKeys(of: table)
          drop(table)
        }
      }
      return
    }
    // What partitions have from their parents under other names, they have first.
    let isNamed = partitions.contains(table) && parents[table]?.contains { self.goal[$0]?.name != goal.name } == true
    guard goal.isOwn || isNamed, let name = goal.name else { return }
    // PostgreSQL chooses it only while no other table has it.
    let isUsual = name == NotNull.usual(id(table)) && !goal.isAlone && !now.values.contains { $0.name == name }
    if isUsual {
      alter(table, "ALTER COLUMN \(quoted) SET NOT NULL")
    } else {
      alter(table, "ADD CONSTRAINT \(Quote.identifier(name)) NOT NULL \(quoted)\(goal.isAlone ? " NO INHERIT" : "")")
    }
    now[table] = Constraint(name: name, isOwn: true, isAlone: goal.isAlone)
    give(table)
  }

  private mutating func changeInheritance(_ table: FactID) {
    guard let state = now[table], let goal = goal[table], state.isAlone != goal.isAlone, state.parents == 0 else {
      return
    }
    setAlone(table, goal.isAlone)
  }

  /// - Parameter late: once all have the names that they are to have.
  mutating func setAlone(_ table: FactID, _ isAlone: Bool, late: Bool = false) {
    guard let name = (late ? nil : asides[table]) ?? now[table]?.name else { return }
    alter(table, "ALTER CONSTRAINT \(Quote.identifier(name)) \(isAlone ? "NO INHERIT" : "INHERIT")", late: late)
    now[table]?.isAlone = isAlone
    guard isAlone else { return give(table) }
    for child in children[table] ?? [] where now[child] != nil {
      now[child]?.parents -= 1
      now[child]?.isOwn = true
    }
  }

  private mutating func takeAway(_ table: FactID) {
    if let state = now[table], goal[table] == nil, state.parents == 0 { drop(table) }
  }

  mutating func drop(_ table: FactID) {
    alter(table, "ALTER COLUMN \(quoted) DROP NOT NULL")
    let isAlone = now[table]?.isAlone == true
    now[table] = nil
    if !isAlone { take(table) }
  }

  /// RENAME CONSTRAINT goes down to the children, which must have it under the same name.
  func canRename(_ table: FactID) -> Bool {
    guard let state = now[table], state.parents == 0 else { return false }
    return state.isAlone || heirs(table).allSatisfy { now[$0]?.name == state.name && now[$0]?.parents == 1 }
  }

  mutating func rename(_ table: FactID) {
    guard let name = now[table]?.name, let other = goal[table]?.name else { return }
    let renames = NotNull.rename(id(table), in: table, from: name, to: other, context)
    statements += renames.now
    cleanup += renames.later
    if let aside = renames.aside { for heir in [table] + heirs(table) { asides[heir] = aside } }
    setName(table, other)
  }

  private mutating func setName(_ table: FactID, _ name: String) {
    let old = now[table]?.name
    for heir in now[table]?.isAlone == true ? [] : heirs(table) where now[heir]?.name == old { now[heir]?.name = name }
    now[table]?.name = name
  }

  /// What is inherited cannot be renamed alone, nor be given up: nobody inherits meanwhile.
  private mutating func makeAnewApart() {
    for table in tables
    where now[table]?.isAlone == false && children[table]?.contains(where: { now[$0] != nil }) == true {
      setAlone(table, true)
    }
    for table in tables where now[table] != nil && goal[table]?.isOwn != true { drop(table) }
    for table in tables where wantsOtherName(table) && canRename(table) { rename(table) }
    // What is inherited gets no other name.
    let isLate = !asides.isEmpty
    for table in tables.reversed() where now[table]?.isAlone == true && goal[table]?.isAlone == false {
      setAlone(table, false, late: isLate)
    }
  }

  /// A partitioned table's cannot be NO INHERIT: what its partitions have becomes their own, and it gets a new one, which they
  /// need not be searched for.
  private mutating func renameAnew() throws(Refusal) {
    let wholes = tables.filter { now[$0] != nil && children[$0]?.contains { now[$0] != nil } == true }
    try refuseKeys()
    separate(wholes)
    for table in tables where wantsOtherName(table) && canRename(table) { rename(table) }
    // Once one waits, so do those above it.
    var isLate = !asides.isEmpty
    for table in wholes.reversed() {
      guard let name = goal[table]?.name else { continue }
      isLate = isLate || NotNull.aside(id(table), in: table, to: name, context) != nil
      alter(table, "ADD CONSTRAINT \(Quote.identifier(name)) NOT NULL \(quoted)", late: isLate)
      now[table] = Constraint(name: name, isOwn: true)
      give(table)
    }
  }

  /// Lets partitions keep what they have while those above them have none. Whose it is does not tell: a partition that was away has
  /// forgotten it.
  private mutating func separate(_ wholes: [FactID]) {
    for table in tables where now[table]?.parents ?? 0 > 0 {
      alter(table, "ALTER COLUMN \(quoted) SET NOT NULL")
      now[table]?.isOwn = true
    }
    for table in wholes { drop(table) }
  }

  private func refuseKeys() throws(Refusal) {
    for table in tables where isKey(table) {
      throw Refusal(
        reason:
          "the NOT NULL constraint of \(id(table).path) cannot be renamed: its partitions have it under other names, and a key or an identity needs it. "
          + "Keep its name, or drop the key first")
    }
  }

  func isKey(_ table: FactID) -> Bool { isIdentity(table) || !keys(of: table).isEmpty }

  private func isIdentity(_ table: FactID) -> Bool {
    [context.source, context.target].allSatisfy { $0[id(table)]?.optionalText(.identity) != nil }
  }

  /// Primary keys over the column, and indexes that identify rows to replication, that are there before and after.
  private func keys(of table: FactID) -> [FactID] {
    ([id(table)] + context.source.inheritedColumns(column, of: table)).flatMap { column in
      (context.sourceDependents[column] ?? []).filter {
        guard let fact = context.source[$0], fact.parent == table, context.target.contains($0) else { return false }
        return $0.kind == .constraint && fact.text(.type) == "p" || fact.attributes[.replicaIdentity] != nil
      }
    }
  }

  /// NOT NULL cannot go for as long as a primary key needs it.
  mutating func remakeKeys(of table: FactID) throws(Refusal) {
    guard !isIdentity(table) else {
      throw Refusal(
        reason:
          "the NOT NULL constraint of \(id(table).path) has to be made anew, and an identity needs it. Drop that first")
    }
    remade.formUnion(([table] + heirs(table)).flatMap(keys))
  }

  // MARK: What PostgreSQL does

  /// The children's part of a constraint that is there now.
  mutating func give(_ table: FactID) {
    guard let state = now[table], !state.isAlone else { return }
    for child in children[table] ?? [] {
      if now[child] != nil {
        now[child]?.parents += 1
      } else {
        now[child] = Constraint(name: state.name, isOwn: false, isValid: state.isValid, parents: 1)
        give(child)
      }
    }
  }

  private mutating func take(_ table: FactID) {
    for child in children[table] ?? [] where now[child] != nil {
      now[child]?.parents -= 1
      guard now[child]?.parents == 0, now[child]?.isOwn == false else { continue }
      let isAlone = now[child]?.isAlone == true
      now[child] = nil
      if !isAlone { take(child) }
    }
  }

  /// Those below that have a part of it.
  func heirs(_ table: FactID) -> [FactID] {
    (children[table] ?? []).filter { now[$0]?.parents ?? 0 > 0 }.flatMap {
      [$0] + (now[$0]?.isAlone == true ? [] : heirs($0))
    }
  }

  // MARK: Words

  var quoted: String { Quote.identifier(column) }
  func id(_ table: FactID) -> FactID {
    FactID(.column, schema: table.schema, name: table.name, member: column)
  }
  mutating func alter(_ table: FactID, _ action: String, late: Bool = false) {
    let statement = "ALTER TABLE \(table.sqlName) \(action)"
    if late { cleanup.append(statement) } else { statements.append(statement) }
  }
}
