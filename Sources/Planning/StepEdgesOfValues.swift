internal import Catalog
internal import Postgres

/// Edges that follow from what is done to values: what gives them, what checks them, what computes them.
extension StepGraph {
  // MARK: Numbers

  static func successions(_ delta: Delta) -> [NumberSuccession] {
    // Columns that are made an identity or cease to be one, and those that have another default.
    var columns: Set<FactID> = []
    for id in delta.altered.keys where id.kind == .column { columns.insert(id) }
    for id in delta.created.union(delta.altered.keys) where id.kind == .columnDefault {
      columns.insert(FactID(.column, schema: id.schema, name: id.name, member: id.member))
    }
    return columns.subtracting(delta.created).sorted().compactMap { NumberSuccession(of: $0, delta.context) }
  }

  /// A sequence goes after its successor has read where it stopped.
  mutating func connectSuccessions() {
    for succession in successions {
      let column = succession.column
      let value = FactID(.columnDefault, schema: column.schema, name: column.name, member: column.member)
      if succession.endsIdentity {
        switch succession.new {
        case .sequence(let giver), .identityOf(let giver, _):
          order(creators[giver] ?? alterers[giver], before: cleaners[column])
        case .identity: break
        }
        order(cleaners[column], before: creators[value])
        // What is said of its sequence goes while that has its name.
        if succession.setsAside {
          for id in delta.sourceChildren[column] ?? [] where id.subject == .sequence || id.subjectID?.kind == .sequence
          {
            order(droppers[id], before: alterers[column])
          }
        }
        continue
      }
      guard let old = succession.predecessor, delta.dropped.contains(old) else { continue }
      let isIdentity = if case .identity = succession.new { true } else { false }
      // A sequence that others use too may be set aside for one of them: the others read it before that.
      let end = succession.readsAside ? cleaners[old] ?? droppers[old] : droppers[old]
      let reader = isIdentity ? alterers[column] : creators[value] ?? alterers[value]
      order(reader, before: end)
      if succession.readsAside, cleaners[old] != nil { order(droppers[old], before: reader) }
    }
  }

  /// A sequence that stays for others, and gets other bounds or another direction, does so after its successor has read where it
  /// stopped; columns that exchange theirs read what they find.
  mutating func connectLeftSequences() {
    for succession in successions where !succession.endsIdentity {
      guard let old = succession.predecessor, let alterer = alterers[old] else { continue }
      let column = succession.column
      let value = FactID(.columnDefault, schema: column.schema, name: column.name, member: column.member)
      let isIdentity = if case .identity = succession.new { true } else { false }
      guard let step = isIdentity ? alterers[column] : creators[value] ?? alterers[value],
        !successors(of: alterer).contains(step)
      else { continue }
      order(step, before: alterer)
    }
  }

  /// Where no value can be converted, the new default gives each row one, and what it needs has to be there.
  mutating func connectFreshValues() {
    for (id, step) in alterers where id.kind == .column {
      let value = FactID(.columnDefault, schema: id.schema, name: id.name, member: id.member)
      guard let old = delta.source[id]?.optionalText(.type), let new = delta.target[id]?.optionalText(.type),
        old != new,
        delta.context.conversions[old, new].way == .anew
      else { continue }
      for need in delta.target[value]?.needs ?? [] where need != id {
        order(creators[need] ?? finisher(need), before: step)
      }
    }
  }

  /// What takes the name of an identity's sequence that ends, and no number from it.
  static func forgotten(_ delta: Delta, _ successions: [NumberSuccession]) -> [FactID: Hazard] {
    var carried: Set<RelationPlace> = []
    for succession in successions {
      carried.insert(succession.new.place)
      if let old = succession.old { carried.insert(old.place) }
    }
    var ended: [RelationPlace: FactID] = [:]
    for fact in delta.source.facts.values where fact.id.kind == .column {
      let path = fact.list(.sequence)
      guard path.count == 2, delta.target[fact.id]?.list(.sequence).exact != path.exact else { continue }
      let place = RelationPlace(path[0], path[1])
      if !carried.contains(place) { ended[place] = fact.id }
    }
    guard !ended.isEmpty else { return [:] }
    var forgotten: [FactID: Hazard] = [:]
    for id in delta.created.union(delta.altered.keys) {
      let path = id.kind == .sequence ? [id.schema, id.name] : delta.target[id]?.list(.sequence) ?? []
      guard path.count == 2, let column = ended[RelationPlace(path[0], path[1])], column != id else { continue }
      forgotten[id] = Hazard(
        .dataLoss,
        "\(id) takes the name of the sequence of \(column), which is an identity no more, and starts anew: carry the position over with setval()"
      )
    }
    return forgotten
  }

