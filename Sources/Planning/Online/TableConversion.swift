package import Catalog
internal import Postgres

/// A table that becomes partitioned, is partitioned in another way, or no more: it is made anew beside the old one, kept
/// the same by a trigger, filled in batches and compared; a short transaction then puts it in the old one's place.
///
/// What refers to the table by its number and not by its name (views, foreign keys, policies of others) is brought over by
/// the plan that follows.
package struct TableConversion: TwoPartChange {
  private let source: Catalog
  private let target: Catalog
  private let tables: [ConvertedTable]
  package let held: Catalog

  /// - Parameters:
  ///   - direct: the plan that drops the tables and makes them anew.
  ///   - refused: tables that stay with the direct way.
  /// - Returns: nil when no table's partitioning changes.
  /// - Throws: `Refusal`.
  package init?(
    _ direct: Plan, from source: Catalog, to target: Catalog, scope: OnlineStrategy.Scope,
    except refused: Set<FactID> = []
  ) throws {
    guard let excluded = scope.excepted else { return nil }
    let tables = target.sorted.filter { new in
      guard new.id.kind == .table, !refused.contains(new.id), !excluded.contains(new.id.path),
        new.partitionParent == nil, let old = source[new.id], old.partitionParent == nil
      else { return false }
      return old.attributes[.partitionKey] != new.attributes[.partitionKey]
    }
    guard let first = tables.first else { return nil }
    if direct.renamed != nil || direct.isRigid {
      throw Refusal(
        subject: first.id, reason: "the plan gives tables other names or parents as well; do that first",
        concernsAll: true)
    }
    self.source = source
    self.target = target
    let children = [source.childrenByParent(), target.childrenByParent()]
    let edges = children + [source.dependentsByFact(), target.dependentsByFact()]
    let waiting = Waiting.closure(of: Set(tables.map(\.id)), edges)
    let taken = try Self.names(of: tables.map(\.id), source, target, children)
    let converted = try tables.map { try ConvertedTable($0, from: source, to: target, children, taken) }
    self.tables = converted
    // New columns are there before the rows are brought over.
    var held = Waiting.held(waiting, from: source, to: target)
    for conversion in converted {
      for fact in conversion.added { held.insert(fact) }
      if let need = conversion.added.flatMap(\.needs).first(where: { !held.contains($0) }) {
        throw Refusal(
          subject: conversion.table, reason: "a new column needs \(need), which is not there before the change")
      }
    }
    self.held = held
  }

  /// The names of what is made in the schema that all tables share meanwhile, and of their triggers.
  ///
  /// - Throws: `Refusal` where two would have the same.
  private static func names(
    of tables: [FactID], _ source: Catalog, _ target: Catalog, _ children: [[FactID: [FactID]]]
  ) throws -> Set<String> {
    var all: Set<String> = []
    for (catalog, children) in zip([source, target], children) {
      var seen: Set<String> = []
      for table in tables {
        var own: Set<String> = []
        // Partitions, indexes and keys stand beside their table.
        for id in Waiting.closure(of: [table], [children]) {
          switch id.kind {
          case .table, .index, .partitionIndex: own.insert(id.name)
          case .constraint: if catalog[id]?.isKey == true { own.insert(id.member) }
          case .column: if let name = catalog[id]?.list(.sequence).last { own.insert(name) }
          case .trigger: all.insert(id.member)
          default: break
          }
        }
        if let name = own.intersection(seen).sorted().first {
          throw Refusal(
            subject: table,
            reason: "\(name) is also the name of what belongs to another table that is made anew; do that first")
        }
        seen.formUnion(own)
      }
      all.formUnion(seen)
    }
    return all
  }

  // MARK: The first migration

  /// PostgreSQL writes a default that is constant into no row.
  package var filled: Set<FactID> {
    let values = tables.flatMap(\.added).filter { $0.id.kind == .columnDefault && !Self.isConstant($0) }
    return Set(values.map { FactID(.column, schema: $0.id.schema, name: $0.id.name, member: $0.id.member) })
  }

  private static func isConstant(_ value: Fact) -> Bool {
    let target = ParseTree(parsing: "SELECT \(value.text(.expression))")?["SelectStmt"]?["targetList"]?.elements.first
    let parsed = target?["ResTarget"]?["val"]
    return (parsed?["TypeCast"]?["arg"] ?? parsed)?["A_Const"] != nil
  }

  package var standIns: [PlanStep] {
    tables.flatMap { conversion in
      let moves = conversion.tables.map { "ALTER TABLE \($0.sqlName) SET SCHEMA \(TableReplica.newSchema)" }
      return [
        PlanStep(
          altering: conversion.table,
          ["CREATE SCHEMA IF NOT EXISTS \(TableReplica.newSchema)"]
            + conversion.sequences.map { "ALTER SEQUENCE \($0.name) OWNED BY NONE" } + moves)
      ]
    }
  }

  /// - Throws: `Refusal`.
  package func expand(_ words: Catalog) throws -> [PlanStep] {
    let schema = Fact(FactID(.schema, name: TableReplica.newSchema))
    var start = held
    start.insert(schema)
    var end = start
    for fact in staged(words) {
      for need in fact.needs where need.schema != TableReplica.newSchema && need != schema.id && !start.contains(need) {
        throw Refusal(
          subject: tables[0].table, reason: "\(fact.id) needs \(need), which is not there before the change",
          concernsAll: true)
      }
      end.insert(fact)
    }
    let creation = try Planner.plan(from: start, to: end).steps
    var begin: [PlanStep] = []
    var later: [PlanStep] = []
    for conversion in tables {
      let step = PlanStep(altering: conversion.table, [])
      func transaction(_ statements: [String], _ remark: PlanStep.Remark? = nil) -> PlanStep {
        PlanStep(continuing: step, statements, .ownTransaction, remark)
      }
      if let cover = conversion.cover {
        later.append(transaction([cover.statement(for: conversion.table.sqlName)], .cover))
      }
      let replica = conversion.replica
      let rest =
        replica.needsRest ? ["CREATE TABLE \(replica.rest) PARTITION OF \(replica.new) DEFAULT"] : []
      later.append(transaction(rest + replica.follow, .follow))
      later.append(PlanStep(continuing: step, [replica.copy], .backfill, .copy))
      later.append(transaction(["ANALYZE \(replica.new)"]))
    }
    // The first one stands for them all.
    var schemas = PlanStep(altering: tables[0].table, tables[0].replica.schemas)
    schemas.remark = .beside
    begin.append(schemas)
    for step in creation {
      var part = PlanStep(altering: tables[0].table, step.statements)
      part.isContinuation = true
      if step.subject.kind == .table, words[step.subject]?.partitionParent == nil { part.remark = .sameColumns }
      begin.append(part)
    }
    return begin + later
  }

  /// What is made beside: everything but what lets clients in, or does something when it is written to.
  private func staged(_ words: Catalog) -> [Fact] {
    let kinds: Set<FactKind> = [
      .table, .column, .columnDefault, .inheritedColumn, .constraint, .index, .partitionIndex, .comment,
    ]
    let children = words.childrenByParent()
    var result: [Fact] = []
    var queue = tables.map { FactID(.table, schema: TableReplica.newSchema, name: $0.table.name) }
    var known: Set<FactID> = []
    while let id = queue.popLast() {
      guard kinds.contains(id.kind), known.insert(id).inserted, var fact = words[id] else { continue }
      // The rows that a foreign key refers to may not be copied yet.
      let refersToOthers = fact.needs.contains { $0.kind == .constraint && $0.schema == TableReplica.newSchema }
      if fact.isForeignKey, refersToOthers { continue }
      if fact.id.kind == .table, fact.partitionParent == nil {
        fact.attributes[.rowSecurity] = nil
        fact.attributes[.forcedRowSecurity] = nil
      }
      result.append(fact)
      queue += children[id] ?? []
    }
    for conversion in tables {
      let table = FactID(.table, schema: TableReplica.newSchema, name: conversion.table.name)
      let last = (children[table] ?? []).compactMap { words[$0]?.position }.max() ?? 0
      for (index, old) in conversion.leaving.enumerated() {
        var fact = Fact(
          FactID(.column, schema: table.schema, name: table.name, member: old.id.member), parent: table, old.attributes,
          needs: old.needs.filter { $0.schema != conversion.table.schema || $0.name != conversion.table.name },
          position: last + index + 1)
        fact.attributes[.notNullName] = nil
        result.append(fact)
      }
    }
    return result
  }

  // MARK: The second migration

  package var checks: [PlanStep] {
    tables.map { conversion in
      PlanStep(
        continuing: PlanStep(altering: conversion.table, []), [conversion.replica.verification], .ownTransaction,
        .verification)
    }
  }

  package func swap(_ words: Catalog) -> [PlanStep] {
    tables.map { conversion in
      let (replica, name) = (conversion.replica, conversion.table.sqlName)
      var statements = TableReplica.oldSchemaAgain + ["LOCK TABLE \(name) IN ACCESS EXCLUSIVE MODE"] + replica.unfollow
      if replica.needsRest {
        statements.append("ALTER TABLE \(replica.new) DETACH PARTITION \(replica.rest)")
        if let cover = conversion.cover { statements.append(cover.statement(for: replica.rest)) }
        statements += replica.settleRest
      }
      statements += conversion.identities.map { replica.continueNumbers($0) }
      statements += conversion.sequences.map { "ALTER SEQUENCE \($0.name) OWNED BY NONE" }
      statements += [
        replica.takeOwner, TableReplica.dropForeignKeys(of: name),
        TableReplica.move(name, to: TableReplica.oldSchema),
      ]
      statements.append(TableReplica.move(replica.new, to: conversion.table.schema))
      statements += conversion.sequences.map { "ALTER SEQUENCE \($0.name) OWNED BY \($0.column)" }
      var step = PlanStep(altering: conversion.table, statements)
      step.remark = .changeOver
      if let hazard = conversion.breaks { step.hazards.append(hazard) }
      return step
    }
  }

  package func replacing(_ swapped: Catalog) -> Set<FactID> { [] }

  /// - Throws: `Refusal`.
  package func contract(_ words: Catalog, from swapped: Catalog, rest: Plan) throws -> [PlanStep] {
    // A materialized view is filled from the table that is there then; the old one is read meanwhile.
    let isStored = { (id: FactID) in
      id.kind == .materializedView || [swapped, target].contains { $0[id]?.parent?.kind == .materializedView }
    }
    let following = rest.steps.filter { !isStored($0.subject) } + rest.steps.filter { isStored($0.subject) }
    // Nobody is let in before those who guard it are there.
    let guards: Set<FactKind> = [.policy, .grant, .owner, .table, .trigger]
    if let end = following.firstIndex(where: { $0.mode != .transaction || $0.mustCommit }),
      let late = following[end...].first(where: { guards.contains($0.subject.kind) && !isStored($0.subject) })
    {
      throw Refusal(
        subject: tables[0].table, reason: "\(late.subject) cannot come in the transaction of the change",
        concernsAll: true)
    }
    if let key = following.first(where: { $0.mode == .perPartition && $0.subject.kind == .constraint }) {
      throw Refusal(
        subject: tables[0].table,
        reason: "\(key.subject) of a partitioned table can be made only after the change, and would not hold meanwhile",
        concernsAll: true)
    }
    var steps = checks + swap(words) + following
    for conversion in tables {
      let step = PlanStep(altering: conversion.table, [])
      if conversion.cover != nil {
        steps.append(
          PlanStep(continuing: step, [WindowCover.inherit(conversion.table.sqlName)], .ownTransaction, .inherit))
      }
      steps.append(
        PlanStep(continuing: step, ["DROP TABLE \(conversion.replica.old)"], .ownTransaction, .oldTable))
    }
    let last = PlanStep(altering: tables[0].table, [])
    return steps + [PlanStep(continuing: last, TableReplica.dropSchemas, .ownTransaction)]
  }
}
