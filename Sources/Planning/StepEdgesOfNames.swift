internal import Catalog
internal import Postgres

extension StepGraph {
  /// A name is free only after its holder is gone.
  mutating func connectNames() {
    var holders: [ExactText: [Int]] = [:]
    for id in delta.dropped {
      guard let fact = delta.source[id], let dropper = droppers[id] else { continue }
      for name in Self.places(fact, delta.source, delta.context.sourceTables) {
        holders[name, default: []].append(dropper)
      }
    }
    for (id, alterer) in alterers {
      // An identity column takes a name when it becomes one, and leaves it when it ceases to be.
      guard let old = delta.source[id], let new = delta.target[id] else { continue }
      let before = Set(Self.places(old, delta.source, delta.context.sourceTables))
      let after = Set(Self.places(new, delta.target, delta.context.targetTables))
      for name in before.subtracting(after) { holders[name, default: []].append(alterer) }
    }
    connectPartNames(&holders)
    for (id, dropper) in droppers where id.kind == .partitionIndex && delta.impliedDrops[id] == nil {
      guard let usual = delta.source[id]?.optionalText(.usual) else { continue }
      for holder in holders[Self.place("relation", id.schema, usual)] ?? [] where nodes[holder].action != .create {
        order(holder, before: dropper)
      }
    }
    let takers = creators.merging(alterers) { creator, _ in creator }
    for (id, creator) in takers.sorted(by: { $0.key < $1.key }) {
      guard let fact = delta.target[id] else { continue }
      for name in Self.places(fact, delta.target, delta.context.targetTables) {
        // What steps aside takes its name in the end.
        let isLast = name.text.hasPrefix("constraint\0") || delta.context.exchanging.contains(id)
        let last = cleaners[id] ?? delta.context.notNull.anchors[id].flatMap { cleaners[$0] }
        let taker = isLast ? last ?? creator : creator
        for holder in holders[name] ?? [] { order(holder, before: taker) }
      }
    }
  }

  /// A part of an index has the name that PostgreSQL gives it from when the index or the partition is made until it is
  /// renamed; and it has that without a number only where nothing else has it by then.
  private mutating func connectPartNames(_ holders: inout [ExactText: [Int]]) {
    for (name, part) in delta.source.indexParts {
      for step in [creators[part.id], droppers[part.root], part.id.table.flatMap { droppers[$0] }] {
        if let step { holders[Self.place("relation", name.schema, name.name), default: []].append(step) }
      }
    }
    for (id, creator) in creators where id.kind == .partitionIndex {
      guard let usual = delta.target[id]?.optionalText(.usual) else { continue }
      holders[Self.place("relation", id.schema, usual), default: []].append(creator)
    }
    for (name, part) in delta.target.indexParts where part.usual.text != name.name {
      let makers = [creators[part.root], part.id.table.flatMap { creators[$0] }].compactMap { $0 }
      guard let maker = makers.first else { continue }
      for kind in [FactKind.index, .table, .view, .materializedView, .sequence] {
        let other = FactID(kind, schema: name.schema, name: part.usual.text)
        if other != part.root, other != part.id.table { order(creators[other], before: maker) }
      }
    }
  }

  /// The names of relations among those that a fact takes, by schema and name.
  static func relationNames(_ fact: Fact) -> [RelationPlace] {
    let id = fact.id
    switch id.kind {
    case .table, .foreignTable, .view, .materializedView, .compositeType, .index, .sequence:
      return [RelationPlace(id.schema, id.name)]
    case .column: return fact.list(.sequence).last.map { [RelationPlace(id.schema, $0)] } ?? []
    case .constraint where ["p", "u", "x"].contains(fact.text(.type)): return [RelationPlace(id.schema, id.member)]
    case .partitionIndex: return fact.optionalText(.name).map { [RelationPlace(id.schema, $0)] } ?? []
    default: return []
    }
  }

