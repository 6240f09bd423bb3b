package import Catalog
internal import Postgres

/// Rewrites a plan so that clients do not wait for it: what builds, checks or fills runs beside them, and what locks a
/// table is short.
///
/// Each step becomes what comes in its place and what comes later, after the transactions that the rest of the plan needs.
/// (PostgreSQL: CREATE INDEX "Building Indexes Concurrently"; ALTER TABLE, NOT VALID and VALIDATE CONSTRAINT.)
package struct OnlineStrategy {
  /// Which objects are changed online.
  package enum Scope: Sendable {
    case everything
    /// All but these, named as `schema.table` or `schema.index`.
    case except(Set<String>)
    case nothing

    /// The objects that are changed directly; nil when all are.
    var excepted: Set<String>? {
      switch self {
      case .everything: []
      case .except(let names): names
      case .nothing: nil
      }
    }
  }

  let source: Catalog
  let target: Catalog
  /// New columns whose values PostgreSQL was seen to write into every row.
  let filled: Set<FactID>
  let steps: [PlanStep]
  private let renames: Int
  private let excluded: Set<String>
  let names: FreeNames
  /// What relations are called afterwards, with indexes and the sequences of identity columns.
  private let relationNames: Set<RelationPlace>
  /// Facts that the plan makes or makes anew.
  let made: Set<FactID>
  /// What changes or goes in the plan, and where.
  let touched: [FactID: [Int]]

  /// What takes a step's place.
  struct Expansion {
    /// Before the rest of the plan.
    var first: [PlanStep] = []
    /// In its place.
    var now: [PlanStep] = []
    /// After the rest of the plan.
    var later: [PlanStep] = []
    /// Whether other steps wait for it, so that it cannot come later as a whole.
    var isAwaited = false
  }

  /// - Parameters:
  ///   - source: where the plan starts, after its renames.
  ///   - filled: new columns that rewrote their table when the plan was proved.
  package static func rewrite(
    _ plan: Plan, from source: Catalog, to target: Catalog, scope: Scope, filled: Set<FactID> = []
  ) -> Plan {
    guard let excluded = scope.excepted, !plan.isRigid else { return plan }
    let strategy = OnlineStrategy(plan, plan.renamed?.source ?? source, target, filled, excluded)
    var result = Plan(steps: strategy.expanded())
    result.renamed = plan.renamed
    return result
  }

  private init(_ plan: Plan, _ source: Catalog, _ target: Catalog, _ filled: Set<FactID>, _ excluded: Set<String>) {
    self.source = source
    self.target = target
    self.filled = filled
    self.excluded = excluded
    steps = plan.steps
    renames = plan.renamed?.count ?? 0
    made = Set(plan.steps.filter { $0.action == .create }.flatMap { [$0.subject] + $0.includes })
    var touched: [FactID: [Int]] = [:]
    for (index, step) in plan.steps.enumerated() {
      for fact in [step.subject] + step.includes { touched[fact, default: []].append(index) }
    }
    self.touched = touched
    names = FreeNames(source, target)
    relationNames = Set(target.facts.values.flatMap(StepGraph.relationNames)).union(target.indexParts.keys)
  }

  private func expanded() -> [PlanStep] {
    var expansions: [Int: Expansion] = [:]
    var removed: Set<Int> = []
    for (index, step) in steps.enumerated() where index >= renames {
      guard let expansion = expand(step, at: index, &removed) else { continue }
      expansions[index] = expansion
    }
    var now = Array(steps.prefix(renames))
    for index in expansions.keys.sorted() { now += expansions[index]?.first ?? [] }
    var later: [PlanStep] = []
    var deferred: Set<Int> = []
    for (index, step) in steps.enumerated() where index >= renames && !removed.contains(index) {
      let expansion = expansions[index] ?? Expansion(now: [step])
      if deferred.contains(index) {
        later += expansion.now + expansion.later
        continue
      }
      let isLong = expansion.now.contains { !$0.mode.isTransactional }
      if !expansion.isAwaited, isLong || !expansion.later.isEmpty, let followers = followers(of: index, isWhole: isLong)
      {
        deferred.formUnion(followers)
        if isLong { later += expansion.now } else { now += expansion.now }
        later += expansion.later
      } else {
        now += expansion.now + expansion.later
      }
    }
    return now + later
  }

  /// The steps that rely on what a step makes, if all of them can wait as well.
  ///
  /// - Parameter isWhole: whether the step waits with all that it does; otherwise only its last part does, on which
  ///   nothing but keys rely.
  private func followers(of index: Int, isWhole: Bool) -> Set<Int>? {
    let own = Set([steps[index].subject] + steps[index].includes)
    var known = own
    // What waits as a whole lets nothing that relies on it come before.
    var whole = isWhole ? own : []
    var result: Set<Int> = []
    for next in steps.indices where next > index && steps[next].action != .drop {
      let facts = [steps[next].subject] + steps[next].includes
      func rely(on others: Set<FactID>) -> Bool {
        facts.contains { id in
          guard let fact = target[id] else { return false }
          return fact.needs.contains(where: others.contains) || fact.parent.map(others.contains) ?? false
        }
      }
      guard rely(on: known) else { continue }
      if !rely(on: whole), !facts.contains(where: isKey) { continue }
      let kinds: [FactKind] = [.comment, .securityLabel, .constraint, .index, .partitionIndex]
      guard kinds.contains(steps[next].subject.kind), steps[next].action == .create else { return nil }
      result.insert(next)
      known.formUnion(facts)
      whole.formUnion(facts)
    }
    return result
  }

  /// What needs its columns to have no NULL before it can be made.
  private func isKey(_ id: FactID) -> Bool {
    guard let fact = target[id] else { return false }
    return id.kind == .constraint && fact.text(.type) == "p" || fact.attributes[.replicaIdentity] != nil
  }

  private func expand(_ step: PlanStep, at index: Int, _ removed: inout Set<Int>) -> Expansion? {
    guard !excluded.contains(step.subject.path), !excluded.contains(tableName(step.subject)) else { return nil }
    switch (step.action, step.subject.kind) {
    case (.create, .index): return createIndex(step, at: index, &removed)
    case (.drop, .index): return dropIndex(step, at: index)
    case (.create, .materializedView): return createMaterializedView(step, at: index, &removed)
    case (.drop, .table): return dropPartition(step)
    case (.create, .constraint): return createConstraint(step, at: index, &removed)
    case (.create, .column): return createColumn(step)
    case (.alter, .column): return alterColumn(step)
    default: return nil
    }
  }

  private func tableName(_ id: FactID) -> String {
    let parent = (target[id] ?? source[id])?.parent ?? id
    return parent.path
  }

  // MARK: What the strategies ask

  /// Whether a table was there before the plan and stays, so that it can have rows and clients.
  func isLive(_ table: FactID) -> Bool {
    source.contains(table) && target.contains(table) && !made.contains(table)
      && (table.kind == .table || table.kind == .materializedView)
  }

  func isPartitioned(_ table: FactID) -> Bool { target[table]?.attributes[.partitionKey] != nil }

  /// Where the plan drops the object that a step makes anew.
  func drop(of id: FactID, before index: Int) -> Int? {
    touched[id]?.first { $0 < index && steps[$0].action == .drop && steps[$0].subject == id }
  }

  /// Whether the old object can stay for the whole plan: nothing that it is made of, and nothing that is made of it,
  /// changes.
  func canStay(_ id: FactID) -> Bool {
    guard let fact = source[id] else { return false }
    let parts = fact.needs + (fact.parent.map { [$0] } ?? [])
    if parts.contains(where: { part in part != fact.parent && (touched[part] != nil || followsType(part)) }) {
      return false
    }
    return !source.facts.values.contains { $0.needs.contains(id) && touched[$0.id] != nil }
  }

  /// Whether a column changes, or goes, with the type that its table is of: no step names it.
  private func followsType(_ part: FactID) -> Bool {
    guard part.kind == .column, let column = source[part], let table = column.parent.flatMap({ source[$0] }),
      table.optionalText(.ofType) != nil
    else { return false }
    return column.attributes[.type] != target[part]?.attributes[.type]
  }

  /// Whether something else has a relation's name afterwards.
  func isNameTaken(_ id: FactID) -> Bool { relationNames.contains(RelationPlace(id.schema, id.name)) }
}
