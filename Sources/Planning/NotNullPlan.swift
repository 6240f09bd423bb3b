internal import Catalog
internal import Postgres

/// What has to be done for NOT NULL in all families of tables.
struct NotNullPlan {
  struct Steps {
    /// Before the column gets another type.
    var before: [String] = []
    var after: [String] = []
    var cleanup: [String] = []
  }

  /// Whose alteration does it for each column.
  private(set) var anchors: [FactID: FactID] = [:]
  private(set) var steps: [FactID: Steps] = [:]
  /// What comes after new columns, for the tables that inherit them.
  private(set) var afterCreation: [FactID: [String]] = [:]
  private var made: Set<FactID> = []
  /// Names that partitions get while they are away from their parents.
  private(set) var renamesWhileAway: [FactID: [(from: String, to: String)]] = [:]
  /// Constraints that have to be made anew, and the columns whose alteration is in between.
  private(set) var remade: [FactID: FactID] = [:]
  private(set) var refusals: [String] = []

  init() {}

  init(_ context: RuleContext) {
    guard context.target.serverVersion.major >= 18 else { return }
    for (table, column) in Self.suspects(context) { add(table, column, [], [], context, atLeast: 2) }
  }

  /// The same once it is known what is made anew, and has nothing that could be altered.
  ///
  /// - Parameter parked: columns that are of another type for a while.
  func without(
    _ dropped: Set<FactID>, created: Set<FactID>, parked: Set<FactID>, _ context: RuleContext
  ) -> NotNullPlan {
    guard context.target.serverVersion.major >= 18 else { return self }
    var plan = NotNullPlan()
    for column in created.sorted() where column.kind == .column { plan.add(created: column, created, dropped, context) }
    for own in anchors.keys.sorted() where plan.anchors[own] == nil && !dropped.contains(own) {
      let table = [FactKind.table, .foreignTable].map { FactID($0, schema: own.schema, name: own.name) }
        .first(where: context.target.contains)
      if let table { plan.add(table, own.member, dropped, parked, context, atLeast: 1) }
    }
    return plan
  }

  /// A new column of a table that is there reaches those that inherit from it, with NOT NULL under the same name.
  private mutating func add(
    created column: FactID, _ created: Set<FactID>, _ dropped: Set<FactID>, _ context: RuleContext
  ) {
    guard let fact = context.target[column], fact.flag(.notNull), !NotNull.isInherited(fact), let root = fact.parent,
      !created.contains(root)
    else { return }
    func id(_ table: FactID) -> FactID {
      FactID(.column, schema: table.schema, name: table.name, member: column.member)
    }
    var tables = [root]
    var next = 0
    while next < tables.count {
      for child in context.targetTables[tables[next]] ?? [] where !created.contains(child) && !tables.contains(child) {
        // One that has it of its own has it already.
        if context.target.contains(id(child)) || context.target.parents(of: child).count > 1 { return }
        tables.append(child)
      }
      next += 1
    }
    guard tables.count > 1 else { return }
    var family = NotNullFamily(column: column.member, tables: tables, made: root, context)
    do { try family.solve(isRetyped: true, isParked: false) } catch { refusals.append(error.reason) }
    afterCreation[column] = family.preparation + family.statements + family.cleanup
    made.formUnion(tables.map(id))
  }

  private mutating func add(
    _ table: FactID, _ column: String, _ dropped: Set<FactID>, _ parked: Set<FactID>, _ context: RuleContext,
    atLeast size: Int
  ) {
    func id(_ table: FactID) -> FactID {
      FactID(.column, schema: table.schema, name: table.name, member: column)
    }
    guard anchors[id(table)] == nil else { return }
    let tables = Self.family(of: table, column, dropped, context)
    guard tables.count >= size, let anchor = tables.map(id).first(where: context.target.contains) else { return }
    let isRetyped = tables.map(id).contains { id in
      guard let old = context.source[id], let new = context.target[id] else { return false }
      return old.attributes[.type] != new.attributes[.type] || old.attributes[.collation] != new.attributes[.collation]
    }
    var family = NotNullFamily(column: column, tables: tables, context)
    do {
      try family.solve(isRetyped: isRetyped, isParked: parked.contains(anchor))
    } catch {
      refusals.append(error.reason)
    }
    for table in tables { anchors[id(table)] = anchor }
    for constraint in family.remade { remade[constraint] = anchor }
    // What new children take over comes before them, and what holds for new rows only after them.
    steps[anchor] =
      family.isUnvalidated
      ? Steps(before: family.preparation, cleanup: family.statements + family.cleanup)
      : Steps(before: family.preparation, after: family.statements, cleanup: family.cleanup)
    for (table, renames) in family.renamesWhileAway { renamesWhileAway[table, default: []] += renames }
  }