  /// The names that a fact takes, and the places that are there once. A table has one primary key, whatever that is called, and
  /// partitions have that of their table.
  static func places(_ fact: Fact, _ catalog: Catalog, _ tables: [FactID: [FactID]]) -> [ExactText] {
    var places = names(fact) + handedDown(fact, catalog, tables)
    guard fact.id.kind == .constraint, fact.text(.type) == "p", let table = fact.parent else { return places }
    var holders = [table]
    while let holder = holders.popLast() {
      places.append(place("primary key", holder.schema, holder.name))
      holders += (tables[holder] ?? []).filter { catalog[$0]?.partitionParent != nil }
    }
    return places
  }

  /// The names of constraints that the children of a table have from it: checks, since version 18 NOT NULL, which always
  /// has a name, and triggers.
  private static func handedDown(_ fact: Fact, _ catalog: Catalog, _ tables: [FactID: [FactID]]) -> [ExactText] {
    let id = fact.id
    var found: [ExactText] = []
    let name: String
    switch id.kind {
    case .column, .inheritedColumn:
      guard catalog.serverVersion.major >= 18 else { return [] }
      let table = FactID(.table, schema: id.schema, name: id.name)
      guard NotNull.isOwn(id.member, of: table, catalog) else { return [] }
      name = NotNull.name(fact, catalog)
      found.append(place("constraint", id.schema, id.name, name))
      if NotNull.isAlone(fact) { return found }
    case .constraint:
      guard ["c", "n"].contains(fact.text(.type)), !NotNull.isUnvalidatedAlone(fact) else { return [] }
      name = id.member
    // Partitions have copies of it.
    case .trigger where fact.parent.flatMap { catalog[$0]?.attributes[.partitionKey] } != nil: name = id.member
    default: return []
    }
    var queue = fact.parent.flatMap { tables[$0] } ?? []
    while let table = queue.popLast() {
      found.append(place("constraint", table.schema, table.name, name))
      queue += tables[table] ?? []
    }
    return found
  }

  /// The place of a constraint among those of its table.
  static func constraintPlace(_ id: FactID) -> ExactText { place("constraint", id.schema, id.name, id.member) }

  /// No name has the character that parts them.
  private static func place(_ namespace: String, _ names: String...) -> ExactText {
    ExactText(([namespace] + names).joined(separator: "\0"))
  }

  /// The names that a fact takes, in PostgreSQL's namespaces: relations and their row types share theirs with indexes,
  /// sequences and types.
  private static func names(_ fact: Fact) -> [ExactText] {
    let id = fact.id
    let relations = relationNames(fact).map { place("relation", $0.schema, $0.name) }
    switch id.kind {
    case .table, .foreignTable, .view, .materializedView, .compositeType:
      return relations + [place("type", id.schema, id.name)]
    case .domain:
      return [place("type", id.schema, id.name)]
        + (fact.optionalText(.notNullName).map { [place("constraint", id.schema, id.name, $0)] } ?? [])
    case .enumType, .rangeType, .baseType: return [place("type", id.schema, id.name)]
    case .column, .inheritedColumn:
      return relations + (fact.optionalText(.notNullName).map { [place("constraint", id.schema, id.name, $0)] } ?? [])
    case .constraint, .domainConstraint: return relations + [constraintPlace(id)]
    // A constraint trigger is one of its table's constraints. For another trigger this is an edge too many, and no harm.
    case .trigger: return [constraintPlace(id)]
    case .function: return [place("function", id.schema, id.name, id.member)]
    default: return relations
    }
  }
}

extension Delta {
  /// Whether an identity column stays one, and its sequence gets another name.
  func renamesSequence(_ column: FactID) -> Bool {
    guard column.kind == .column, altered[column] != nil, let old = source[column], let new = target[column],
      !old.list(.sequence).isEmpty, !new.list(.sequence).isEmpty
    else { return false }
    return old.attributes[.sequence] != new.attributes[.sequence]
  }
}
