package import Catalog

/// Why no plan could be made.
package enum PlanError: Error, CustomStringConvertible {
  /// Steps that wait for each other: a rule is wrong, and nothing is guessed.
  case cycle([String])
  /// Changes that PostgreSQL has no way to make, each with the reason and what to do instead.
  case refused([String])

  package var description: String {
    switch self {
    case .cycle(let steps):
      return "these steps wait for each other, which is an error in dbtool's rules:\n  "
        + steps.joined(separator: "\n  ")
        + "\nPlease report it with both schemas; apply the change in two smaller ones meanwhile."
    case .refused(let reasons):
      return "no plan was made, because PostgreSQL has no way to do this:\n  " + reasons.joined(separator: "\n  ")
    }
  }
}

/// From two catalogs to ordered steps: diff, propagate to dependents, order by one graph, fold.
package enum Planner {
  /// What can be dropped and created where altering it leaves no order, with nothing lost: columns of a composite type wait
  /// meanwhile.
  private static let replaceable: Set<FactKind> = [.view, .policy, .function, .columnDefault, .rule, .compositeType]

  /// - Parameters:
  ///   - replacing: facts that are dropped and created although they could be altered.
  ///   - conversions: what was found out of columns that get other types.
  /// - Throws: `PlanError`.
  package static func plan(
    from source: Catalog, to target: Catalog, replacing forced: Set<FactID> = [],
    conversions: TypeConversions = TypeConversions()
  ) throws -> Plan {
    // Roles belong to the server; one that is not declared is nobody's business here.
    var source = source.removing { $0.id.kind == .role && !target.contains($0.id) }
    var target = target
    RawOwnership.attribute(&source, &target)
    ContestedNames.tell(&source, &target)
    let broken = InvalidIndexes.leaveOut(of: &target, source)
    // Altering in place what lets go of something that has to go first and takes something that comes later leaves no
    // order; dropping it before and creating it after does.
    var replacing = forced
    var exchanging: Set<FactID> = []
    var waiting: Set<FactID> = []
    var placeholders = Placeholders()
    var left: [PlanStep] = []
    while true {
      var delta = Delta(
        source: source, target: target, replacing: replacing, exchanging: exchanging, waiting: waiting,
        placeholders: placeholders, conversions: conversions)
      delta.propagate()
      guard delta.refusals.isEmpty else { throw PlanError.refused(delta.refusals.sorted()) }
      let leaving = left.isEmpty ? TypedTables.thatCanLeave(in: delta) : []
      if !leaving.isEmpty {
        left = leaving.map { TypedTables.leave($0, &source) }
        continue
      }
      var graph = StepGraph(delta)
      graph.connect()
      do {
        var plan = Plan(steps: left + graph.fold(try graph.sorted()))
        PublishedTables.warn(&plan.steps, from: source, to: target)
        plan.notes = broken
        return plan
      } catch let cycle as StepGraph.Cycle {
        if let column = cycle.steps.first(where: { delta.renamesSequence($0.id) })?.id,
          exchanging.insert(column).inserted
        {
          continue
        }
        if let column = cycle.steps.first(where: { $0.action == .alter && $0.id.kind == .column })?.id,
          cycle.steps.contains(where: { $0.action == .drop && $0.id.kind.isType }), waiting.insert(column).inserted
        {
          continue
        }
        let inPlace = cycle.steps.filter { $0.action == .alter && Self.replaceable.contains($0.id.kind) }
        guard !inPlace.isEmpty, replacing.isDisjoint(with: inPlace.map(\.id)) else {
          if placeholders.open(cycle.steps) { continue }
          throw PlanError.cycle(cycle.steps.map { "\($0.action.rawValue) \($0.id)" })
        }
        replacing.formUnion(inPlace.map(\.id))
      }
    }
  }
}

/// Indexes that a CREATE INDEX CONCURRENTLY left behind, or a REINDEX: nobody can make such a one, and pg_dump leaves them
/// out as well. Those of a partitioned table that its partitions lack are another thing.
private enum InvalidIndexes {
  /// - Returns: what is to be said about them.
  static func leaveOut(of target: inout Catalog, _ source: Catalog) -> [String] {
    var left: Set<FactID> = []
    var notes: [String] = []
    for fact in target.facts.values where fact.id.kind == .index && fact.attributes[.valid] == .flag(false) {
      guard let table = fact.parent, target[table]?.attributes[.partitionKey] == nil else { continue }
      if let old = source[fact.id], old.parent == table, old.attributes[.definition] == fact.attributes[.definition] {
        // Whatever it is worth here, it stays.
        target[fact.id]?.attributes[.valid] = old.attributes[.valid]
      } else {
        left.insert(fact.id)
        notes.append("\(fact.id) is not valid in the state to arrive at, and is left out: REINDEX it there, or drop it")
      }
    }
    if !left.isEmpty { target.remove { left.contains($0.id) } }
    return notes.sorted()
  }
}

/// Facts that a raw SQL item makes are its own: they are neither created nor dropped beside it.
private enum RawOwnership {
  static func attribute(_ source: inout Catalog, _ target: inout Catalog) {
    source = attribute(source)
    target = attribute(target)
  }

  private static func attribute(_ catalog: Catalog) -> Catalog {
    var owners: [FactID: FactID] = [:]
    for raw in catalog.facts.values where raw.id.kind == .raw {
      let objects = raw.list(.objects).compactMap { try? LockFormat.decodeID($0) }
      for object in objects {
        // A routine may be named without its argument types, which the server writes its own way.
        for id in catalog.facts.keys
        where id == object
          || id.kind == .function && object.kind == .function && object.member.isEmpty && id.schema == object.schema
            && id.name == object.name
        {
          owners[id] = raw.id
        }
      }
    }
    guard !owners.isEmpty else { return catalog }
    let children = catalog.childrenByParent()
    var queue = Array(owners.keys)
    while let id = queue.popLast() {
      for child in children[id] ?? [] where owners[child] == nil {
        owners[child] = owners[id]
        queue.append(child)
      }
    }
    var result = catalog
    for fact in catalog.facts.values {
      if let raw = owners[fact.id] {
        let inherited = fact.needs.filter { owners[$0] == nil }
        result[raw]?.needs += inherited
        result[fact.id] = nil
      } else if fact.needs.contains(where: { owners[$0] != nil }) {
        result[fact.id]?.needs = fact.needs.map { owners[$0] ?? $0 }
      }
    }
    return result
  }
}
