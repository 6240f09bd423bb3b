internal import Catalog
internal import Postgres

/// Families in which a constraint holds for new rows only (NOT VALID): it may stand above valid ones, never below.
extension NotNullFamily {
  /// What can be validated is; what cannot become what it is to be goes, from the parents down, and is made anew, from the
  /// children up.
  mutating func solveUnvalidated() throws(Refusal) {
    for table in tables { validate(table) }
    let leaving = leavers()
    for table in tables where leaving.contains(table) && goal[table] != nil { try remakeKeys(of: table) }
    for table in tables where !leaving.contains(table) { keep(table, leaving) }
    for table in tables {
      guard let state = now[table], state.parents == 0 else { continue }
      if leaving.contains(table) {
        forget(table, state)
        drop(table)
      } else if goal[table]?.isAlone == true, !state.isAlone {
        setAlone(table, true)
      }
    }
    for table in tables where wantsOtherName(table) && canRename(table) { rename(table) }
    for table in tables.reversed() { build(table) }
    for table in tables { validate(table) }
    if let table = tables.first(where: differs) {
      throw Refusal(
        reason: "the NOT NULL constraint of \(id(table).path) cannot be changed in place. Drop it first")
    }
  }

  private mutating func validate(_ table: FactID) {
    guard let state = now[table], !state.isValid, let goal = goal[table], goal.isValid else { return }
    if goal.isAlone, !state.isAlone, state.parents == 0 { setAlone(table, true) }
    if state.isOwn, let name = state.name {
      alter(table, "VALIDATE CONSTRAINT \(Quote.identifier(name))")
    } else {
      // The first makes it the table's own; what it is called, nobody can tell.
      for _ in 0..<2 { alter(table, "ALTER COLUMN \(quoted) SET NOT NULL") }
      now[table]?.isOwn = true
    }
    now[table]?.isValid = true
    if now[table]?.isAlone == false { for heir in heirs(table) { now[heir]?.isValid = true } }
  }

  /// The tables whose constraint cannot stay: theirs, and those that they have it from.
  private func leavers() -> Set<FactID> {
    var leaving: Set<FactID> = []
    for table in tables.reversed() {
      guard let state = now[table] else { continue }
      if cannotStay(table, state) { leaving.insert(table) }
      let isChanged = goal[table]?.isAlone == true && !state.isAlone || wantsOtherName(table)
      guard leaving.contains(table) || isChanged else { continue }
      for parent in parents[table] ?? [] where now[parent]?.isAlone == false {
        // One that becomes the parent's alone lets go of it.
        if goal[parent]?.isAlone == true { continue }
        leaving.insert(parent)
      }
    }
    return leaving
  }

  private func cannotStay(_ table: FactID, _ state: Constraint) -> Bool {
    guard let goal = goal[table] else { return true }
    if state.isValid, !goal.isValid { return true }
    if state.isOwn, !goal.isOwn, wantsOwnership(table) { return true }
    // Handing it down would make valid ones.
    if state.isAlone, !goal.isAlone, !state.isValid { return true }
    guard wantsOtherName(table), !state.isAlone else { return false }
    // Its children's get the new name as well, where they have the old one: those that are to keep it must not.
    return !heirs(table).allSatisfy {
      now[$0]?.name == state.name && now[$0]?.parents == 1
        && (!wantsName($0) || self.goal[$0]?.name == goal.name)
    }
  }

  /// What is to be there whatever the parents do is the table's own before they let go of theirs.
  private mutating func keep(_ table: FactID, _ leaving: Set<FactID>) {
    guard let state = now[table], state.parents > 0, let goal = goal[table],
      goal.isOwn || partitions.contains(table) && goal.isValid
    else { return }
    let isLeft = parents[table]?.contains { leaving.contains($0) || self.goal[$0]?.isAlone == true } == true
    // Whose one is that holds for all rows, nobody sees where it is a partition's, or its parent's does not.
    let isCertain = state.isOwn && !state.isValid
    guard !isCertain, isLeft || wantsOwnership(table) && !state.isOwn else { return }
    alter(table, "ALTER COLUMN \(quoted) SET NOT NULL")
    now[table]?.isOwn = true
  }

  /// What is said of a constraint goes with it.
  private mutating func forget(_ table: FactID, _ state: Constraint) {
    guard state.isOwn, !state.isValid, let name = state.name else { return }
    let fact = FactID(.constraint, schema: table.schema, name: table.name, member: name)
    if context.source.contains(fact), context.target.contains(fact) { remade.insert(fact) }
  }

  private mutating func build(_ table: FactID) {
    guard let goal = goal[table] else { return }
    guard let state = now[table] else {
      // What partitions have from their parents under other names, they have first.
      let isNamed =
        partitions.contains(table) && goal.isValid
        && parents[table]?.contains { self.goal[$0]?.name != goal.name } == true
      guard goal.isOwn || isNamed, let name = goal.name else { return }
      let aside = NotNull.aside(id(table), in: table, to: name, context)
      alter(
        table,
        "ADD CONSTRAINT \(Quote.identifier(aside ?? name)) NOT NULL \(quoted)"
          + (goal.isAlone ? " NO INHERIT" : "") + (goal.isValid ? "" : " NOT VALID"))
      if let aside {
        cleanup.append(
          "ALTER TABLE \(table.sqlName) RENAME CONSTRAINT \(Quote.identifier(aside)) TO \(Quote.identifier(name))")
      }
      now[table] = Constraint(name: name, isOwn: true, isAlone: goal.isAlone, isValid: goal.isValid)
      return give(table)
    }
    if state.isAlone, !goal.isAlone { return setAlone(table, false) }
    guard goal.isOwn, !state.isOwn else { return }
    alter(table, "ALTER COLUMN \(quoted) SET NOT NULL")
    now[table]?.isOwn = true
  }
}
