package import Catalog
internal import Postgres

/// Where values of a type are stored: in columns of the type itself, and in those of arrays, composite types, ranges,
/// domains and rows that are made of it.
struct TypeHoldings {
  struct Holder: Hashable {
    /// A column of a table, or a materialized view.
    var id: FactID
    /// Whether the values stand within others.
    var isContained: Bool
  }

  let source: Catalog
  let dependents: [FactID: [FactID]]

  /// - Parameter type: a type, or a table for its rows.
  func holders(of type: FactID) -> [Holder] { reach(of: type).holders }

  /// What PostgreSQL keeps of the type in expressions, and has to be gone while the type changes.
  ///
  /// Of a composite type, or a table's rows: all that has one, since it changes no column of a type that stands in an
  /// expression. Of a domain: routines whose parsed bodies say something of what holds it.
  func obstacles(to type: FactID) -> [FactID] {
    let reach = reach(of: type)
    return (type.kind == .domain ? reach.routines : reach.expressions).sorted()
  }

  private struct Reach {
    var holders: [Holder] = []
    var expressions: Set<FactID> = []
    /// Routines with a parsed body that take values which the type stands in.
    var routines: Set<FactID> = []
  }

  private func reach(of type: FactID) -> Reach {
    var found: [FactID: Bool] = [:]
    var reach = Reach()
    var visited: Set<Holder> = []
    var queue = [Holder(id: type, isContained: type.kind.isTable)]
    while let next = queue.popLast() {
      guard visited.insert(next).inserted else { continue }
      // A value of the type itself is in nobody's way.
      let names = [next.id.sqlName + "[]"] + (next.isContained ? [next.id.sqlName] : [])
      for id in dependents[next.id] ?? [] {
        guard let fact = source[id] else { continue }
        // A domain's values are its base type's; everything else that is made of a type contains it.
        let isItself = !next.isContained && fact.text(.type) == next.id.sqlName
        switch id.kind {
        case .column:
          found[id] = found[id] == true || !isItself
          if let table = fact.parent, table != next.id { queue.append(Holder(id: table, isContained: true)) }
        case .domain: queue.append(Holder(id: id, isContained: !isItself))
        case .compositeType, .rangeType: queue.append(Holder(id: id, isContained: true))
        // The type of a typed table's rows changes with it.
        case .table where fact.attributes[.ofType] != nil && next.id.kind == .compositeType:
          queue.append(Holder(id: id, isContained: true))
        case .materializedView: found[id] = true
        // What is said of a table needs that, with or without its row type.
        case _ where fact.parent == next.id: break
        // From version 18 on it would stay. What is to be ordered by it goes with it.
        case .operatorClass, .operatorFamily, .view, .columnDefault, .policy, .index, .rule, .trigger, .statistics,
          .domainConstraint:
          reach.expressions.insert(id)
        case .constraint where fact.text(.type) == "c": reach.expressions.insert(id)
        case .function:
          let kept = Self.kept(of: fact)
          if kept.body || kept.defaults { reach.expressions.insert(id) }
          let types = id.member.split(separator: ", ").map(String.init)
          if kept.body, names.contains(where: types.contains) { reach.routines.insert(id) }
        default: break
        }
      }
    }
    reach.holders = found.map { Holder(id: $0.key, isContained: $0.value) }.sorted { $0.id < $1.id }
    return reach
  }

  /// What a routine has of its types beside their names in its signature: a body that is parsed already, and defaults.
  private static func kept(of routine: Fact) -> (body: Bool, defaults: Bool) {
    guard let node = ParseTree(parsing: routine.text(.definition))?["CreateFunctionStmt"] else { return (false, true) }
    let parameters = (node["parameters"]?.elements ?? []).compactMap { $0["FunctionParameter"] }
    return (node["sql_body"] != nil, parameters.contains { $0["defexpr"] != nil })
  }
}

