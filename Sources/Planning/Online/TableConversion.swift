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
  private let tables: [Conversion]
  /// The facts that stay as they are until the change.
  private let waiting: Set<FactID>

  private struct Conversion: Sendable {
    var replica: TableReplica
    /// What keeps its partitions, where a window does.
    var cover: WindowCover?
    /// Its table and partitions, in the target.
    var parts: [FactID]
    var identities: [String]
    /// Sequences that columns own, with the columns.
    var sequences: [(name: String, column: String)]
    var breaks: Hazard?
    var table: FactID { replica.table }
  }

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
    waiting = Waiting.closure(of: Set(tables.map(\.id)), edges)
    let taken = try Self.names(of: tables.map(\.id), source, target, children)
    self.tables = try tables.map { try Self.conversion(of: $0, from: source, to: target, children, taken) }
  }

  // MARK: Whether it can be

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

  private static func conversion(
    of new: Fact, from source: Catalog, to target: Catalog, _ children: [[FactID: [FactID]]], _ taken: Set<String>
  ) throws -> Conversion {
    let id = new.id
    func refuse(_ reason: String) -> Refusal { Refusal(subject: id, reason: reason) }
    guard let old = source[id] else { throw refuse("it is not there") }
    let parts = [Part(source, id, children[0]), Part(target, id, children[1])]
    for part in parts {
      guard part.root.attributes[.inherits] == nil, part.root.attributes[.ofType] == nil, !part.hasHeirs else {
        throw refuse("it inherits, or is of a type")
      }
      guard !part.facts.contains(where: { $0.id.kind == .rule }) else { throw refuse("it has rules") }
      guard !part.tables.contains(where: { $0.kind == .foreignTable }) else {
        throw refuse("it has foreign partitions")
      }
    }
    // What becomes a partition, or is one no more, takes its rows with it.
    for (part, other) in [(parts[0], target), (parts[1], source)] {
      let own = Set(parts[0].tables + parts[1].tables)
      for table in part.tables where other.contains(table) {
        guard let fact = other[table], table == id || fact.partitionParent.map(own.contains) == true else {
          throw refuse("\(table) is a partition in one state and none in the other; do that first")
        }
      }
    }
    guard old.attributes[.persistence] == new.attributes[.persistence] else { throw refuse("its persistence changes") }
    try checkColumns(parts, refuse)
    guard let before = parts[0].primaryKey, let after = parts[1].primaryKey else {
      throw refuse("it has no primary key, by which rows are known")
    }
    let keys: [[String]] = [before, after].map { fact in
      fact.needs.filter { $0.kind == .column && $0.name == id.name && $0.schema == id.schema }.map(\.member)
    }
    for column in keys[1] where !(parts[0].columns[column]?.flag(.notNull) ?? false) {
      throw refuse("the column \(column) of its new primary key may be NULL; set it NOT NULL first")
    }
    // What is unique by fewer columns is by more.
    let isWeaker = Set(keys[0]).isSubset(of: keys[1])
    let rest = parts[1].facts.filter { $0.parent == id && $0.isRestriction && $0.id != after.id }
    let agrees = rest.allSatisfy { fact in source[fact.id].map { $0.agrees(with: fact) } ?? false }
    let ordered: [Fact] = parts[1].columns.values.sorted { ($0.position, $0.id) < ($1.position, $1.id) }
    let plain: [Fact] = ordered.filter { $0.attributes[.generated] == nil }
    let key = new.optionalText(.partitionKey) ?? ""
    if parts[1].facts.contains(where: { $0.isKey && $0.text(.definition).contains(" DEFERRABLE") }) {
      throw refuse("it has a deferrable key, for which rows cannot be brought over one by one")
    }
    if let publication = source.sorted.first(where: { $0.id.kind == .publication && $0.flag(.active) }) {
      throw refuse("\(publication.id) publishes all tables, and what is prepared would be among them")
    }
    let replica = TableReplica(
      table: id, columns: plain.map(\.id.memberSQL),
      key: keys[1].map { keyColumn($0, parts[1].columns[$0]?.text(.type) ?? "", target) },
      searchPath: callsFunctions(parts[1])
        ? Set([id.schema] + source.facts.values.filter { $0.id.kind == .extension }.map { $0.text(.schema) })
          .subtracting(["", "pg_catalog"]).sorted() : [],
      isCertain: isWeaker && agrees, needsRest: !key.isEmpty && !key.hasPrefix("HASH") && !parts[1].hasDefault(of: id),
      taken: taken)
    for fact in parts[1].facts where fact.id != id && fact.attributes[.partitionKey] != nil {
      guard fact.text(.partitionKey).hasPrefix("HASH") || parts[1].hasDefault(of: fact.id) else {
        throw refuse("its partition \(fact.id) has partitions and no default: a client's row might find no place")
      }
    }
    var conversion = Conversion(
      replica: replica, cover: nil, parts: parts[1].tables,
      identities: plain.filter { $0.attributes[.identity] != nil }.map(\.id.member), sequences: [])
    if let window = target[FactID(.partitionWindow, schema: id.schema, name: id.name)] {
      let column = parts[1].columns[window.text(.column)]
      conversion.cover = WindowCover(
        window: window, type: column?.text(.type) ?? "", parent: replica.new, schema: TableReplica.newSchema,
        name: id.name, hasRowSecurity: new.flag(.rowSecurity), forcesRowSecurity: new.flag(.forcedRowSecurity))
    }
    conversion.sequences = target.sorted.compactMap { fact in
      let owner = fact.list(.column)
      guard fact.id.kind == .sequenceOwner, owner.count == 3, owner[0] == id.schema, owner[1] == id.name else {
        return nil
      }
      return (fact.id.sqlName, "\(id.sqlName).\(Quote.identifier(owner[2]))")
    }
    if keys[0] != keys[1] {
      conversion.breaks = Hazard(
        .breaksClients,
        "the key of \(id.sqlName) is \(after.text(.definition)) from then on, no longer \(before.text(.definition)): "
          + "ON CONFLICT has to name it", table: id.sqlName)
    }
    return conversion
  }

  /// Whether a row that is written calls functions of the user's.
  private static func callsFunctions(_ part: Part) -> Bool {
    part.facts.contains { fact in
      fact.id.kind != .trigger && fact.id.kind != .policy
        && fact.needs.contains { [.function, .domain, .operator].contains($0.kind) }
    }
  }

  /// The equality of a column's type: an extension's own type has its operator beside it, every other one has PostgreSQL's.
  private static func keyColumn(_ column: String, _ type: String, _ catalog: Catalog) -> TableReplica.KeyColumn {
    let name = Quote.identifier(column)
    let names = ParseTree(parsing: "SELECT NULL::\(type)")?["SelectStmt"]?["targetList"]?.elements.first?["ResTarget"]?[
      "val"]?["TypeCast"]?["typeName"]?["TypeName"]
    guard let names, names["arrayBounds"] == nil, let parts = names["names"]?.names, parts.count == 2,
      parts[0] != "pg_catalog"
    else { return .init(name: name) }
    if let domain = catalog[FactID(.domain, schema: parts[0], name: parts[1])] {
      return keyColumn(column, domain.text(.type), catalog)
    }
    let generic: [FactKind] = [.enumType, .compositeType, .rangeType]
    if generic.contains(where: { catalog.contains(FactID($0, schema: parts[0], name: parts[1])) }) {
      return .init(name: name)
    }
    return .init(name: name, operatorSchema: parts[0], type: Quote.qualified(parts[0], parts[1]))
  }

  private static func checkColumns(_ parts: [Part], _ refuse: (String) -> Refusal) throws {
    let (before, after) = (parts[0].columns, parts[1].columns)
    guard Set(before.keys) == Set(after.keys) else { throw refuse("it gets or loses columns; do that first") }
    for (name, new) in after {
      guard let old = before[name] else { continue }
      let keys: [AttributeKey] = [.type, .collation, .identity, .generated]
      guard keys.allSatisfy({ old.attributes[$0] == new.attributes[$0] }) else {
        throw refuse("its column \(name) becomes another; do that first")
      }
      guard old.flag(.notNull) || !new.flag(.notNull) || parts[1].primaryKey?.needs.contains(new.id) == true else {
        throw refuse("its column \(name) becomes NOT NULL; do that first")
      }
      guard parts[0].defaults[name]?.attributes == parts[1].defaults[name]?.attributes else {
        throw refuse("the default of its column \(name) changes; do that first")
      }
    }
    guard parts[0].sequences == parts[1].sequences else { throw refuse("its columns own other sequences") }
  }

  // MARK: The first migration

  package var held: Catalog { Waiting.held(waiting, from: source, to: target) }

  package var standIns: [PlanStep] {
    tables.flatMap { conversion in
      let moves = conversion.parts.map { "ALTER TABLE \($0.sqlName) SET SCHEMA \(TableReplica.newSchema)" }
      return [
        PlanStep(
          altering: conversion.table,
          ["CREATE SCHEMA IF NOT EXISTS \(TableReplica.newSchema)"]
            + conversion.sequences.map { "ALTER SEQUENCE \($0.name) OWNED BY NONE" } + moves)
      ]
    }
  }

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
      // What it refers to may not be copied yet.
      let refersToOthers = fact.needs.contains { $0.kind == .constraint && $0.schema == TableReplica.newSchema }
      if fact.isForeignKey, refersToOthers { continue }
      if fact.id.kind == .table, fact.partitionParent == nil {
        fact.attributes[.rowSecurity] = nil
        fact.attributes[.forcedRowSecurity] = nil
      }
      result.append(fact)
      queue += children[id] ?? []
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

