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
    /// How many parents it is inherited from.
    var parents = 0
  }

  let column: String
  /// Parents before their children.
  let tables: [FactID]
  let parents: [FactID: [FactID]]
  let children: [FactID: [FactID]]
  let partitions: Set<FactID>
  private(set) var now: [FactID: Constraint]
  private let before: [FactID: Constraint]
  let goal: [FactID: Constraint]
  private(set) var statements: [String] = []
  /// What comes before the column gets another type.
  private(set) var preparation: [String] = []
  /// What waits until other constraints have let go of their names.
  private(set) var cleanup: [String] = []
  /// What tables' constraints are called until then.
  private var asides: [FactID: String] = [:]
  /// Names that partitions get while they are away from their parents.
  private(set) var renamesWhileAway: [FactID: [(from: String, to: String)]] = [:]
  private let context: RuleContext

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
    before = made == nil ? Self.states(of: column, tables, parents, context.source) : [:]
    now = before
    goal = Self.states(of: column, tables, parents, context.target)
    if let made {
      now[made] = goal[made]
      give(made)
    }
  }

  private static func states(
    of column: String, _ tables: [FactID], _ parents: [FactID: [FactID]], _ catalog: Catalog
  ) -> [FactID: Constraint] {
    var states: [FactID: Constraint] = [:]
    for table in tables {
      let given = (parents[table] ?? []).compactMap { states[$0] }.filter { !$0.isAlone }
      let own = FactID(.column, schema: table.schema, name: table.name, member: column)
      let said = FactID(.inheritedColumn, schema: table.schema, name: table.name, member: column)
      let fact: Fact?
      var isOwn = false
      if let column = catalog[own] {
        fact = column
        guard column.flag(.notNull) else { continue }
        isOwn = !NotNull.isInherited(column)
      } else {
        fact = catalog[said]
        isOwn = fact?.list(.columnSettings).contains("SET NOT NULL") == true
      }
      guard isOwn || !given.isEmpty else { continue }
      var state = Constraint(isOwn: isOwn, parents: given.count)
      if isOwn {
        state.name =
          fact?.optionalText(.notNullName) ?? catalog.notNullNames[catalog.contains(own) ? own : said]
          ?? NotNull.usual(own)
        state.isAlone = fact.map(NotNull.isAlone) ?? false
      } else {
        let listed = catalog[table].flatMap { NotNull.pairs($0).first { $0.0 == column }?.1 }
        state.name = listed ?? catalog.notNullNames[catalog.contains(own) ? own : said] ?? given.first?.name
        state.isOwn = catalog.ownNotNulls.contains(said)
      }
      states[table] = state
    }
    return states
  }

  /// Whether both are the same but for what nobody asks for.
  private func differs(_ table: FactID) -> Bool {
    guard let a = now[table], let b = goal[table] else { return now[table] != goal[table] }
    if a.isAlone != b.isAlone || wantsName(table) && a.name != b.name { return true }
    return !partitions.contains(table) && a.isOwn != b.isOwn
  }

  /// Whether it matters what it is called: `pg_dump` writes the names of partitions', and those that are a table's own.
  private func wantsName(_ table: FactID) -> Bool {
    partitions.contains(table) || goal[table]?.isOwn == true
  }

  // MARK: The way

  /// - Parameters:
  ///   - isRetyped: whether the column gets another type.
  ///   - isParked: whether it is of another type for a while.
  /// - Throws: the reason, where PostgreSQL has no way.
  mutating func solve(isRetyped: Bool, isParked: Bool) throws(Refusal) {
    if !isRetyped { renamePartitionsAway() }
    if isRetyped || isParked { try retype() }
    guard tables.contains(where: differs) else { return }
    for table in tables.reversed() { prepare(table) }
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

  private func wantsOtherName(_ table: FactID) -> Bool {
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
  private mutating func prepare(_ table: FactID) {
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
        if !partitions.contains(table) { drop(table) }
      }
      return
    }
    // What partitions have from their parents under other names, they have first.
    let isNamed = partitions.contains(table) && parents[table]?.contains { self.goal[$0]?.name != goal.name } == true
    guard goal.isOwn || isNamed, let name = goal.name else { return }
    // PostgreSQL chooses it only while no other table has it.
    let isUsual = name == NotNull.usual(id(table)) && !goal.isAlone && !now.values.contains { $0.name == name }
    if isInheritedUnvalidated(table) {
      alter(table, "ALTER COLUMN \(quoted) SET NOT NULL")
      if let name = unvalidatedName(table) { alter(table, "VALIDATE CONSTRAINT \(Quote.identifier(name))") }
    } else if let own = NotNull.unvalidated(id(table), context), !context.target.contains(own.id) {
      alter(table, "VALIDATE CONSTRAINT \(own.id.memberSQL)")
      now[table] = Constraint(name: own.id.member, isOwn: true, isAlone: own.text(.definition).hasSuffix(" NO INHERIT"))
      give(table)
      return
    } else if isUsual {
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

  private mutating func setAlone(_ table: FactID, _ isAlone: Bool) {
    guard let name = asides[table] ?? now[table]?.name else { return }
    alter(table, "ALTER CONSTRAINT \(Quote.identifier(name)) \(isAlone ? "NO INHERIT" : "INHERIT")")
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

  private mutating func drop(_ table: FactID) {
    alter(table, "ALTER COLUMN \(quoted) DROP NOT NULL")
    let isAlone = now[table]?.isAlone == true
    now[table] = nil
    if !isAlone { take(table) }
  }

  /// RENAME CONSTRAINT goes down to the children, which must have it under the same name.
  private func canRename(_ table: FactID) -> Bool {
    guard let state = now[table], state.parents == 0 else { return false }
    return state.isAlone || heirs(table).allSatisfy { now[$0]?.name == state.name && now[$0]?.parents == 1 }
  }

  private mutating func rename(_ table: FactID) {
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
    for table in tables.reversed() where now[table]?.isAlone == true && goal[table]?.isAlone == false {
      setAlone(table, false)
    }
  }

  /// A partitioned table's cannot be NO INHERIT: what its partitions have becomes their own, and it gets a new one, which they
  /// need not be searched for.
  private mutating func renameAnew() throws(Refusal) {
    let wholes = tables.filter { now[$0] != nil && children[$0]?.contains { now[$0] != nil } == true }
    try refuseKeys()
    separate(wholes)
    for table in tables where wantsOtherName(table) && canRename(table) { rename(table) }
    for table in wholes.reversed() {
      guard let name = goal[table]?.name else { continue }
      alter(table, "ADD CONSTRAINT \(Quote.identifier(name)) NOT NULL \(quoted)")
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

  private func isKey(_ table: FactID) -> Bool {
    let own = id(table)
    if context.target[own]?.optionalText(.identity) != nil, context.source[own]?.optionalText(.identity) != nil {
      return true
    }
    let columns = [own] + context.source.inheritedColumns(column, of: table)
    return columns.contains { column in
      (context.sourceDependents[column] ?? []).contains {
        $0.kind == .constraint && context.source[$0]?.text(.type) == "p" && context.target.contains($0)
      }
    }
  }

  // MARK: What PostgreSQL does

  /// The children's part of a constraint that is there now.
  private mutating func give(_ table: FactID) {
    guard let state = now[table], !state.isAlone else { return }
    for child in children[table] ?? [] {
      if now[child] != nil {
        now[child]?.parents += 1
      } else {
        now[child] = Constraint(name: state.name, isOwn: false, parents: 1)
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
  private func heirs(_ table: FactID) -> [FactID] {
    (children[table] ?? []).filter { now[$0]?.parents ?? 0 > 0 }.flatMap {
      [$0] + (now[$0]?.isAlone == true ? [] : heirs($0))
    }
  }

  // MARK: Words

  private var quoted: String { Quote.identifier(column) }
  private func id(_ table: FactID) -> FactID {
    FactID(.column, schema: table.schema, name: table.name, member: column)
  }
  private mutating func alter(_ table: FactID, _ action: String) {
    statements.append("ALTER TABLE \(table.sqlName) \(action)")
  }

  private func unvalidatedName(_ table: FactID) -> String? {
    var queue = parents[table] ?? []
    while let parent = queue.popLast() {
      if let fact = NotNull.unvalidated(id(parent), context) { return fact.id.member }
      queue += parents[parent] ?? []
    }
    return nil
  }

  /// Whether a parent has one that holds for new rows only, before and after.
  private func isInheritedUnvalidated(_ table: FactID) -> Bool {
    remade.isEmpty && unvalidated(above: table).contains { context.target.contains($0) }
  }

  private func unvalidated(above table: FactID) -> [FactID] {
    (parents[table] ?? []).flatMap { parent in
      (NotNull.unvalidated(id(parent), context).map { [$0.id] } ?? []) + unvalidated(above: parent)
    }
  }

  /// Those that hold for new rows only, and that a child cannot have from its parent alone but by their being made anew.
  var remade: [FactID] {
    tables.filter { before[$0]?.isOwn == true && goal[$0] == nil }.flatMap { unvalidated(above: $0) }
      .filter { context.target.contains($0) }
  }
}
