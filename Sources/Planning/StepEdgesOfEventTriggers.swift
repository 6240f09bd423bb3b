internal import Catalog

extension StepGraph {
  /// An event trigger fires on the statements of the plan itself: at each of them its function finds what it names. A new body
  /// comes after what only it names, and before what only the old one named goes, as far as nothing else says otherwise.
  mutating func connectEventTriggers() {
    let triggers =
      delta.source.facts.keys.filter { $0.kind == .eventTrigger }
      + delta.target.facts.keys.filter { $0.kind == .eventTrigger && !delta.source.contains($0) }
    guard !triggers.isEmpty else { return }
    var before = FunctionBodies(delta.source, delta.sourceChildren)
    var after = FunctionBodies(delta.target, delta.targetChildren)
    for trigger in triggers.sorted() {
      connect(trigger, creators[trigger], after: named(by: [trigger], in: delta.target, &after))
      connect(trigger, droppers[trigger], before: named(by: [trigger], in: delta.source, &before))
      let old = before.reach(of: delta.source[trigger]?.needs ?? [])
      let new = after.reach(of: delta.target[trigger]?.needs ?? [])
      for function in old.union(new).sorted() where function.kind == .function {
        guard let step = alterers[function] else { continue }
        connect(function, step, after: named(by: [function], in: delta.target, &after))
        connect(function, step, before: named(by: [function], in: delta.source, &before))
      }
    }
  }

  /// What facts reach; of tables the columns alone that a body names.
  private func named(by facts: [FactID], in catalog: Catalog, _ bodies: inout FunctionBodies) -> [FactID] {
    let found = bodies.reach(of: facts + facts.flatMap { catalog[$0]?.needs ?? [] })
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