/// What values of types look like in two states.
package struct TypeLayouts {
  private let source: Catalog
  private let target: Catalog
  private let sourceChildren: [FactID: [FactID]]
  private let targetChildren: [FactID: [FactID]]

  package init(from source: Catalog, to target: Catalog) {
    self.init(source, target, source.childrenByParent(), target.childrenByParent())
  }

  init(
    _ source: Catalog, _ target: Catalog, _ sourceChildren: [FactID: [FactID]], _ targetChildren: [FactID: [FactID]]
  ) {
    (self.source, self.target) = (source, target)
    (self.sourceChildren, self.targetChildren) = (sourceChildren, targetChildren)
  }

  /// The composite types and tables that a column's type is made of, and whose attributes are others in the target.
  package func changed(within column: FactID) -> Set<FactID> {
    var visited: Set<FactID> = []
    var changed: Set<FactID> = []
    var queue = source[column]?.needs ?? []
    while let id = queue.popLast() {
      guard id.kind.isType || id.kind.isTable, visited.insert(id).inserted, let old = source[id], let new = target[id]
      else { continue }
      queue += old.needs
      if id.kind == .compositeType, old.attributes != new.attributes { changed.insert(id) }
      guard id.kind.isTable else { continue }
      let before = columns(of: id, sourceChildren, source)
      if before.mapValues(\.type) != columns(of: id, targetChildren, target).mapValues(\.type) { changed.insert(id) }
      for column in before.values { queue += source[column.id]?.needs ?? [] }
    }
    return changed
  }

  /// The columns of a table's rows in the source.
  func columnsBefore(of table: FactID) -> [FactID] { columns(of: table, sourceChildren, source).values.map(\.id) }

  /// The same in the target.
  func columnsAfter(of table: FactID) -> [FactID] { columns(of: table, targetChildren, target).values.map(\.id) }

  /// The columns of a table's rows, by name: its own, and those of the tables that it is a partition or a child of.
  private func columns(
    of table: FactID, _ children: [FactID: [FactID]], _ catalog: Catalog
  ) -> [ExactText: (id: FactID, type: AttributeValue?)] {
    var columns: [ExactText: (id: FactID, type: AttributeValue?)] = [:]
    var tables = [table]
    while let next = tables.popLast() {
      for id in children[next] ?? [] where id.kind == .column && columns[ExactText(id.member)] == nil {
        columns[ExactText(id.member)] = (id, catalog[id]?.attributes[.type])
      }
      tables += catalog.parents(of: next)
    }
    return columns
  }
}

extension Delta {
  /// PostgreSQL checks a constraint that a domain gets, or that is validated, in columns of the domain itself, and refuses
  /// it where the domain stands within a column's type.
  mutating func clearStricterDomains(_ queue: inout [FactID]) {
    var domains: Set<FactID> = []
    for id in created.union(altered.keys) where id.kind == .domainConstraint {
      if let domain = target[id]?.parent { domains.insert(domain) }
    }
    for id in altered.keys where id.kind == .domain && target[id]?.flag(.notNull) == true { domains.insert(id) }
    for domain in domains.sorted() where source.contains(domain) && !dropped.contains(domain) {
      guard cleared.insert(domain).inserted else { continue }
      for holder in holdings.holders(of: domain) where holder.isContained { clear(holder.id, for: domain, &queue) }
      for obstacle in holdings.obstacles(to: domain) { replace(obstacle, &queue) }
    }
  }

  /// PostgreSQL refuses to change the type of an attribute while a column holds the composite type, in whatever way.
  mutating func clearCompositeTypes(_ queue: inout [FactID]) {
    for type in altered.keys.sorted() where type.kind == .compositeType {
      guard let old = source[type], let new = target[type], CompositeTypeRule.changesTypes(from: old, to: new) else {
        continue
      }
      cleared.insert(type)
      for holder in holdings.holders(of: type) { clear(holder.id, for: type, &queue) }
      for obstacle in holdings.obstacles(to: type) { replace(obstacle, &queue) }
    }
  }

  /// Nor does it write a table anew while its rows are values of a column elsewhere.
  mutating func clearRowTypes(_ queue: inout [FactID]) {
    let rewritten = rewrittenTables()
    let tables = rewritten.filter { !dropped.contains($0) }
    cleared.formUnion(tables)
    // A child that goes does so before the parent is written anew, and one that comes, after it: a column of the one's rows
    // that becomes one of the other's waits as text meanwhile.
    for table in rewritten.subtracting(tables).sorted() {
      for holder in holdings.holders(of: table) where holder.id.kind == .column && !dropped.contains(holder.id) {
        guard let parent = tables.sorted().first(where: { becomesMade(holder.id, of: $0) }) else { continue }
        _ = park(holder.id, while: parent, &queue)
      }
    }
    for table in tables.sorted() {
      for holder in holdings.holders(of: table) { clear(holder.id, for: table, &queue) }
      for obstacle in holdings.obstacles(to: table) { replace(obstacle, &queue) }
    }
  }