/// A table with all that belongs to it, in one state.
private struct Part {
  let root: Fact
  let facts: [Fact]
  let tables: [FactID]
  let columns: [String: Fact]
  let defaults: [String: Fact]
  let sequences: Set<String>
  /// Whether tables inherit from it that are no partitions.
  let hasHeirs: Bool

  init(_ catalog: Catalog, _ id: FactID, _ children: [FactID: [FactID]]) {
    root = catalog[id] ?? Fact(id)
    let ids = Waiting.closure(of: [id], [children])
    facts = ids.sorted().compactMap { catalog[$0] }
    tables = facts.map(\.id).filter(\.kind.isTable)
    var columns: [String: Fact] = [:]
    var defaults: [String: Fact] = [:]
    for fact in facts where fact.id.schema == id.schema && fact.id.name == id.name {
      if fact.id.kind == .column { columns[fact.id.member] = fact }
      if fact.id.kind == .columnDefault { defaults[fact.id.member] = fact }
    }
    self.columns = columns
    self.defaults = defaults
    sequences = Set(
      catalog.facts.values.filter {
        $0.id.kind == .sequenceOwner && $0.list(.column).prefix(2) == [id.schema, id.name]
      }.map { "\($0.id.path) \($0.list(.column))" })
    hasHeirs = catalog.facts.values.contains {
      $0.id.kind.isTable && $0.partitionParent == nil && $0.list(.inherits).contains(id.sqlName)
    }
  }

  var primaryKey: Fact? {
    facts.first { $0.parent == root.id && $0.id.kind == .constraint && $0.text(.type) == "p" }
  }

  func hasDefault(of table: FactID) -> Bool {
    facts.contains { $0.partitionParent == table && $0.text(.bound) == "DEFAULT" }
  }
}

extension Fact {
  /// Whether it keeps rows out.
  fileprivate var isRestriction: Bool { id.kind == .constraint || id.kind == .index && flag(.unique) }
}
