package import Catalog
internal import Postgres

/// One object under two names. A label of an enum is named like a part of its type.
package struct Rename: Sendable, Hashable {
  package var from: FactID
  package var to: FactID
  /// Why it is taken for the same.
  package var evidence: String
  /// Whether it comes with another: a check is renamed where it was inherited too.
  package var isImplied = false

  /// What PostgreSQL is told. Columns and parts are renamed once their tables are.
  package var step: PlanStep {
    let new = Quote.identifier(to.member.isEmpty ? to.name : to.member)
    let table = FactID(.table, schema: to.schema, name: to.name)
    let name = Quote.identifier(to.schema)
    let statement =
      switch to.kind {
      case _ where from.schema != to.schema: "ALTER \(from.objectClause) SET SCHEMA \(name)"
      case .column: "ALTER \(table.objectClause) RENAME COLUMN \(from.memberSQL) TO \(new)"
      case .constraint: "ALTER \(table.objectClause) RENAME CONSTRAINT \(from.memberSQL) TO \(new)"
      case .enumType where !to.member.isEmpty:
        "ALTER TYPE \(to.sqlName) RENAME VALUE \(Quote.literal(from.member)) TO \(Quote.literal(to.member))"
      default: "ALTER \(from.objectClause) RENAME TO \(new)"
      }
    var step = PlanStep(altering: to, [statement])
    if breaksClients {
      step.hazards.append(Hazard(.breaksClients, "\(from) has another name from then on; what uses the old one fails"))
    }
    return step
  }

  /// Whether programs name it: indexes and constraints are named by migrations alone.
  private var breaksClients: Bool {
    switch to.kind {
    case .index, .constraint, .trigger, .policy: false
    default: true
    }
  }
}

