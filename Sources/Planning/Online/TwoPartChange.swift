package import Catalog
internal import Postgres

/// A change in two migrations: the first prepares everything beside the clients and changes nothing for them; the second,
/// once they are ready for it, puts what was prepared in its place in a short transaction.
package protocol TwoPartChange: Sendable {
  /// What the first migration leads to, but for what it prepares: the target, with what waits as it was.
  var held: Catalog { get }
  /// Columns among it that tables in use get, and that are filled in batches.
  var filled: Set<FactID> { get }
  /// Steps that turn the target into what is prepared, under the names that it has meanwhile: what PostgreSQL then says of
  /// indexes and defaults is what is made.
  var standIns: [PlanStep] { get }
  /// What else the first migration does.
  ///
  /// - Parameter words: the target after `standIns`.
  func expand(_ words: Catalog) throws -> [PlanStep]
  /// What has to hold before the change: found out beside the clients.
  var checks: [PlanStep] { get }
  /// Puts what was prepared in its place. What else the target says of it is a plan from what this leads to.
  func swap(_ words: Catalog) -> [PlanStep]
  /// Facts that cannot be changed in place after it.
  ///
  /// - Parameter swapped: what `swap` leads to.
  func replacing(_ swapped: Catalog) -> Set<FactID>
  /// The second migration.
  ///
  /// - Parameters:
  ///   - swapped: what `swap` leads to.
  ///   - rest: the way from there to the target.
  func contract(_ words: Catalog, from swapped: Catalog, rest: Plan) throws -> [PlanStep]
}

extension TwoPartChange {
  package var filled: Set<FactID> { [] }
}

/// Why something is not changed in two migrations.
package struct Refusal: Error, CustomStringConvertible {
  /// A column, an enum with all of its columns, or a table.
  package var subject: FactID
  package var reason: String
  /// Whether it is the plan that allows of no such change.
  package var concernsAll = false
  package var description: String {
    "\(subject) is \(subject.kind == .table ? "made anew" : "converted") directly, while nobody can use its table: \(reason)"
  }
}

/// What holds for any change in two parts.
enum Waiting {
  /// Facts and what they lead to, however far off.
  static func closure(of facts: Set<FactID>, _ edges: [[FactID: [FactID]]]) -> Set<FactID> {
    var closure = facts
    var queue = Array(facts)
    while let id = queue.popLast() {
      for next in edges.flatMap({ $0[id] ?? [] }) where closure.insert(next).inserted { queue.append(next) }
    }
    return closure
  }

  /// What goes on in the transaction of a change, so that clients find after it all that they found before, and what comes
  /// after it: what stands outside of transactions, and what relies on that.
  static func parted(
    _ steps: [PlanStep], from source: Catalog, to target: Catalog
  ) -> (inTransaction: [PlanStep], later: [PlanStep]) {
    var inTransaction: [PlanStep] = []
    var later: [PlanStep] = []
    var postponed: Set<FactID> = []
    // What something that goes later needs does not go before it: the one would take the other along.
    var needed: Set<FactID> = []
    // And has its name until then.
    var taken: Set<ExactText> = []
    let (before, after) = (source.tablesByParent(), target.tablesByParent())
    for step in steps {
      let facts = [step.subject] + step.includes
      let relied = facts + facts.flatMap { id in (target[id]?.needs ?? []) + [target[id]?.parent].compactMap { $0 } }
      let isNeeded = step.action == .drop && facts.contains(where: needed.contains)
      let takes =
        !taken.isEmpty && step.action != .drop
        && facts.contains { id in
          target[id].map { StepGraph.places($0, target, after).contains(where: taken.contains) } ?? false
        }
      if step.mode == .transaction, !step.mustCommit, !isNeeded, !takes, !relied.contains(where: postponed.contains) {
        inTransaction.append(step)
      } else {
        later.append(step)
        postponed.formUnion(facts)
        if step.action == .drop {
          for fact in facts.compactMap({ source[$0] }) {
            needed.formUnion(fact.needs + [fact.parent].compactMap { $0 })
            taken.formUnion(StepGraph.places(fact, source, before))
          }
        }
      }
    }
    return (inTransaction, later)
  }

  /// Views that go before anything else does: a client's query locks a view before its tables, and a change that has the tables
  /// and waits for the view would be in its way as it is in the change's.
  static func viewsToDrop(_ steps: [PlanStep], in source: Catalog) -> [PlanStep] {
    let dependents = source.dependentsByFact()
    var kept: Set<FactID> = []
    return steps.filter { step in
      guard step.action == .drop else { return false }
      // What needs a view goes before it, and stays where it is.
      let isFree = closure(of: [step.subject], [dependents]).isDisjoint(with: kept)
      if step.subject.kind == .view, isFree { return true }
      kept.formUnion([step.subject] + step.includes)
      return false
    }
  }

  /// The target, with what waits as it was in the source.
  static func held(_ waiting: Set<FactID>, from source: Catalog, to target: Catalog) -> Catalog {
    var result = target.removing { waiting.contains($0.id) }
    let children = source.childrenByParent()
    var queue = waiting.sorted()
    while let id = queue.popLast() {
      guard let fact = source[id], !result.contains(id) else { continue }
      result.insert(fact)
      queue += children[id] ?? []
      queue += fact.needs + (fact.parent.map { [$0] } ?? [])
    }
    keepPersistence(of: &result, as: source, children)
    return result
  }

  /// A table that survives crashes refers only to tables that do. Where a foreign key that waits would not hold, both of its tables
  /// are as they were.
  private static func keepPersistence(of held: inout Catalog, as source: Catalog, _ children: [FactID: [FactID]]) {
    let keys = source.facts.values.compactMap { key -> (FactID, FactID)? in
      let parts = key.list(.foreign)
      guard key.isForeignKey, held.contains(key.id), parts.count == 2, let table = key.parent else { return nil }
      return (table, FactID(.table, schema: parts[0], name: parts[1]))
    }
    var isChanged = true
    while isChanged {
      isChanged = false
      for (table, other) in keys {
        guard held[table]?.attributes[.persistence] == nil, held[other]?.attributes[.persistence] != nil else {
          continue
        }
        for id in [table, other] {
          // Of the numbers of its columns is said where they differ from it.
          for part in [id] + (children[id] ?? []) {
            guard let old = source[part], var fact = held[part],
              fact.attributes[.persistence] != old.attributes[.persistence]
            else { continue }
            fact.attributes[.persistence] = old.attributes[.persistence]
            held.insert(fact)
            isChanged = true
          }
        }
      }
    }
  }
}
