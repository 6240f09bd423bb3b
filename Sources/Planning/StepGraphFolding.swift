internal import Catalog
internal import Postgres

/// The plan's steps, made of the graph's nodes in their order.
extension StepGraph {
  /// Writes the steps; defaults and constraints of a new table stand in its CREATE TABLE where no edge crosses.
  func fold(_ order: [Int]) -> [PlanStep] {
    var position = [Int](repeating: 0, count: nodes.count)
    for (index, node) in order.enumerated() { position[node] = index }
    var folded: [Int: [Int]] = [:]
    var absorbed: Set<Int> = []
    for node in order where nodes[node].action == .create {
      let fact = nodes[node].fact
      guard isFoldable(fact) else { continue }
      let table =
        creators[FactID(.table, schema: fact.id.schema, name: fact.id.name)]
        ?? creators[FactID(.foreignTable, schema: fact.id.schema, name: fact.id.name)]
      guard let table, nodes[table].fact.id.kind.isTable, nodes[table].fact.list(.notNullNames).isEmpty,
        fact.id.kind != .columnDefault || nodes[table].merged.contains(where: { $0.id == fact.parent })
      else { continue }
      let fits = nodes[node].predecessors.allSatisfy { predecessor in
        predecessor == table || position[predecessor] < position[table]
          || absorbed.contains(predecessor) && folded[table, default: []].contains(predecessor)
      }
      // CREATE TABLE makes one index for two keys of the same columns, and drops the constraint of the second.
      let isEquivalent = folded[table, default: []].contains {
        guard fact.id.kind == .constraint, let key = ConstraintRule.indexed(fact) else { return false }
        return ConstraintRule.indexed(nodes[$0].fact) == key
      }
      guard fits, !isEquivalent else { continue }
      folded[table, default: []].append(node)
      absorbed.insert(node)
    }
    let cleanerOf = Dictionary(
      uniqueKeysWithValues: cleaners.compactMap { id, cleaner in alterers[id].map { ($0, cleaner) } })
    var steps: [PlanStep] = []
    for (index, node) in order.enumerated() where !absorbed.contains(node) {
      var step = step(node, folded: folded[node] ?? [])
      if let cleaner = cleanerOf[node], index + 1 < order.count, order[index + 1] == cleaner {
        step.statements += nodes[cleaner].change.statements
        absorbed.insert(cleaner)
      }
      // What goes with something else by itself.
      if step.statements.isEmpty, [.inheritedConstraint, .inheritedColumn].contains(nodes[node].fact.id.kind) {
        continue
      }
      steps.append(step)
    }
    return steps
  }

  private func isFoldable(_ fact: Fact) -> Bool {
    switch fact.id.kind {
    case .columnDefault: true
    case .constraint:
      !fact.isForeignKey && !namesNotNull(fact) && fact.attributes[.validated] == nil && !fact.flag(.clustered)
        && fact.optionalText(.replicaIdentity) == nil && fact.list(.options).isEmpty
        && fact.attributes[.tablespace] == nil && fact.attributes[.valid] == nil && fact.attributes[.attached] == nil
    default: false
    }
  }

  /// From version 18 on a primary key within a child's CREATE TABLE gives its columns NOT NULL under names of their own; one that
  /// is added takes what they have from the parents.
  private func namesNotNull(_ fact: Fact) -> Bool {
    guard fact.text(.type) == "p", delta.target.serverVersion.major >= 18, let table = fact.parent else { return false }
    return delta.target[table]?.attributes[.inherits] != nil || delta.target[table]?.partitionParent != nil
  }

