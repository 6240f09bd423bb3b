internal import Catalog

extension StepGraph {
  /// Functions are called by the plan's own statements: an event trigger fires on each, and whoever gives a column another type, or a
  /// table a new form, has the expressions of its indexes, checks and generated columns computed. At each of them a body finds what it
  /// names: a new one comes after what only it names, and before what only the old one named goes, as far as nothing else says
  /// otherwise.
  mutating func connectBodies() {
    let triggers = Set([delta.source, delta.target].flatMap(\.facts.keys).filter { $0.kind == .eventTrigger }).sorted()
    let changed = alterers.keys.filter { $0.kind == .function }.sorted()
    guard !triggers.isEmpty || !changed.isEmpty else { return }
    var before = FunctionBodies(delta.source, delta.sourceChildren)
    var after = FunctionBodies(delta.target, delta.targetChildren)
    for trigger in triggers {
      connect(trigger, creators[trigger], after: named(by: trigger, in: delta.target, &after))
      connect(trigger, droppers[trigger], before: named(by: trigger, in: delta.source, &before))
    }
    guard !changed.isEmpty else { return }
    let called = before.reach(of: Self.callers(delta.source)).union(after.reach(of: Self.callers(delta.target)))
    for function in changed where called.contains(function) {
      guard let step = alterers[function] else { continue }
      connect(function, step, after: named(by: function, in: delta.target, &after))
      connect(function, step, before: named(by: function, in: delta.source, &before))
    }
  }

  /// What PostgreSQL may call while a plan runs.
  private static func callers(_ catalog: Catalog) -> [FactID] {
    catalog.facts.values.flatMap { fact -> [FactID] in
      let isCaller =
        switch fact.id.kind {
        case .eventTrigger, .index: true
        case .constraint: ["c", "x"].contains(fact.text(.type))
        case .column: fact.optionalText(.generated) != nil
        default: false
        }
      return isCaller ? fact.needs.filter { $0.kind == .function } : []
    }
  }

  /// What facts reach; of tables the columns alone that a body names.
  private func named(by fact: FactID, in catalog: Catalog, _ bodies: inout FunctionBodies) -> [FactID] {
    let found = bodies.reach(of: [fact] + (catalog[fact]?.needs ?? []))
    var words: Set<String> = []
    for id in found where id.kind == .function { words.formUnion(bodies.words(of: id)) }
    return found.filter { $0.kind != .column || words.contains($0.member) }.sorted()
  }

  private mutating func connect(_ fact: FactID, _ step: Int?, after needed: [FactID]) {
    guard let step else { return }
    let later = successors(of: step)
    for id in needed where id != fact {
      guard let other = creators[id] ?? finisher(id), other != step, !later.contains(other) else { continue }
      order(other, before: step)
    }
  }

  private mutating func connect(_ fact: FactID, _ step: Int?, before gone: [FactID]) {
    guard let step else { return }
    for id in gone where id != fact {
      guard let other = droppers[id], other != step, !successors(of: other).contains(step) else { continue }
      order(step, before: other)
    }
  }
}
