internal import Catalog
internal import Postgres

extension OnlineStrategy {
  /// Built beside the clients; one that takes another's place is built under another name first, and the names are
  /// swapped.
  func createIndex(_ step: PlanStep, at index: Int, _ removed: inout Set<Int>) -> Expansion? {
    guard let fact = target[step.subject], let table = fact.parent, isLive(table), fact.attributes[.valid] == nil,
      let create = step.statements.first
    else { return nil }
    if isPartitioned(table) {
      guard drop(of: step.subject, before: index) == nil else { return nil }
      // What follows comes once the index is there.
      var build = step
      build.statements = [create]
      build.mode = .perPartition
      build.remark = .partitionwise
      return Expansion(now: [build] + rest(step))
    }
    guard let drop = drop(of: step.subject, before: index) else {
      var build = step
      build.statements = [Self.concurrently(fact, named: fact.id.name)]
      build.mode = .alone
      build.remark = .build
      return Expansion(now: [build] + rest(step))
    }
    guard canStay(step.subject) else { return nil }
    removed.insert(drop)
    let old = names.relation(fact.id.name, "old", in: fact.id.schema)
    let new = names.relation(fact.id.name, "new", in: fact.id.schema)
    let (oldIndex, newIndex) = (Quote.qualified(fact.id.schema, old), Quote.qualified(fact.id.schema, new))
    var build = step
    build.statements = [Self.concurrently(fact, named: new)]
    build.mode = .alone
    build.remark = .build
    var swap = PlanStep(
      continuing: step,
      [
        "ALTER INDEX \(fact.id.sqlName) RENAME TO \(Quote.identifier(old))",
        "ALTER INDEX \(newIndex) RENAME TO \(Quote.identifier(fact.id.name))",
      ] + step.statements.dropFirst())
    swap.mode = .ownTransaction
    swap.remark = .swap
    let remove = PlanStep(continuing: step, ["DROP INDEX CONCURRENTLY \(oldIndex)"], .alone, .concurrentDrop)
    return Expansion(now: [build, swap, remove])
  }

  /// What a statement of its own sets after CREATE INDEX.
  private func rest(_ step: PlanStep) -> [PlanStep] {
    let rest = Array(step.statements.dropFirst())
    return rest.isEmpty ? [] : [PlanStep(continuing: step, rest)]
  }

  static func concurrently(_ fact: Fact, named name: String) -> String {
    "CREATE \(fact.flag(.unique) ? "UNIQUE " : "")INDEX CONCURRENTLY \(Quote.identifier(name)) "
      + "ON \(fact.parent?.sqlName ?? "") \(fact.text(.definition))"
  }

  /// Nobody waits while an index goes that queries may be using.
  func dropIndex(_ step: PlanStep, at index: Int) -> Expansion? {
    guard let fact = source[step.subject], let table = fact.parent, isLive(table), !isNameTaken(step.subject),
      source[table]?.attributes[.partitionKey] == nil
    else { return nil }
    var drop = step
    drop.statements = ["DROP INDEX CONCURRENTLY \(fact.id.sqlName)"]
    drop.mode = .alone
    drop.remark = .concurrentDrop
    return Expansion(now: [drop], isAwaited: fact.flag(.unique) && isReferredAnew(table) || !canStay(step.subject))
  }

  /// Whether a foreign key on a table comes: it would refer to a key that is to go, as long as that is there.
  private func isReferredAnew(_ table: FactID) -> Bool {
    made.contains { target[$0]?.list(.foreign).exact == [table.schema, table.name].exact }
  }

  /// A key takes over an index that was built beside the clients.
  func createKey(_ step: PlanStep, _ fact: Fact, at index: Int, _ removed: inout Set<Int>) -> Expansion? {
    guard let table = fact.parent, !isPartitioned(table), fact.attributes[.attached] == nil,
      let key = KeyDefinition(fact)
    else { return nil }
    let isReplacement = step.isReplacement
    var name = fact.id.member
    var swap: [String] = []
    if isReplacement {
      guard let drop = drop(of: step.subject, before: index), canStay(step.subject), !isReferredAnew(table) else {
        return nil
      }
      removed.insert(drop)
      name = names.relation(name, "new", in: fact.id.schema)
      swap = ["ALTER TABLE \(fact.id.sqlName) DROP CONSTRAINT \(fact.id.memberSQL)"]
    }
    var build = step
    build.statements = [
      "CREATE UNIQUE INDEX CONCURRENTLY \(Quote.identifier(name)) ON \(table.sqlName) \(key.index)"
    ]
    build.mode = .alone
    build.remark = .build
    swap.append(
      "ALTER TABLE \(fact.id.sqlName) ADD CONSTRAINT \(fact.id.memberSQL) \(key.word) USING INDEX "
        + Quote.identifier(name) + key.deferral)
    var take = PlanStep(continuing: step, swap + step.statements.dropFirst())
    take.mode = .ownTransaction
    if isReplacement { take.remark = .swap }
    return Expansion(now: [build, take])
  }
}

/// A primary key or unique constraint as an index.
struct KeyDefinition {
  let word: String
  let index: String
  let deferral: String

  /// - Returns: nil where an index cannot become it (WITHOUT OVERLAPS).
  init?(_ fact: Fact) {
    let type = fact.text(.type)
    guard type == "p" || type == "u",
      let tree = ParseTree(parsing: "ALTER TABLE t ADD \(fact.text(.definition))"),
      let constraint = tree["AlterTableStmt"]?["cmds"]?.elements.first?["AlterTableCmd"]?["def"]?["Constraint"]
    else { return nil }
    func list(_ key: String) -> String? {
      let names = constraint[key]?.names ?? []
      return names.isEmpty ? nil : "(" + names.map(Quote.identifier).joined(separator: ", ") + ")"
    }
    guard let keys = list("keys") else { return nil }
    var index = "USING btree \(keys)"
    if let including = list("including") { index += " INCLUDE \(including)" }
    if constraint["nulls_not_distinct"]?.isTrue == true { index += " NULLS NOT DISTINCT" }
    self.index = index
    word = type == "p" ? "PRIMARY KEY" : "UNIQUE"
    deferral =
      (constraint["deferrable"]?.isTrue == true ? " DEFERRABLE" : "")
      + (constraint["initdeferred"]?.isTrue == true ? " INITIALLY DEFERRED" : "")
  }
}
