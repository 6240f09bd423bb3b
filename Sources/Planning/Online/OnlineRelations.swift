internal import Catalog
internal import Postgres

extension OnlineStrategy {
  /// A materialized view with another query: filled and indexed beside the old one, which is read meanwhile, and then put
  /// in its place.
  func createMaterializedView(_ step: PlanStep, at index: Int, _ removed: inout Set<Int>) -> Expansion? {
    let id = step.subject
    guard let fact = target[id], source.contains(id), let drop = drop(of: id, before: index),
      fact.needs.allSatisfy({ touched[$0] == nil }),
      !source.facts.values.contains(where: { $0.needs.contains(id) && $0.parent != id }),
      !target.facts.values.contains(where: { $0.needs.contains(id) && $0.parent != id })
    else { return nil }
    let create = MaterializedViewRule.create(fact)
    guard Array(step.statements.prefix(create.count)) == create else { return nil }
    let new = names.relation(id.name, "new", in: id.schema)
    var beside = fact
    beside.id = FactID(.materializedView, schema: id.schema, name: new)
    var build = step
    build.statements = MaterializedViewRule.create(beside)
    build.mode = .ownTransaction
    var swap = [
      "DROP MATERIALIZED VIEW \(id.sqlName)",
      "ALTER MATERIALIZED VIEW \(beside.id.sqlName) RENAME TO \(Quote.identifier(id.name))",
    ]
    // Its indexes are built before anybody reads it.
    for (place, other) in steps.enumerated() where other.action == .create && other.subject.kind == .index {
      guard let part = target[other.subject], part.parent == id else { continue }
      // Marks name the view.
      guard other.statements.count == 1 else { return nil }
      removed.insert(place)
      let stand = names.relation(part.id.name, "new", in: id.schema)
      build.statements.append(
        "CREATE \(part.flag(.unique) ? "UNIQUE " : "")INDEX \(Quote.identifier(stand)) ON \(beside.id.sqlName) "
          + part.text(.definition))
      build.includes.append(part.id)
      swap.append(
        "ALTER INDEX \(Quote.qualified(id.schema, stand)) RENAME TO \(Quote.identifier(part.id.name))")
    }
    removed.insert(drop)
    // What is said about it and who may read it follow in the same transaction.
    let take = PlanStep(continuing: step, swap + step.statements.dropFirst(create.count), .transaction, .swap)
    return Expansion(first: [build], now: [take])
  }

  /// A partition leaves its parent beside the parent's clients before it is dropped.
  func dropPartition(_ step: PlanStep) -> Expansion? {
    guard let fact = source[step.subject], let parent = fact.partitionParent, isLive(parent),
      source[parent]?.attributes[.partitionKey] == target[parent]?.attributes[.partitionKey],
      // Impossible where there is a default partition.
      !(Array(source.facts.values) + target.facts.values).contains(where: {
        $0.partitionParent == parent && $0.text(.bound) == "DEFAULT"
      }),
      target[parent]?.partitionParent == nil
    else { return nil }
    var detach = PlanStep(
      continuing: step, ["ALTER TABLE \(parent.sqlName) DETACH PARTITION \(fact.id.sqlName) CONCURRENTLY"], .alone,
      .concurrentDrop)
    detach.isContinuation = false
    detach.hazards = step.hazards
    var drop = PlanStep(continuing: step, ["DROP TABLE \(fact.id.sqlName)"])
    detach.action = .drop
    drop.action = .drop
    // Others may take its place.
    return Expansion(now: [detach, drop], isAwaited: true)
  }
}
