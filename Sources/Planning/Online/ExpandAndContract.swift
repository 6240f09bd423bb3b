package import Catalog
internal import Postgres

/// Columns that get another type in two migrations: the first prepares everything beside the clients and changes nothing
/// for them; the second, once they are ready for it, puts the new columns in the old ones' place in a short transaction.
///
/// An enum that loses labels or orders them anew is another type of the same name, and its columns go the same way.
package struct ExpandAndContract: TwoPartChange {
  private let source: Catalog
  private let target: Catalog
  private let conversions: [ColumnConversion]
  private let enums: [FactID]
  private let names: FreeNames
  /// What the plan was seen to do where it was proved.
  private let hazards: [FactID: [Hazard]]
  /// The facts that stay as they are until the change.
  private let waiting: Set<FactID>

  /// - Parameters:
  ///   - direct: the plan as it was proved, with what PostgreSQL was seen to rewrite.
  ///   - typeConversions: what was found out of columns that get other types.
  ///   - refused: columns and enums that stay with the direct way.
  /// - Returns: nil when nothing is rewritten that could be converted.
  /// - Throws: `Refusal`.
  package init?(
    _ direct: Plan, from source: Catalog, to target: Catalog, scope: OnlineStrategy.Scope,
    conversions typeConversions: TypeConversions, except refused: Set<FactID> = []
  ) throws {
    guard let excluded = scope.excepted else { return nil }
    let isExcluded = { (id: FactID) in
      refused.contains(id) || excluded.contains(id.path)
        || excluded.contains(FactID(.table, schema: id.schema, name: id.name).path)
    }
    var columns: Set<FactID> = []
    var enums: Set<FactID> = []
    var hazards: [FactID: [Hazard]] = [:]
    let dependents = [source.dependentsByFact(), target.dependentsByFact()]
    let rewriting = direct.steps.filter { step in
      step.action == .alter && step.hazards.contains { $0.code == .rewrite }
    }
    for step in rewriting where !isExcluded(step.subject) {
      let id = step.subject
      guard let old = source[id], let new = target[id] else { continue }
      switch id.kind {
      case .column where old.attributes[.type] != new.attributes[.type]: columns.insert(id)
      case .enumType:
        let found = (dependents[0][id] ?? []).filter { column in
          column.kind == .column && target[column]?.needs.contains(id) == true
        }
        // Its columns go together.
        guard !found.isEmpty, !found.contains(where: isExcluded) else { continue }
        enums.insert(id)
        columns.formUnion(found)
      default: continue
      }
      hazards[id] = step.hazards.filter { !$0.isObserved }
    }
    if columns.isEmpty { return nil }
    self.source = source
    self.target = target
    self.enums = enums.sorted()
    let names = FreeNames(source, target)
    self.names = names
    self.hazards = hazards
    waiting = Waiting.closure(of: columns.union(enums), dependents)
    var conversions: [ColumnConversion] = []
    for id in columns.sorted() {
      guard let old = source[id], let new = target[id], let table = new.parent else { continue }
      let removesLabels = old.needs.contains { type in
        enums.contains(type)
          && !Set(source[type]?.list(.labels).exact ?? []).isSubset(of: target[type]?.list(.labels).exact ?? [])
      }
      // A type that keeps its name has other values.
      let (before, after) = (old.text(.type), new.text(.type))
      let conversion =
        before == after
        ? TypeConversion.relabelled(after, losesLabels: removesLabels) : typeConversions[before, after]
      conversions.append(ColumnConversion(old: old, new: new, table: table, conversion: conversion, names: names))
    }
    // They come after the table's other columns, among themselves in the order that they had.
    self.conversions = conversions.sorted { ($0.table, $0.old.position) < ($1.table, $1.old.position) }
    if direct.renamed != nil || direct.isRigid, let column = conversions.first?.column {
      throw Refusal(
        subject: column, reason: "the plan gives tables other names or parents as well; do that first",
        concernsAll: true
      )
    }
    for conversion in conversions { try check(conversion) }
    // What is of a type that goes and comes cannot wait: its values go to the new one at once.
    let replaced = Set(direct.steps.filter { $0.action == .drop && $0.subject.kind.isType }.map(\.subject))
      .filter { target.contains($0) && !waiting.contains($0) }
    for id in replaced.isEmpty ? [] : waiting.sorted() {
      guard let type = source[id]?.needs.first(where: replaced.contains) else { continue }
      for conversion in conversions where Waiting.closure(of: [conversion.column], dependents).contains(id) {
        throw Refusal(subject: conversion.column, reason: "\(id) needs \(type), which is made anew")
      }
    }
    // What waits for one column cannot wait for another that changes at once.
    let others = Set(direct.steps.filter { $0.hazards.contains { $0.code == .rewrite } }.map(\.subject))
      .subtracting(columns.union(self.enums))
    for id in waiting.sorted() {
      guard let other = source[id]?.needs.first(where: others.contains) else { continue }
      for conversion in conversions where Waiting.closure(of: [conversion.column], dependents).contains(id) {
        throw Refusal(subject: conversion.column, reason: "\(id) is made of it and of \(other), which is")
      }
    }
    for type in self.enums {
      if let other = waiting.sorted().first(where: { $0 != type && $0.kind.isType && !enums.contains($0) }) {
        throw Refusal(subject: type, reason: "\(other) is made of it")
      }
    }
  }

  private func check(_ conversion: ColumnConversion) throws {
    func refuse(_ reason: String) -> Refusal { Refusal(subject: conversion.column, reason: reason) }
    let (old, new, table) = (conversion.old, conversion.new, conversion.table)
    for catalog in [source, target] {
      guard let fact = catalog[table], table.kind == .table, fact.attributes[.ofType] == nil else {
        throw refuse("\(table) is no table of its own")
      }
      guard fact.attributes[.partitionKey] == nil, fact.attributes[.partitionOf] == nil,
        fact.attributes[.inherits] == nil, !catalog.facts.values.contains(where: { $0.inherits(from: fact) })
      else { throw refuse("\(table) has partitions or children, or is one") }
    }
    guard old.attributes[.generated] == nil, new.attributes[.generated] == nil else { throw refuse("it is generated") }
    guard conversion.conversion.way != .anew else { throw refuse("none of its values can be converted") }
    guard (old.attributes[.identity] == nil) == (new.attributes[.identity] == nil) else {
      throw refuse("it becomes an identity, or is one no more; do that first")
    }
    guard OnlineStrategy.canBeUpdated(table, source, target) else {
      throw refuse("\(table) has no primary key to fill it by, or a publication chooses among its rows")
    }
    for id in waiting.sorted() where id.kind == .materializedView {
      throw refuse("\(id) reads it, and would have to be filled in the same transaction")
    }
    for fact in [source, target].flatMap(\.facts.values) where waiting.contains(fact.id) && fact.parent == table {
      if fact.id.kind == .column, fact.attributes[.generated] != nil {
        throw refuse("\(fact.id) is generated from it")
      }
      if fact.id.kind == .constraint, fact.text(.type) == "x" {
        throw refuse("\(fact.id) is an exclusion constraint, which cannot be made beside the clients")
      }
      // One WITHOUT OVERLAPS has no index that a CREATE INDEX makes.
      if fact.isKey, KeyDefinition(fact) == nil {
        throw refuse("\(fact.id) is a key WITHOUT OVERLAPS, which cannot be made beside the clients")
      }
    }
  }

  // MARK: The first migration

  package var held: Catalog { Waiting.held(waiting, from: source, to: target) }

  /// Gives the target's columns and types the names that theirs have beside the old ones: what PostgreSQL then says of
  /// indexes and defaults is what is made.
  package var standIns: [PlanStep] {
    enums.map {
      PlanStep(altering: $0, ["ALTER TYPE \($0.sqlName) RENAME TO \(Quote.identifier(typeName($0, "new")))"])
    }
      + conversions.map { conversion in
        PlanStep(
          altering: conversion.column,
          [
            "ALTER TABLE \(conversion.table.sqlName) RENAME COLUMN \(conversion.column.memberSQL) TO "
              + Quote.identifier(conversion.newName)
          ])
      }
  }

  private func typeName(_ id: FactID, _ suffix: String) -> String {
    names.relation(id.name, suffix, in: id.schema)
  }

  /// - Parameter words: the target after `standIns`.
  package func expand(_ words: Catalog) -> [PlanStep] {
    var begin: [PlanStep] = []
    var later: [PlanStep] = []
    for id in enums {
      guard let fact = target[id] else { continue }
      let name = Quote.qualified(id.schema, typeName(id, "new"))
      let labels = fact.list(.labels).map(Quote.literal).joined(separator: ", ")
      begin.append(PlanStep(altering: id, ["CREATE TYPE \(name) AS ENUM (\(labels))"]))
    }
    for conversion in conversions {
      guard let column = words[conversion.newColumn] else { continue }
      var step = PlanStep(altering: conversion.column, conversion.begin(column))
      step.remark = .conversion(conversion.conversion)
      // Values are converted in this step, so the hazard of their settings is told here.
      step.hazards = hazards[conversion.column, default: []].filter { $0.code == .dependsOnSettings }
      begin.append(step)
      // A table's rows are touched once, for all of its columns.
      if conversion.column == conversions.first(where: { $0.table == conversion.table })?.column {
        later.append(fill(conversion.table, step))
      }
    }
    for conversion in conversions where conversion.isNeverNull {
      later += notNull(conversion, PlanStep(altering: conversion.column, []))
    }
    for fact in indexes(words) {
      let step = PlanStep(altering: fact.id, [])
      later.append(PlanStep(continuing: step, [build(fact)], .alone, .build))
    }
    return begin + later
  }

  /// Lets the triggers convert what was there before.
  private func fill(_ table: FactID, _ step: PlanStep) -> PlanStep {
    let columns = conversions.filter { $0.table == table }
    let values = columns.map { "\(Quote.identifier($0.newName)) = NULL" }.joined(separator: ", ")
    let conditions = columns.map(\.isUnfilled)
    let condition =
      conditions.count == 1 ? conditions[0] : "(" + conditions.map { "(\($0))" }.joined(separator: " OR ") + ")"
    var fill = PlanStep(
      continuing: step, ["UPDATE \(table.sqlName) SET \(values) WHERE \(condition)"], .backfill, .conversionFill)
    fill.hazards = OnlineStrategy.firing(table, source)
    return fill
  }

  private func notNull(_ conversion: ColumnConversion, _ step: PlanStep) -> [PlanStep] {
    var beside = step
    beside.subject = conversion.newColumn
    return OnlineStrategy.notNull(beside, target.serverVersion, names).map { part in
      var part = part
      part.subject = conversion.column
      return part
    }
  }

  /// Indexes and keys with a converted column.
  private func indexes(_ words: Catalog) -> [Fact] {
    let columns = Set(conversions.map(\.newColumn))
    return words.sorted.filter { fact in
      fact.needs.contains(where: columns.contains)
        && (fact.id.kind == .index && fact.attributes[.valid] == nil || fact.isKey)
    }
  }

  private func build(_ fact: Fact) -> String {
    guard fact.isKey else { return OnlineStrategy.concurrently(fact, named: beside(fact.id)) }
    let table = fact.parent?.sqlName ?? ""
    let index = KeyDefinition(fact)?.index ?? ""
    return "CREATE UNIQUE INDEX CONCURRENTLY \(Quote.identifier(beside(fact.id))) ON \(table) \(index)"
  }

  private func beside(_ id: FactID) -> String {
    names.relation(id.kind == .constraint ? id.member : id.name, "new", in: id.schema)
  }

  // MARK: The second migration

  /// What has to hold before the change: found out beside the clients.
  package var checks: [PlanStep] {
    conversions.flatMap { conversion -> [PlanStep] in
      let step = PlanStep(altering: conversion.column, [conversion.checkAdded])
      var steps: [PlanStep] = []
      if !conversion.isCertain {
        var check = PlanStep(continuing: step, step.statements)
        check.remark = .conversionCheck
        steps += [check, PlanStep(continuing: step, [conversion.checkValidated], .ownTransaction)]
      }
      if conversion.new.flag(.notNull), !conversion.isNeverNull { steps += notNull(conversion, step) }
      return steps
    }
  }

  /// Puts what was prepared in its place. What else the target says of it is a plan from what this leads to.
  ///
  /// - Parameter words: the target after `standIns`.
  package func swap(_ words: Catalog) -> [PlanStep] {
    let columns = Set(conversions.map(\.column))
    let keys = source.sorted.filter { $0.isKey && $0.needs.contains(where: columns.contains) }
    let lost = columns.union(keys.map(\.id))
    // What refers to a key goes before it.
    let foreign = source.sorted.filter { $0.isForeignKey && $0.needs.contains(where: lost.contains) }
    var steps = (foreign + keys).map { fact in
      PlanStep(
        continuing: PlanStep(altering: fact.id, []),
        ["ALTER TABLE \(fact.id.sqlName) DROP CONSTRAINT \(fact.id.memberSQL)"], .transaction, .changeOver)
    }
    for conversion in conversions {
      let hasDefault = source.contains(conversion.column.defaultID)
      var step = PlanStep(altering: conversion.column, conversion.swap(hasDefault: hasDefault) + conversion.release)
      step.remark = .changeOver
      step.hazards = hazards[conversion.column, default: []].filter { $0.code != .dependsOnSettings }
      if conversion.old.attributes[.type] != conversion.new.attributes[.type] {
        step.hazards.append(
          Hazard(
            .breaksClients,
            "\(conversion.column.path) is \(conversion.new.text(.type)) from then on, no longer "
              + "\(conversion.old.text(.type)), and comes after the table's other columns"))
      }
      steps.append(step)
    }
    for id in enums {
      let (old, new) = (typeName(id, "old"), Quote.qualified(id.schema, typeName(id, "new")))
      var step = PlanStep(
        altering: id,
        [
          "ALTER TYPE \(id.sqlName) RENAME TO \(Quote.identifier(old))",
          "ALTER TYPE \(new) RENAME TO \(Quote.identifier(id.name))",
        ])
      step.remark = .changeOver
      step.hazards = hazards[id] ?? []
      steps.append(step)
    }
    for fact in indexes(words) {
      let step = PlanStep(altering: fact.id, [])
      steps.append(PlanStep(continuing: step, take(fact), .transaction, .changeOver))
    }
    return steps
  }

  private func take(_ fact: Fact) -> [String] {
    let new = beside(fact.id)
    if fact.isKey, let key = KeyDefinition(fact) {
      return [
        "ALTER TABLE \(fact.id.sqlName) ADD CONSTRAINT \(fact.id.memberSQL) \(key.word) USING INDEX "
          + Quote.identifier(new) + key.deferral
      ]
    }
    let renameNew =
      "ALTER INDEX \(Quote.qualified(fact.id.schema, new)) RENAME TO \(Quote.identifier(fact.id.name))"
    guard source.contains(fact.id) else { return [renameNew] }
    let old = Quote.identifier(names.relation(fact.id.name, "old", in: fact.id.schema))
    return ["ALTER INDEX \(fact.id.sqlName) RENAME TO \(old)", renameNew]
  }

  /// Views whose columns have other types now: they cannot be changed in place.
  ///
  /// - Parameter swapped: what `swap` leads to.
  package func replacing(_ swapped: Catalog) -> Set<FactID> {
    Set(swapped.facts.keys.filter { $0.kind == .view && waiting.contains($0) })
  }

  /// The second migration: the checks, the change with what follows it, and then what nobody uses any more.
  ///
  /// - Parameters:
  ///   - swapped: what `swap` leads to.
  ///   - rest: the way from there to the target.
  package func contract(_ words: Catalog, from swapped: Catalog, rest: Plan) -> [PlanStep] {
    let columns = Set(conversions.map(\.oldColumn))
    let types = Set(enums.map { FactID(.enumType, schema: $0.schema, name: typeName($0, "old")) })
    let isOld = { (step: PlanStep) in
      step.action == .drop && (columns.contains(step.subject) || types.contains(step.subject))
    }
    let dropped = Set(rest.steps.filter { $0.action == .drop && !isOld($0) }.map(\.subject))
    let needs = swapped.facts.mapValues(\.needs)
    var following: [PlanStep] = []
    var leftovers: [PlanStep] = []
    for step in rest.steps {
      guard isOld(step) else {
        following.append(step)
        continue
      }
      var drop = step
      drop.hazards = []
      drop.remark = .leftover
      drop.isContinuation = true
      // Objects that a view needs may be dropped too, and only after the view.
      if Waiting.closure(of: [step.subject], [needs]).isDisjoint(with: dropped) {
        drop.mode = .ownTransaction
        leftovers.append(drop)
      } else {
        following.append(drop)
      }
    }
    var (inTransaction, later) = Waiting.parted(following, from: swapped, to: target)
    let views = Waiting.viewsToDrop(inTransaction, in: swapped)
    inTransaction.removeAll { step in step.action == .drop && views.contains { $0.subject == step.subject } }
    return checks + views + swap(words) + inTransaction + later + leftovers
  }
}

extension Fact {
  /// Whether it is a primary key or a unique constraint.
  var isKey: Bool { id.kind == .constraint && ["p", "u"].contains(text(.type)) }

  fileprivate func inherits(from table: Fact) -> Bool {
    partitionParent == table.id || id.kind == .table && list(.inherits).contains(table.id.sqlName)
  }
}

extension FactID {
  fileprivate var defaultID: FactID { FactID(.columnDefault, schema: schema, name: name, member: member) }
}
