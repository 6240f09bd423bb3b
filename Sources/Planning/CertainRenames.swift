package import Catalog
internal import Postgres

/// Indexes and constraints that are the same but for their names: nothing is gained by building them again.
///
/// Indexes and the keys behind constraints share their names with tables and sequences. A name that is still held is freed
/// first, where its holder is an index or a constraint too: it is renamed itself, or put aside until it is dropped.
package struct CertainRenames {
  /// In an order in which every name is free when it is taken.
  package private(set) var steps: [PlanStep] = []
  /// The state after them.
  package private(set) var source: Catalog

  private let target: Catalog
  private var names: [FactID: FactID] = [:]
  /// The other way round: what something was called at first.
  private var originals: [FactID: FactID] = [:]
  /// Who holds the names of relations, by schema and name.
  private var holders: [RelationPlace: FactID] = [:]
  private var targetHolders: [RelationPlace: FactID] = [:]
  /// Whose constraint has a name in a table, of those that are renamed.
  private var constraints: [FactID: FactID] = [:]
  private var tables: [FactID: [FactID]] = [:]

  package init(from source: Catalog, to target: Catalog) {
    self.source = source
    self.target = target
    let renames = Self.find(from: source, to: target)
    let hasParts = !source.indexParts.isEmpty || source.facts.keys.contains { $0.kind == .partitionIndex }
    guard !renames.isEmpty || hasParts else { return }
    tables = source.tablesByParent()
    holders = Self.holders(source)
    targetHolders = Self.holders(target)
    putPartsAside()
    perform(renames)
    self.source = self.source.renaming(names)
  }

  // MARK: Finding

  private static func find(from source: Catalog, to target: Catalog) -> [Rename] {
    struct Key: Hashable {
      var parent: FactID?
      var kind: FactKind
      var attributes: Attributes
    }
    func onlyIn(_ catalog: Catalog, not other: Catalog) -> [Key: [FactID]] {
      var found: [Key: [FactID]] = [:]
      for fact in catalog.facts.values where fact.id.kind == .index || fact.id.kind == .constraint {
        // NOT NULL that holds for new rows only costs nothing to make, and children may have it under other names.
        guard !other.contains(fact.id), fact.text(.type) != "n" else { continue }
        found[Key(parent: fact.parent, kind: fact.id.kind, attributes: fact.attributes), default: []].append(fact.id)
      }
      return found
    }
    let gone = onlyIn(source, not: target)
    guard !gone.isEmpty else { return [] }
    // NOT NULL lets go of its name with its column, and children's with their parents'.
    let tables = source.tablesByParent()
    let held = Set(
      source.facts.values.lazy.filter { $0.id.kind == .column || $0.id.kind == .inheritedColumn }
        .flatMap { StepGraph.places($0, source, tables) })
    var renames: [Rename] = []
    for (key, ids) in onlyIn(target, not: source) {
      for (from, to) in zip((gone[key] ?? []).sorted(), ids.sorted()) {
        // A constraint trigger is one of its table's constraints.
        let trigger = source[FactID(.trigger, schema: to.schema, name: to.name, member: to.member)]
        if held.contains(StepGraph.constraintPlace(to)) || trigger.map(TriggerRule.isConstraint) == true { continue }
        renames.append(Rename(from: from, to: to, evidence: "the same definition"))
      }
    }
    return markImplied(withoutInherited(renames, source), source).sorted { $0.to < $1.to }
  }

  /// A name that a table has from a parent's check is the parent's to give and to take.
  private static func withoutInherited(_ renames: [Rename], _ source: Catalog) -> [Rename] {
    var kept = renames
    let tables = source.tablesByParent()
    while true {
      let known = Set(kept.map { [$0.from.schema, $0.from.name, $0.from.member, $0.to.member].exact })
      let leaving = Set(kept.map(\.from))
      let left = kept.filter { rename in
        guard rename.from.kind == .constraint, let fact = source[rename.from] else { return true }
        // So is one that the table has from a parent.
        if source.elders(of: rename.to).contains(where: { source[$0]?.text(.type) == "c" && !leaving.contains($0) }) {
          return false
        }
        guard fact.text(.type) == "c" else { return true }
        // Children have it too. One of theirs that stays, or is dropped, is in the way.
        let isBlocked = checkTables(rename.from, tables).contains { table in
          let other = FactID(.constraint, schema: table.schema, name: table.name, member: rename.to.member)
          return source.contains(other) && !leaving.contains(other)
        }
        if isBlocked { return false }
        return !source.elders(of: rename.from).contains { elder in
          if known.contains([elder.schema, elder.name, rename.from.member, rename.to.member].exact) { return false }
          let other = FactID(.constraint, schema: elder.schema, name: elder.name, member: rename.to.member)
          return source.contains(elder) || source.contains(other)
        }
      }
      if left.count == kept.count { return left }
      kept = left
    }
  }

  private static func markImplied(_ renames: [Rename], _ source: Catalog) -> [Rename] {
    let known = Set(renames.map { [$0.from.schema, $0.from.name, $0.from.member, $0.to.member].exact })
    return renames.map { rename in
      guard rename.from.kind == .constraint, source[rename.from]?.text(.type) == "c" else { return rename }
      let table = FactID(.table, schema: rename.from.schema, name: rename.from.name)
      var copy = rename
      copy.isImplied = source.parents(of: table).contains { parent in
        known.contains([parent.schema, parent.name, rename.from.member, rename.to.member].exact)
      }
      return copy
    }
  }

  /// The tables that have a check: its own and, if it is inherited, those below.
  private static func checkTables(_ check: FactID, _ tables: [FactID: [FactID]]) -> [FactID] {
    var found = [FactID(.table, schema: check.schema, name: check.name)]
    var next = 0
    while next < found.count {
      for table in tables[found[next]] ?? [] where !found.contains(table) { found.append(table) }
      next += 1
    }
    return found
  }

  // MARK: Names

  private static func holders(_ catalog: Catalog) -> [RelationPlace: FactID] {
    var holders = catalog.indexParts.mapValues(\.id)
    for fact in catalog.facts.values {
      for name in StepGraph.relationNames(fact) { holders[name] = fact.id }
    }
    return holders
  }

  private func isTaken(_ schema: String, _ name: String) -> Bool {
    holders[RelationPlace(schema, name)] != nil || targetHolders[RelationPlace(schema, name)] != nil
  }

  private static func name(_ id: FactID) -> String { id.kind == .constraint ? id.member : id.name }
  private static func place(_ id: FactID) -> RelationPlace { RelationPlace(id.schema, name(id)) }

  /// Whether its name is that of a relation.
  private func isRelation(_ id: FactID) -> Bool {
    id.kind == .index || ["p", "u", "x"].contains(source[original(id)]?.text(.type))
  }

  /// The identity that an object had before the first rename.
  private func original(_ id: FactID) -> FactID { originals[id] ?? id }

  /// Parts of partitioned indexes whose names something else is to have get others, of those that PostgreSQL could have
  /// given them; what they are to be called in the end the plan says.
  private mutating func putPartsAside() {
    // Among parts, PostgreSQL finds names by itself.
    var parts = source.indexParts.filter { name, part in
      target.indexParts[name] == nil && targetHolders[name].map { $0 != part.id } ?? false
    }
    for fact in source.facts.values where fact.id.kind == .partitionIndex {
      guard let own = fact.optionalText(.name), let root = fact.needs.first else { continue }
      let name = RelationPlace(fact.id.schema, own)
      guard let holder = targetHolders[name], holder != fact.id else { continue }
      let usual = ChosenName(table: fact.id.name, columns: [], label: "part")
      parts[name] = IndexPart(id: fact.id, root: root, usual: usual)
    }
    // What leaves its parent takes its parts along, under their names.
    parts = parts.filter { _, part in
      guard let table = part.id.table else { return false }
      return source[table]?.partitionParent == target[table]?.partitionParent
    }
    for (name, part) in parts.sorted(by: { $0.key < $1.key }) {
      let isNamed = source[part.id]?.attributes[.name] != nil
      let free = part.usual.free { isTaken(name.schema, $0) }
      steps.append(
        PlanStep(
          altering: part.root,
          ["ALTER INDEX \(Quote.qualified(name.schema, name.name)) RENAME TO \(Quote.identifier(free))"])
      )
      holders[name] = nil
      holders[RelationPlace(name.schema, free)] = part.id
      source.indexParts[name] = nil
      if isNamed {
        // The plan finds it by what it is a part of.
        source[part.id]?.attributes[.name] = .text(free)
      } else {
        source.indexParts[RelationPlace(name.schema, free)] = part
      }
    }
  }

  // MARK: Order

  private mutating func perform(_ renames: [Rename]) {
    let possible = renames.filter { rename in
      guard isRelation(rename.from), let holder = holders[Self.place(rename.to)] else { return true }
      // A table or a sequence with the name is in the way until it is dropped: the index is built again.
      return holder.kind == .index || holder.kind == .constraint
    }
    var waiting = Dictionary(possible.map { ($0.from, $0) }) { first, _ in first }
    for rename in possible where rename.from.kind == .constraint && !rename.isImplied {
      for table in checkedTables(of: rename) {
        constraints[FactID(.constraint, schema: table.schema, name: table.name, member: rename.from.member)] =
          rename.from
      }
    }
    for rename in possible where waiting[rename.from] != nil {
      // Each waits for the one after it to free a name.
      var line = [rename]
      var places = [rename.from: 0]
      while let next = line.last.flatMap({ holder(of: $0, in: waiting) }) {
        if let place = places[next.from] {
          // They wait for each other in a ring.
          let aside = aside(next.from)
          take(Rename(from: next.from, to: aside, evidence: next.evidence))
          waiting[next.from] = nil
          line[place].from = aside
          break
        }
        places[next.from] = line.count
        line.append(next)
      }
      for rename in line.reversed() {
        waiting[rename.from] = nil
        freeName(of: rename)
        take(rename)
      }
    }
  }

  /// The rename that still has to free the name that a rename takes.
  private func holder(of rename: Rename, in moving: [FactID: Rename]) -> Rename? {
    if !isRelation(rename.from) {
      return checkedTables(of: rename).lazy.compactMap { table -> Rename? in
        let place = FactID(.constraint, schema: table.schema, name: table.name, member: rename.to.member)
        guard let holder = constraints[place], holder != rename.from else { return nil }
        return moving[holder]
      }.first
    }
    return holders[Self.place(rename.to)].flatMap { $0 == rename.from ? nil : moving[$0] }
  }

  /// The tables in which a constraint has its name.
  private func checkedTables(of rename: Rename) -> [FactID] {
    guard source[original(rename.from)]?.text(.type) == "c" else {
      return [FactID(.table, schema: rename.from.schema, name: rename.from.name)]
    }
    return Self.checkTables(rename.from, tables)
  }

  /// Puts aside what is dropped later.
  private mutating func freeName(of rename: Rename) {
    guard isRelation(rename.from), let holder = holders[Self.place(rename.to)] else { return }
    take(Rename(from: holder, to: aside(holder), evidence: "its name is needed"))
  }

  private func aside(_ id: FactID) -> FactID {
    let name = ChosenName(table: Self.name(id), columns: [], label: "old").free { name in
      isTaken(id.schema, name)
        || id.kind == .constraint
          && [source, target].contains { catalog in
            catalog.facts.keys.contains { $0.kind == .constraint && $0.member.isIdentical(to: name) }
          }
    }
    return id.kind == .constraint
      ? FactID(.constraint, schema: id.schema, name: id.name, member: name)
      : FactID(.index, schema: id.schema, name: name)
  }

  private mutating func take(_ rename: Rename) {
    if !rename.isImplied { steps.append(rename.step) }
    let isRelation = isRelation(rename.from)
    let first = original(rename.from)
    names[first] = rename.to
    originals[rename.from] = nil
    originals[rename.to] = first
    if isRelation {
      holders[Self.place(rename.from)] = nil
      holders[Self.place(rename.to)] = rename.to
    }
  }
}
