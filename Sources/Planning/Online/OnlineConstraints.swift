internal import Catalog
internal import Postgres

extension OnlineStrategy {
  /// A foreign key or check holds for new rows at once, and is checked for old ones while clients go on.
  func createConstraint(_ step: PlanStep, at index: Int, _ removed: inout Set<Int>) -> Expansion? {
    guard let fact = target[step.subject], let table = fact.parent, table.kind == .table, isLive(table),
      let add = step.statements.first
    else { return nil }
    switch fact.text(.type) {
    case "p", "u": return createKey(step, fact, at: index, &removed)
    case "f" where isPartitioned(table):
      guard fact.attributes[.validated] == nil, target.serverVersion.major < 18 else { break }
      var perPartition = step
      perPartition.mode = .perPartition
      perPartition.remark = .partitionwise
      return Expansion(now: [perPartition])
    case "f", "c":
      // A constraint that is not enforced checks no rows.
      guard fact.attributes[.validated] == nil, !fact.text(.definition).hasSuffix(" NOT ENFORCED") else { return nil }
      var unchecked = step
      unchecked.statements[0] = "\(add) NOT VALID"
      return Expansion(now: [unchecked], later: [Self.validate(step, fact.id.memberSQL)])
    default: break
    }
    return nil
  }

  private static func validate(_ step: PlanStep, _ constraint: String) -> PlanStep {
    PlanStep(
      continuing: step, ["ALTER TABLE \(step.subject.sqlName) VALIDATE CONSTRAINT \(constraint)"], .ownTransaction)
  }

  /// A column that may no longer be NULL: old rows are checked while clients go on.
  func alterColumn(_ step: PlanStep) -> Expansion? {
    guard let column = target[step.subject], let whole = column.parent, whole.kind == .table, isLive(whole),
      // An identity is given only to what can have no NULL.
      column.attributes[.identity] == source[step.subject]?.attributes[.identity]
    else { return nil }
    let table = "ALTER TABLE \(step.subject.sqlName)"
    let name = Quote.identifier(column.optionalText(.notNullName) ?? NotNull.usual(step.subject))
    let named = "\(table) ADD CONSTRAINT \(name) NOT NULL \(step.subject.memberSQL)"
    let usual = "\(table) ALTER COLUMN \(step.subject.memberSQL) SET NOT NULL"
    guard let place = step.statements.firstIndex(where: { $0 == usual || $0 == named }),
      // What children's constraints become may rely on it.
      step.statements[(place + 1)...].allSatisfy({ $0.hasPrefix("\(table) ALTER COLUMN ") })
    else { return nil }
    var rest = step
    let isNamed = rest.statements.remove(at: place) == named
    var parts =
      isNamed
      ? [PlanStep(continuing: step, ["\(named) NOT VALID"]), Self.validate(step, name)]
      : Self.notNull(step, target.serverVersion, names)
    // New rows have to keep to it from now on.
    rest.statements += parts.removeFirst().statements
    return Expansion(now: [rest], later: parts)
  }

  /// The steps from a column without NULLs to one that can have none.
  ///
  /// - Returns: what holds for new rows, then what checks the old ones.
  static func notNull(_ step: PlanStep, _ version: ServerVersion, _ names: FreeNames) -> [PlanStep] {
    let table = "ALTER TABLE \(step.subject.sqlName)"
    let column = step.subject.memberSQL
    if version.major >= 18 {
      let columns = [step.subject.member]
      // What it is called in the end is PostgreSQL's choice; the target has a name where it is another.
      let name = Quote.identifier(ChosenName(table: step.subject.name, columns: columns, label: "not_null").text)
      return [
        PlanStep(continuing: step, ["\(table) ADD CONSTRAINT \(name) NOT NULL \(column) NOT VALID"]),
        validate(step, name),
      ]
    }
    let name = Quote.identifier(names.constraint(step.subject, "not_null_check"))
    return [
      PlanStep(continuing: step, ["\(table) ADD CONSTRAINT \(name) CHECK (\(column) IS NOT NULL) NOT VALID"]),
      validate(step, name),
      PlanStep(
        continuing: step, ["\(table) ALTER COLUMN \(column) SET NOT NULL", "\(table) DROP CONSTRAINT \(name)"],
        .ownTransaction, .checked),
    ]
  }

  /// Whether rows can be changed in batches: by a primary key, which logical replication wants as well, and without a
  /// publication that chooses among them.
  static func canBeUpdated(_ table: FactID, _ source: Catalog, _ target: Catalog) -> Bool {
    let parts = [source, target].map { catalog in catalog.facts.values.filter { $0.parent == table } }
    return [source, target].allSatisfy { $0[table]?.attributes[.replicaIdentity] == nil }
      && parts.allSatisfy { $0.contains { $0.id.kind == .constraint && $0.text(.type) == "p" } }
      && !parts.joined().contains {
        $0.id.kind == .publicationTable && ($0.attributes[.columns] != nil || $0.attributes[.expression] != nil)
      }
  }

  private func hasSteadyKey(_ table: FactID) -> Bool {
    target.facts.values.contains {
      $0.parent == table && $0.id.kind == .constraint && $0.text(.type) == "p" && touched[$0.id] == nil
    }
  }

  /// The triggers that a batch of a table's rows fires.
  static func firing(_ table: FactID, _ catalog: Catalog) -> [Hazard] {
    let triggers = catalog.facts.values.filter { $0.id.kind == .trigger && $0.parent == table }.map(\.id.member)
      .sorted()
    if triggers.isEmpty { return [] }
    return [
      Hazard(
        .firesTriggers,
        "fires the triggers of \(table.sqlName) for its rows, as any UPDATE: \(triggers.joined(separator: ", "))",
        table: table.sqlName, takesTime: true)
    ]
  }

  /// A column whose values PostgreSQL would write into every row at once: made empty, and filled in batches.
  func createColumn(_ step: PlanStep) -> Expansion? {
    guard filled.contains(step.subject), let fact = target[step.subject], let table = fact.parent,
      table.kind == .table, isLive(table), fact.attributes[.generated] == nil, fact.attributes[.identity] == nil,
      let value = target[FactID(.columnDefault, schema: fact.id.schema, name: fact.id.name, member: fact.id.member)],
      fact.attributes[.notNullName] == nil, fact.attributes[.notNullOptions] == nil,
      Self.canBeUpdated(table, source, target), hasSteadyKey(table)
    else { return nil }
    var empty = fact
    empty.attributes[.notNull] = nil
    var add = step
    let full = ColumnRule.add(fact, defaultValue: value)
    guard Array(step.statements.prefix(full.count)) == full else { return nil }
    // What tables that inherit it do about NOT NULL relies on its being there.
    if fact.flag(.notNull), target.serverVersion.major >= 18, step.statements.count > full.count { return nil }
    add.statements =
      ColumnRule.add(empty, defaultValue: nil)
      + ["ALTER TABLE \(fact.id.sqlName) ALTER COLUMN \(fact.id.memberSQL) SET DEFAULT \(value.text(.expression))"]
      + step.statements.dropFirst(full.count)
    var fill = PlanStep(
      continuing: step,
      ["UPDATE \(fact.id.sqlName) SET \(fact.id.memberSQL) = DEFAULT WHERE \(fact.id.memberSQL) IS NULL"], .backfill)
    fill.hazards += Self.firing(table, target)
    return Expansion(
      now: [add], later: [fill] + (fact.flag(.notNull) ? Self.notNull(step, target.serverVersion, names) : []))
  }
}