  // MARK: Domains

  /// A domain has its checks before anything is of it: PostgreSQL adds none once it stands in an array or in a composite
  /// type that a column has.
  mutating func connectDomains() {
    let steps = makers
    var own: [FactID: [(step: Int, needs: Set<FactID>)]] = [:]
    for (id, step) in steps where id.kind == .domainConstraint && !isForNewValues(id) {
      guard let domain = delta.target[id]?.parent else { continue }
      own[domain, default: []].append((step, closure(of: id, in: delta.target, except: domain)))
    }
    guard !own.isEmpty else { return }
    /// Those of a type, or of the domain that it is made of.
    func checks(of type: FactID) -> [(step: Int, needs: Set<FactID>)] {
      if let found = own[type] { return found }
      guard type.kind == .domain, let base = (delta.target[type] ?? delta.source[type])?.needs else { return [] }
      return base.flatMap { $0.kind == .domain ? checks(of: $0) : [] }
    }
    for index in nodes.indices where nodes[index].fact.id.kind != .domainConstraint {
      let isDrop = nodes[index].action == .drop
      for fact in [nodes[index].fact] + nodes[index].merged {
        guard !delta.parked.contains(fact.id) else { continue }
        let before = delta.source[fact.id]?.needs ?? []
        for need in isDrop ? before : fact.needs {
          for check in checks(of: need) where !check.needs.contains(fact.id) && fact.parent != need {
            if isDrop { order(index, before: check.step) } else { order(check.step, before: index) }
          }
        }
        // An object that ceases to use the domain does so before the check comes.
        guard nodes[index].action == .alter else { continue }
        for need in before where !fact.needs.contains(need) {
          for check in checks(of: need) where !check.needs.contains(fact.id) { order(index, before: check.step) }
        }
      }
    }
  }

  private func closure(of id: FactID, in catalog: Catalog, except excluded: FactID) -> Set<FactID> {
    var found: Set<FactID> = []
    var queue = [id]
    while let next = queue.popLast() {
      guard next != excluded, found.insert(next).inserted, let fact = catalog[next] else { continue }
      queue += fact.needs + (fact.parent.map { [$0] } ?? [])
    }
    return found
  }

  // MARK: Expressions

  /// What is computed while the plan runs calls functions, whose bodies PostgreSQL does not look into before: what they
  /// name comes first, as far as nothing else says otherwise.
  mutating func connectEvaluation() {
    let evaluated = nodes.indices.filter(isEvaluated)
    guard !evaluated.isEmpty else { return }
    let steps = creators.merging(alterers.keys.map { ($0, finisher($0) ?? 0) }) { creator, _ in creator }
    guard steps.keys.contains(where: { $0.kind == .function }) else { return }
    var bodies = FunctionBodies(delta.target, delta.targetChildren)
    for index in evaluated {
      let found = bodies.reach(of: ([nodes[index].fact] + nodes[index].merged).flatMap(\.needs))
      guard found.contains(where: { $0.kind == .function }) else { continue }
      let followers = successors(of: index)
      for id in found.sorted() {
        if let step = steps[id], step != index, !followers.contains(step) { order(step, before: index) }
      }
    }
  }

  /// Whether a step computes expressions on what is there, or prepares to.
  private func isEvaluated(_ index: Int) -> Bool {
    let (node, id) = (nodes[index], nodes[index].fact.id)
    guard node.action != .drop else { return false }
    switch id.kind {
    case .materializedView: return node.fact.attributes[.populated] != .flag(false)
    case .constraint: return node.action == .create && ["c", "x"].contains(node.fact.text(.type))
    case .index, .domainConstraint: return true
    case .column:
      return node.action == .create || delta.source[id]?.attributes[.type] != node.fact.attributes[.type]
    default: return false
    }
  }

  func successors(of index: Int) -> Set<Int> {
    var found: Set<Int> = []
    var queue = [index]
    while let next = queue.popLast() {
      for successor in nodes[next].successors where found.insert(successor).inserted { queue.append(successor) }
    }
    return found
  }
}