/// Finds the objects that have another name in the target than in the source.
package enum Renames {
  /// What the declarations say.
  ///
  /// - Parameter formerNames: the names that objects of the target had before.
  package static func declared(_ formerNames: [FactID: String], from source: Catalog, to target: Catalog) -> [Rename] {
    let renames = formerNames.compactMap { to, former -> Rename? in
      let from: FactID
      if to.kind == .enumType, !to.member.isEmpty {
        return declaredLabel(former, to, formerNames, source, target)
      }
      if to.kind == .column {
        let table = FactID(.table, schema: to.schema, name: to.name)
        let formerTable = source.contains(table) ? table.name : formerNames[table] ?? table.name
        from = FactID(.column, schema: to.schema, name: formerTable, member: former)
      } else {
        from = FactID(to.kind, schema: to.schema, name: former)
      }
      let stays = FactID(to.kind, schema: to.schema, name: to.kind == .column ? to.name : former, member: from.member)
      guard source.contains(from), target.contains(to), !source.contains(to), !target.contains(stays) else {
        return nil
      }
      return Rename(from: from, to: to, evidence: "declared")
    }
    return renames.sorted { ($0.to.kind.rank, $0.to) < ($1.to.kind.rank, $1.to) }
  }

  private static func declaredLabel(
    _ former: String, _ to: FactID, _ formerNames: [FactID: String], _ source: Catalog, _ target: Catalog
  ) -> Rename? {
    let type = FactID(.enumType, schema: to.schema, name: to.name)
    let formerType = FactID(.enumType, schema: to.schema, name: formerNames[type] ?? to.name)
    let (before, after) = (ExactText(former), ExactText(to.member))
    guard let old = (source[type] ?? source[formerType])?.list(.labels).exact,
      let new = target[type]?.list(.labels).exact,
      old.contains(before), !old.contains(after), new.contains(after), !new.contains(before)
    else { return nil }
    // By then the type has its new name.
    return Rename(
      from: FactID(.enumType, schema: to.schema, name: to.name, member: former), to: to, evidence: "declared")
  }

  /// What looks like something that is gone: a table by its columns, a column by its type and place, a view, sequence or
  /// type by its definition.
  package static func likely(from source: Catalog, to target: Catalog) -> [Rename] {
    let byDefinition = likelyByDefinition(source, target)
    var renames = likelyTablesAndColumns(source, target, after: byDefinition) + byDefinition
    if !renames.isEmpty {
      let taken = relationNames(source).subtracting(
        source.facts.keys.filter { $0.kind == .index }.map { RelationPlace($0.schema, $0.name) })
      renames.removeAll { $0.to.kind != .column && taken.contains(RelationPlace($0.to.schema, $0.to.name)) }
    }
    return renames + likelyOwnedSequences(renames, source, target) + likelyLabels(source, target)
  }

  /// The sequences of columns whose tables, or which themselves, have other names.
  private static func likelyOwnedSequences(_ renames: [Rename], _ source: Catalog, _ target: Catalog) -> [Rename] {
    let tables = Dictionary(uniqueKeysWithValues: renames.filter { $0.to.kind == .table }.map { ($0.from, $0.to) })
    let columns = Dictionary(
      uniqueKeysWithValues: renames.filter { $0.to.kind == .column }.map { ($0.from, $0.to.member) })
    guard !tables.isEmpty || !columns.isEmpty else { return [] }
    var sequences: [[ExactText]: FactID] = [:]
    for fact in target.facts.values where fact.id.kind == .sequenceOwner {
      sequences[fact.list(.column).exact] = FactID(.sequence, schema: fact.id.schema, name: fact.id.name)
    }
    var taken = relationNames(source)
    return source.facts.values.filter { $0.id.kind == .sequenceOwner }.sorted { $0.id < $1.id }.compactMap { owner in
      let parts = owner.list(.column)
      guard parts.count == 3 else { return nil }
      let former = FactID(.table, schema: parts[0], name: parts[1])
      let table = tables[former] ?? former
      let column = FactID(.column, schema: parts[0], name: parts[1], member: parts[2])
      let renamed = FactID(.column, schema: table.schema, name: table.name, member: parts[2])
      let member = columns[column] ?? columns[renamed] ?? parts[2]
      guard let to = sequences[[table.schema, table.name, member].exact] else { return nil }
      // It moves to another schema with its table.
      let moved = table.schema != former.schema && owner.id.schema == former.schema
      let from = FactID(.sequence, schema: moved ? table.schema : owner.id.schema, name: owner.id.name)
      guard from != to, from.schema == to.schema, !target.contains(from),
        taken.insert(RelationPlace(to.schema, to.name)).inserted
      else { return nil }
      return Rename(from: from, to: to, evidence: "it is the sequence of \(table.sqlName).\(Quote.identifier(member))")
    }
  }

  /// The same, after what takes names away from indexes and keys: one may have the name that a table, its own even, is to have.
  package static func makingRoom(for renames: [Rename], from source: Catalog, to target: Catalog) -> [Rename] {
    let taken = Set(
      renames.filter { $0.to.kind.isTable || [.view, .materializedView, .sequence].contains($0.to.kind) }
        .map { RelationPlace($0.to.schema, $0.to.name) })
    guard !taken.isEmpty else { return renames }
    let holders = source.facts.values.filter { fact in
      (fact.id.kind == .index || fact.id.kind == .constraint)
        && StepGraph.relationNames(fact).contains(where: taken.contains)
    }
    guard !holders.isEmpty else { return renames }
    let names = FreeNames(source, target)
    let asides = holders.map(\.id).sorted().map { id in
      let name = names.relation(id.kind == .index ? id.name : id.member, "old", in: id.schema)
      let aside =
        id.kind == .index
        ? FactID(.index, schema: id.schema, name: name)
        : FactID(.constraint, schema: id.schema, name: id.name, member: name)
      return Rename(from: id, to: aside, evidence: "its name is needed")
    }
    return asides + renames
  }

  /// Schemas into which something moves and that are not there yet.
  package static func newSchemas(_ renames: [Rename], _ source: Catalog) -> [PlanStep] {
    let schemas = Set(renames.filter { $0.from.schema != $0.to.schema }.map { FactID(.schema, name: $0.to.schema) })
    return schemas.filter { !source.contains($0) }.sorted().map { PlanStep(creatingSchema: $0.name) }
  }

  /// Labels that are new where others are gone, in enums that have as many as before.
  private static func likelyLabels(_ source: Catalog, _ target: Catalog) -> [Rename] {
    var renames: [Rename] = []
    for fact in source.facts.values where fact.id.kind == .enumType {
      let before = fact.list(.labels).exact
      guard let after = target[fact.id]?.list(.labels).exact, before != after, before.count == after.count else {
        continue
      }
      let changed = zip(before, after).filter { $0 != $1 }
      guard changed.allSatisfy({ !after.contains($0) && !before.contains($1) }) else { continue }
      renames += changed.map { old, new in
        func label(_ name: String) -> FactID {
          FactID(.enumType, schema: fact.id.schema, name: fact.id.name, member: name)
        }
        return Rename(from: label(old.text), to: label(new.text), evidence: "the same place in the type")
      }
    }
    return renames.sorted { $0.to < $1.to }
  }

  private static func likelyByDefinition(_ source: Catalog, _ target: Catalog) -> [Rename] {
    struct Key: Hashable {
      var kind: FactKind
      var schema: String
      var attributes: Attributes
    }
    func onlyIn(_ catalog: Catalog, not other: Catalog) -> [Key: [FactID]] {
      var found: [Key: [FactID]] = [:]
      for fact in catalog.facts.values {
        switch fact.id.kind {
        case .view, .materializedView, .sequence, .enumType, .domain, .compositeType: break
        default: continue
        }
        guard !other.contains(fact.id) else { continue }
        // A column's own sequence goes with the column.
        let owner = FactID(.sequenceOwner, schema: fact.id.schema, name: fact.id.name)
        if fact.id.kind == .sequence, catalog.contains(owner) { continue }
        found[Key(kind: fact.id.kind, schema: fact.id.schema, attributes: fact.attributes), default: []].append(fact.id)
      }
      return found
    }
    let (gone, come) = (onlyIn(source, not: target), onlyIn(target, not: source))
    let renamed = come.compactMap { key, come -> Rename? in
      guard come.count == 1, let from = gone[key], from.count == 1 else { return nil }
      return Rename(from: from[0], to: come[0], evidence: "the same definition")
    }
    // A name has to be free in its own schema alone.
    let taken = Set(renamed.flatMap { [$0.from, $0.to] })
    struct Moved: Hashable {
      var kind: FactKind
      var name: String
      var attributes: Attributes
    }
    func byName(_ found: [Key: [FactID]]) -> [Moved: [FactID]] {
      var result: [Moved: [FactID]] = [:]
      for (key, ids) in found {
        for id in ids where !taken.contains(id) {
          result[Moved(kind: key.kind, name: id.name, attributes: key.attributes), default: []].append(id)
        }
      }
      return result
    }
    let here = byName(gone)
    let moved = byName(come).compactMap { key, come -> Rename? in
      guard come.count == 1, let from = here[key], from.count == 1 else { return nil }
      return Rename(from: from[0], to: come[0], evidence: "the same definition in another schema")
    }
    return (renamed + moved).sorted { $0.to < $1.to }
  }

  /// - Parameter others: what has another name too. A column of such a type has the same type.
  private static func likelyTablesAndColumns(
    _ source: Catalog, _ target: Catalog, after others: [Rename]
  ) -> [Rename] {
    func onlyIn(_ catalog: Catalog, not other: Catalog) -> Set<FactID> {
      Set(
        catalog.facts.values.lazy.filter { fact in
          (fact.id.kind == .table || fact.id.kind == .column) && !other.contains(fact.id)
        }.compactMap { $0.id.kind == .table ? $0.id : $0.parent })
    }
    let (losing, gaining) = (onlyIn(source, not: target), onlyIn(target, not: source))
    guard !losing.isEmpty, !gaining.isEmpty else { return [] }
    let types = Dictionary(
      others.filter { $0.to.kind.isType }.flatMap { rename in
        ["", "[]"].map { (rename.from.sqlName + $0, rename.to.sqlName + $0) }
      }
    ) { first, _ in first }
    let (before, after) = (columns(of: source, in: losing, types), columns(of: target, in: gaining))
    var tables = likelyTables(source, target, before, after)
    tables += likelyPartitions(source, target, after: tables)
    var formerNames = Dictionary(uniqueKeysWithValues: tables.map { ($0.to, $0.from) })
    for id in losing where gaining.contains(id) { formerNames[id] = id }
    var columns: [Rename] = []
    for (new, old) in formerNames {
      let (old, new) = (before[old] ?? [:], after[new] ?? [:])
      let gone = old.values.filter { new[ExactText($0.id.member)] == nil }
      let come = new.values.filter { old[ExactText($0.id.member)] == nil }
      for candidate in come {
        // Names that differ in case alone, as they do where somebody has begun to quote them, or has stopped.
        if let match = gone.first(where: { isAlike($0.id.member, candidate.id.member) }),
          match.attributes == candidate.attributes
        {
          columns.append(Rename(from: match.id, to: candidate.id, evidence: "the same name in other letters"))
          continue
        }
        let same = gone.filter { $0.attributes == candidate.attributes }
        let rivals = come.filter { $0.attributes == candidate.attributes }
        guard let match = same.count == 1 && rivals.count == 1 ? same.first : nil,
          match.position == candidate.position || gone.count == 1 && come.count == 1
        else { continue }
        columns.append(
          Rename(from: match.id, to: candidate.id, evidence: "the same \(candidate.text(.type)) in the same table"))
      }
    }
    return tables + columns.sorted { $0.to < $1.to }
  }

  /// - Parameter types: what types are called in the other state.
  private static func columns(
    of catalog: Catalog, in tables: Set<FactID>, _ types: [String: String] = [:]
  ) -> [FactID: [ExactText: Fact]] {
    var columns: [FactID: [ExactText: Fact]] = [:]
    for var fact in catalog.facts.values where fact.id.kind == .column {
      if let type = types[fact.text(.type)] { fact.attributes[.type] = .text(type) }
      if let table = fact.parent, tables.contains(table) {
        columns[table, default: [:]][ExactText(fact.id.member)] = fact
      }
    }
    return columns
  }

  private static func likelyTables(
    _ source: Catalog, _ target: Catalog, _ before: [FactID: [ExactText: Fact]], _ after: [FactID: [ExactText: Fact]]
  ) -> [Rename] {
    func signature(_ columns: [ExactText: Fact]?) -> Set<ExactText> {
      Set((columns ?? [:]).map { ExactText("\($0.key.text.lowercased()) \($0.value.text(.type))") })
    }
    let gone = before.keys.filter { !target.contains($0) }.sorted()
    let come = after.keys.filter { !source.contains($0) }.sorted()
    var pairs: [(score: Double, from: FactID, to: FactID, same: Int, of: Int)] = []
    for to in come {
      let new = signature(after[to])
      for from in gone where from.schema == to.schema || from.name == to.name {
        let old = signature(before[from])
        let same = old.intersection(new).count
        var score = Double(2 * same) / Double(max(1, old.count + new.count))
        let moves = from.schema != to.schema
        guard same >= (moves ? 1 : 2), score >= 0.6 else { continue }
        // Of two that are as alike, the one in the same schema.
        if moves { score -= 0.01 }
        pairs.append((score, from, to, same, max(old.count, new.count)))
      }
    }
    var taken: Set<FactID> = []
    return pairs.sorted { ($1.score, $0.to) < ($0.score, $1.to) }.compactMap { pair in
      guard taken.isDisjoint(with: [pair.from, pair.to]) else { return nil }
      taken.formUnion([pair.from, pair.to])
      return Rename(from: pair.from, to: pair.to, evidence: "\(pair.same) of \(pair.of) columns are the same")
    }
  }

  private static func isAlike(_ a: String, _ b: String) -> Bool { a.lowercased().isIdentical(to: b.lowercased()) }

  /// Partitions with the same bounds of the same table.
  private static func likelyPartitions(_ source: Catalog, _ target: Catalog, after tables: [Rename]) -> [Rename] {
    struct Place: Hashable {
      var parent: FactID
      var bound: String
      var key: String?
    }
    func places(_ catalog: Catalog, not other: Catalog) -> [FactID: Place] {
      var places: [FactID: Place] = [:]
      for fact in catalog.facts.values where fact.id.kind == .table && !other.contains(fact.id) {
        guard let parent = fact.partitionParent else { continue }
        places[fact.id] = Place(
          parent: parent, bound: fact.text(.bound), key: fact.optionalText(.partitionKey))
      }
      return places
    }
    var gone = places(source, not: target)
    let come = Dictionary(places(target, not: source).map { ($0.value, $0.key) }) { first, _ in first }
    guard !gone.isEmpty, !come.isEmpty else { return [] }
    var names = Dictionary(uniqueKeysWithValues: tables.map { ($0.from, $0.to) })
    var renames: [Rename] = []
    // Those of a table that has another name itself come after it.
    var isDone = false
    while !isDone {
      isDone = true
      for (from, place) in gone.sorted(by: { $0.key < $1.key }) {
        var renamed = place
        renamed.parent = names[place.parent] ?? place.parent
        guard names[from] == nil, let to = come[renamed], !names.values.contains(to) else { continue }
        names[from] = to
        gone[from] = nil
        renames.append(Rename(from: from, to: to, evidence: "a partition with the same bounds"))
        isDone = false
      }
    }
    return renames
  }

  /// Schemas and names of relations and types: a rename needs a free one.
  private static func relationNames(_ catalog: Catalog) -> Set<RelationPlace> {
    Set(
      catalog.facts.keys.filter {
        $0.kind.isTable || $0.kind.isType || [.index, .view, .materializedView, .sequence].contains($0.kind)
      }.map { RelationPlace($0.schema, $0.name) })
  }
}

extension PlanStep {
  /// A schema that something moves to before the rest of a plan.
  package init(creatingSchema name: String) {
    self.init(altering: FactID(.schema, name: name), ["CREATE SCHEMA \(Quote.identifier(name))"])
    action = .create
  }

  /// An extension that goes to another schema, with all that belongs to it.
  package init(moving fact: Fact, to schema: String) {
    self.init(
      altering: fact.id,
      ["ALTER EXTENSION \(Quote.identifier(fact.id.name)) SET SCHEMA \(Quote.identifier(schema))"])
    hazards.append(
      Hazard(
        .breaksClients,
        "the types and functions of \(fact.id) go from schema \(fact.text(.schema)) to \(schema); what names them in the old one fails"
      ))
  }
}