  private func step(_ index: Int, folded: [Int]) -> PlanStep {
    let node = nodes[index]
    let rule = Rules.rule(for: node.fact.id.kind)
    let foldedFacts = folded.map { nodes[$0].fact }
    var statements: [String]
    var hazards: [Hazard] = []
    switch node.action {
    case .create where node.fact.id.kind.isTable:
      var definition = TableDefinition(table: node.fact, columns: node.merged.filter { $0.id.kind == .column })
      definition.required = TableRule.requirements(of: node.fact, delta.context)
      for fact in foldedFacts {
        if fact.id.kind == .columnDefault {
          definition.defaults[ExactText(fact.id.member)] = fact
        } else {
          definition.constraints.append(fact)
        }
      }
      statements = definition.statements
      if node.fact.partitionParent != nil { hazards = TableRule.bound(of: node.fact, delta.context) }
    case .create where node.fact.id.kind == .column:
      statements = ColumnRule.add(
        node.fact, defaultValue: node.merged.first { $0.id.kind == .columnDefault },
        isParent: ColumnRule.isParent(node.fact, delta.context))
      statements += delta.context.notNull.afterCreation[node.fact.id] ?? []
    case .create where completers[node.fact.id] != nil:
      statements = node.change.statements
    case .create:
      statements = rule.create(node.fact, delta.context)
    case .alter:
      statements = node.change.statements
      hazards = node.change.hazards
    case .drop:
      if node.change.statements.isEmpty {
        statements = rule.drop(node.fact, delta.context)
        let hasSuccessor = successions.contains { $0.predecessor == node.fact.id }
        hazards = hasSuccessor ? [] : rule.dropHazards(node.fact) + heirsLosses(node.fact)
        // What was computed can be computed again only where it is computed still.
        if node.fact.attributes[.generated] != nil, let new = delta.target[node.fact.id],
          new.attributes[.generated] == nil
        {
          hazards.append(Hazard(.dataLoss, "drops column \(node.fact.id.path) with its values"))
        }
      } else {
        statements = node.change.statements
      }
    }
    if creators[node.fact.id] == index || alterers[node.fact.id] == index {
      hazards += ([node.fact] + node.merged).compactMap { forgotten[$0.id] }
    }
    if node.action == .create { statements += unwantedPrivileges(node.fact.id, delta.context.defaultPrivileges) }
    for column in [node.fact] + node.merged where column.id.kind == .column && node.action != .drop {
      // An identity column's sequence is new with it.
      guard let name = column.list(.sequence).last,
        node.action == .create || delta.source[column.id]?.optionalText(.identity) == nil
      else { continue }
      statements += unwantedPrivileges(
        FactID(.sequence, schema: column.id.schema, name: name), delta.context.defaults(for: column.id))
    }
    return PlanStep(
      action: node.action, subject: node.fact.id, includes: (node.merged + foldedFacts).map(\.id).sorted(),
      statements: statements, hazards: hazards, mustCommit: node.change.mustCommit,
      isReplacement: node.action == .create && delta.dropped.contains(node.fact.id))
  }

  /// What a dropped column takes along of the tables that inherit it, where somebody may take the children's for columns that stay.
  private func heirsLosses(_ column: Fact) -> [Hazard] {
    guard column.id.kind == .column, column.optionalText(.generated) == nil, let table = column.parent else {
      return []
    }
    var (heirs, tables): ([FactID], [FactID]) = ([], delta.context.sourceTables[table] ?? [])
    while let heir = tables.popLast() {
      let own = FactID(.column, schema: heir.schema, name: heir.name, member: column.id.member)
      guard delta.source[heir]?.partitionParent == nil, !delta.dropped.contains(heir), !delta.source.contains(own),
        !heirs.contains(own),
        // What another parent hands down stays.
        delta.target.inheritedColumns(column.id.member, of: heir).isEmpty
      else { continue }
      heirs.append(own)
      tables += delta.context.sourceTables[heir] ?? []
    }
    return heirs.sorted().map {
      Hazard(.dataLoss, "drops column \($0.path) with its values, which it has from \(table.sqlName)")
    }
  }

  /// What default privileges give a new object and the target does not have.
  private func unwantedPrivileges(_ id: FactID, _ defaults: DefaultPrivileges) -> [String] {
    var own: [String] = []
    if let initial = defaults.initial(id), !delta.target.contains(id.about(.grant, role: FactID.ownerRole)) {
      own = GrantRule.ofOwner(id, from: initial, to: nil, delta.context)
    }
    return own
      + (defaults.grantees(id).union([""])).sorted().flatMap { role -> [String] in
        guard !delta.target.contains(id.about(.grant, role: role)) else { return [] }
        return GrantRule.transition(
          id, role, from: defaults.initial(id, role), to: id.kind.usualPrivileges(of: role))
      }
  }
}