  /// Whether somebody does it for a column, or for what is said of it.
  ///
  /// - Parameter created: what is made anew, and then has nothing that could be altered.
  func covers(_ id: FactID, unless created: Set<FactID>) -> Bool {
    let column = FactID(.column, schema: id.schema, name: id.name, member: id.member)
    return made.contains(column) || anchors[column].map { !created.contains($0) } ?? false
  }

  /// Whose alteration makes, keeps or drops a constraint that holds for new rows only; nil where it is a step of its own.
  func anchor(ofUnvalidated fact: Fact) -> FactID? {
    guard let column = NotNull.column(ofUnvalidated: fact) else { return nil }
    return anchors[FactID(.column, schema: fact.id.schema, name: fact.id.name, member: column)]
  }

  /// Columns of which NOT NULL changes.
  private static func suspects(_ context: RuleContext) -> [(table: FactID, column: String)] {
    var found: Set<FactID> = []
    func check(_ id: FactID) {
      guard id.kind == .column || id.kind == .inheritedColumn else { return }
      let (old, new) = (context.source[id], context.target[id])
      // A column that comes or goes takes it along.
      if id.kind == .column, old == nil || new == nil { return }
      func words(_ fact: Fact?) -> [AttributeValue?] {
        guard let fact else { return [nil, nil, nil] }
        let isRequired = fact.flag(.notNull) || fact.list(.columnSettings).contains("SET NOT NULL")
        return [.ifTrue(isRequired), fact.attributes[.notNullName], fact.attributes[.notNullOptions]]
      }
      // Another type makes them anew, and those of children otherwise.
      let isRetyped = id.kind == .column && old?.attributes[.type] != new?.attributes[.type]
      if words(old) != words(new) || isRetyped {
        found.insert(FactID(.column, schema: id.schema, name: id.name, member: id.member))
      }
    }
    func checkUnvalidated(_ fact: Fact, _ other: Catalog) {
      guard let column = NotNull.column(ofUnvalidated: fact), other[fact.id]?.attributes != fact.attributes else {
        return
      }
      found.insert(FactID(.column, schema: fact.id.schema, name: fact.id.name, member: column))
    }
    for fact in context.target.facts.values {
      check(fact.id)
      checkUnvalidated(fact, context.source)
    }
    for fact in context.source.facts.values {
      if fact.id.kind == .inheritedColumn { check(fact.id) }
      checkUnvalidated(fact, context.target)
    }
    for new in context.target.facts.values where new.id.kind.isTable {
      guard let old = context.source[new.id], old.attributes[.notNullNames] != new.attributes[.notNullNames] else {
        continue
      }
      let (before, after) = (NotNull.pairs(old), NotNull.pairs(new))
      for (column, name) in before + after {
        let isSame = before.contains { $0 == (column, name) } && after.contains { $0 == (column, name) }
        if !isSame { found.insert(FactID(.column, schema: new.id.schema, name: new.id.name, member: column)) }
      }
    }
    return found.sorted().compactMap { id in
      let table = [FactKind.table, .foreignTable].map { FactID($0, schema: id.schema, name: id.name) }
        .first(where: context.target.contains)
      return table.map { ($0, id.member) }
    }
  }

  /// The tables that share a column by inheritance, before and after: parents before their children.
  private static func family(
    of table: FactID, _ column: String, _ dropped: Set<FactID>, _ context: RuleContext
  ) -> [FactID] {
    func has(_ table: FactID) -> Bool {
      let own = FactID(.column, schema: table.schema, name: table.name, member: column)
      if dropped.contains(table) || dropped.contains(own) { return false }
      return [context.source, context.target].allSatisfy {
        $0.contains(table) && ($0.contains(own) || !$0.inheritedColumns(column, of: table).isEmpty)
      } && context.source.contains(own) == context.target.contains(own)
    }
    func parents(_ table: FactID) -> [FactID] {
      guard let old = context.source[table], let new = context.target[table],
        old.attributes[.partitionOf] == new.attributes[.partitionOf],
        old.attributes[.inherits] == new.attributes[.inherits]
      else { return [] }
      return context.target.parents(of: table).filter(has)
    }
    guard has(table) else { return [] }
    var members: Set<FactID> = []
    var queue = [table]
    while let next = queue.popLast() {
      guard members.insert(next).inserted else { continue }
      queue += parents(next)
      queue += (context.targetTables[next] ?? []).filter { has($0) && parents($0).contains(next) }
    }
    var ordered: [FactID] = []
    var waiting = members.sorted()
    while !waiting.isEmpty {
      let rest = Set(waiting)
      let ready = waiting.filter { !parents($0).contains(where: rest.contains) }
      if ready.isEmpty { break }
      ordered += ready
      waiting.removeAll(where: Set(ready).contains)
    }
    return ordered
  }
}