  private mutating func clear(_ holder: FactID, for changed: FactID, _ queue: inout [FactID]) {
    if dropped.contains(holder) || parkedFor[holder]?.contains(changed) == true { return }
    if holder.kind == .column {
      if park(holder, while: changed, &queue) { return }
      // From one that changes to another that does.
      if let other = cleared.sorted().first(where: { becomesMade(holder, of: $0) }), park(holder, while: other, &queue)
      {
        if parked.contains(holder) { parkedFor[holder, default: []].insert(changed) }
        return
      }
      guard let old = source[holder], let new = target[holder] else { return }
      // What is computed is computed again.
      if old.attributes[.generated] != nil, new.attributes[.generated] != nil {
        replace(holder, &queue)
        disturbances.append((changed, holder))
        return
      }
      guard old.attributes[.type] == new.attributes[.type], old.attributes[.generated] == nil else { return }
      refusals.append(
        "\(changed) changes, which PostgreSQL refuses while \(holder) holds it, and as a child's or a typed table's column it cannot wait as text; give the table a plain column first, or do it in two steps"
      )
    } else {
      replace(holder, &queue)
      disturbances.append((changed, holder))
    }
  }

  /// Whether PostgreSQL writes a new column's value even where it is NULL: its domain, or one that this is over, has checks, is NOT
  /// NULL or has a default.
  private func isOfRestrictedDomain(_ fact: Fact) -> Bool {
    fact.needs.contains { id in
      fact.text(.type) == id.sqlName && isRestricted(id)
    }
  }

  private func isRestricted(_ id: FactID) -> Bool {
    guard id.kind == .domain, let domain = target[id] else { return false }
    return domain.flag(.notNull) || domain.attributes[.defaultExpression] != nil
      || (targetChildren[id] ?? []).contains { $0.kind == .domainConstraint } || isOfRestrictedDomain(domain)
  }

  /// Tables that get values in a column, or whose columns get another type.
  private func rewrittenTables() -> Set<FactID> {
    var tables: Set<FactID> = []
    for (id, _) in altered {
      switch id.kind {
      case .column:
        let isRetyped = [AttributeKey.type, .collation].contains {
          source[id]?.attributes[$0] != target[id]?.attributes[$0]
        }
        if isRetyped || parked.contains(id), let table = source[id]?.parent { tables.insert(table) }
      case .table:
        let (old, new) = (source[id], target[id])
        if old?.attributes[.persistence] != new?.attributes[.persistence]
          || old?.attributes[.accessMethod] != new?.attributes[.accessMethod]
        {
          tables.insert(id)
        }
      case .compositeType:
        // What its tables get of it.
        guard let old = source[id], let new = target[id],
          new.needs.contains(where: { !old.needs.contains($0) && isRestricted($0) })
        else { continue }
        tables.formUnion((sourceDependents[id] ?? []).filter { source[$0]?.attributes[.ofType] != nil })
      case .enumType:
        guard let old = source[id], let new = target[id], EnumRule.swaps(old, new) else { continue }
        for column in sourceDependents[id] ?? [] where column.kind == .column {
          if let table = source[column]?.parent { tables.insert(table) }
        }
      default: break
      }
    }
    for id in created {
      // A new column of a table that stays, with values.
      if id.kind == .columnDefault, let column = target[id]?.parent, created.contains(column),
        let table = target[column]?.parent, source.contains(table)
      {
        tables.insert(table)
      }
      if id.kind == .column, let fact = target[id], let table = fact.parent, source.contains(table),
        fact.attributes[.generated] != nil || fact.attributes[.identity] != nil || isOfRestrictedDomain(fact)
      {
        tables.insert(table)
      }
    }
    // With their partitions and children.
    var queue = Array(tables)
    while let table = queue.popLast() {
      for id in context.sourceTables[table] ?? [] where tables.insert(id).inserted { queue.append(id) }
    }
    return tables
  }
}
