package import Postgres

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What a database is: its facts, and what each of them needs.
package struct Catalog: Sendable {
  package private(set) var facts: [FactID: Fact] = [:]
  /// Objects of kinds that dbtool does not model: reported, never silently ignored.
  package var unmodeled: [UnmodeledObject] = []
  /// What belongs to others, and was there and not read: schemas, extensions.
  package var leftOut: [String] = []
  /// Parts of partitioned indexes that have the names that PostgreSQL gave them, by schema and name. They are no facts;
  /// but they hold these names.
  package var indexParts: [RelationPlace: IndexPart] = [:]
  /// Names of NOT NULL constraints that the facts do not say: those with a number because another had the usual name, and those
  /// that a child has from its parents under another name than theirs. By column or domain.
  package var notNullNames: [FactID: String] = [:]
  /// The names of partitions' parts of foreign keys where they are not those of the whole, by the constraint that the part would
  /// be if it had that name.
  package var attachedKeyNames: [FactID: String] = [:]
  /// Columns of partitions whose NOT NULL would stay without the parent's: nobody asks, but PostgreSQL remembers.
  package var ownNotNulls: Set<FactID> = []
  /// Identities whose sequence has another type than the column, as `CREATE TABLE … LIKE … INCLUDING IDENTITY` makes them: the
  /// column's next type lifts no bound of it.
  package var identitiesOfOtherType: Set<FactID> = []
  package var serverVersion: ServerVersion
  /// Other major versions that worded some of it: whoever has the next migration writes the lock.
  package var otherMajors: Set<Int> = []

  /// Facts that stand in another state's words, which say the same there: as they were. Here these words may mean nothing.
  package var ownWords: [FactID: Fact] = [:]

  package init(serverVersion: ServerVersion = ServerVersion(number: 0)) { self.serverVersion = serverVersion }

  package subscript(id: FactID) -> Fact? {
    get { facts[id] }
    // In place: without it, each change of a part copies the fact.
    _modify { yield &facts[id] }
  }

  package mutating func reserveCapacity(_ count: Int) { facts.reserveCapacity(count) }

  package mutating func insert(_ fact: Fact) { facts[fact.id] = fact }

  /// The catalog as it was before facts were put into another state's words.
  package var inOwnWords: Catalog {
    var result = self
    for (id, fact) in ownWords where facts[id] != nil { result.facts[id] = fact }
    result.ownWords = [:]
    return result
  }

  /// Facts in the order of their identities.
  package var sorted: [Fact] { facts.values.sorted { $0.id < $1.id } }

  package func contains(_ id: FactID) -> Bool { facts[id] != nil }

  /// Whether nothing would have to be done to get from one to the other.
  package func agrees(with other: Catalog) -> Bool {
    facts.count == other.facts.count
      && facts.values.allSatisfy { fact in
        other.facts[fact.id].map { $0.attributes == fact.attributes && $0.parent == fact.parent } ?? false
      }
  }

  /// For each fact, those that are part of it.
  package func childrenByParent() -> [FactID: [FactID]] {
    var children: [FactID: [FactID]] = [:]
    for fact in facts.values {
      if let parent = fact.parent { children[parent, default: []].append(fact.id) }
    }
    return children
  }

  /// For each fact, those that need it.
  package func dependentsByFact() -> [FactID: [FactID]] {
    var dependents: [FactID: [FactID]] = [:]
    for fact in facts.values {
      for need in fact.needs { dependents[need, default: []].append(fact.id) }
    }
    return dependents
  }

  /// The tables that a table is a partition or a child of.
  package func parents(of table: FactID) -> [FactID] {
    guard let fact = facts[table] else { return [] }
    if let parent = fact.partitionParent { return [parent] }
    return fact.list(.inherits).compactMap { name in
      fact.needs.first { $0.kind.isTable && $0.sqlName == name }
    }
  }

  /// The columns that a table's column is inherited from: each line's nearest that is a fact of its own.
  package func inheritedColumns(_ column: String, of table: FactID) -> [FactID] {
    inherited(.column, column, of: table)
  }

  /// The same for constraints, too.
  package func inherited(_ kind: FactKind, _ member: String, of table: FactID) -> [FactID] {
    parents(of: table).flatMap { parent -> [FactID] in
      let own = FactID(kind, schema: parent.schema, name: parent.name, member: member)
      return contains(own) ? [own] : inherited(kind, member, of: parent)
    }
  }

  /// The same column, or other part, of all tables that a part's table descends from, whether they have it of their own or not.
  package func elders(of part: FactID) -> [FactID] {
    var (found, tables): ([FactID], [FactID]) = ([], part.table.map(parents) ?? [])
    while let table = tables.popLast() {
      tables += parents(of: table)
      let own = FactID(part.kind, schema: table.schema, name: table.name, member: part.member)
      if !found.contains(own) { found.append(own) }
    }
    return found
  }

  /// The tables that are partitions or children of each table.
  package func tablesByParent() -> [FactID: [FactID]] {
    var tables: [FactID: [FactID]] = [:]
    for fact in facts.values where fact.id.kind.isTable {
      for parent in parents(of: fact.id) { tables[parent, default: []].append(fact.id) }
    }
    return tables.mapValues { $0.sorted() }
  }

  /// The table that a fact is a part of, and those that it is a partition of, from the nearest on.
  package func partitionLine(of fact: Fact) -> [FactID] {
    var line: [FactID] = []
    var next = fact.parent
    while let table = next {
      line.append(table)
      next = facts[table]?.partitionParent
    }
    return line
  }

  /// The catalog without the facts that `isExcluded` names, without their parts, and without edges to them.
  package func removing(where isExcluded: (Fact) -> Bool) -> Catalog {
    var copy = self
    copy.remove(where: isExcluded)
    return copy
  }

  /// The same in place: a large catalog is not copied.
  package mutating func remove(where isExcluded: (Fact) -> Bool) {
    var excluded = Set(facts.values.filter(isExcluded).map(\.id))
    guard !excluded.isEmpty else { return }
    // Parts of parts are found level by level, of which there are few.
    var found = 0
    while found < excluded.count {
      found = excluded.count
      for fact in facts.values {
        if let parent = fact.parent, excluded.contains(parent) { excluded.insert(fact.id) }
      }
    }
    for id in excluded { facts[id] = nil }
    let touched = facts.values.filter { $0.needs.contains(where: excluded.contains) }.map(\.id)
    for id in touched { facts[id]?.needs.removeAll(where: excluded.contains) }
  }

  /// The catalog with other identities for some facts, wherever they are mentioned.
  package func renaming(_ names: [FactID: FactID]) -> Catalog {
    guard !names.isEmpty else { return self }
    // What is said of a partition's part of an index names the whole.
    var wholes: [RelationPlace: FactID] = [:]
    for (old, new) in names where old.kind == .index || old.kind == .constraint {
      wholes[RelationPlace(old.schema, old.kind == .index ? old.name : old.member)] = new
    }
    func renamed(_ id: FactID) -> FactID {
      if let new = names[id] { return new }
      if id.kind == .partitionIndex, let whole = wholes[RelationPlace(id.role, id.member)] {
        let name = whole.kind == .index ? whole.name : whole.member
        return FactID(.partitionIndex, schema: id.schema, name: id.name, member: name, role: whole.schema)
      }
      guard let subject = id.subjectID, let new = names[subject] else { return id }
      return new.about(id.kind, role: id.role)
    }
    var result = self
    for fact in facts.values {
      var copy = fact
      copy.id = renamed(fact.id)
      copy.parent = fact.parent.map(renamed)
      copy.needs = fact.needs.map(renamed)
      if copy.id != fact.id { result.facts[fact.id] = nil }
      result.facts[copy.id] = copy
    }
    for (name, part) in indexParts {
      result.indexParts[name]?.id = renamed(part.id)
      result.indexParts[name]?.root = renamed(part.root)
    }
    result.notNullNames = Dictionary(uniqueKeysWithValues: notNullNames.map { (renamed($0.key), $0.value) })
    result.attachedKeyNames = Dictionary(uniqueKeysWithValues: attachedKeyNames.map { (renamed($0.key), $0.value) })
    result.ownNotNulls = Set(ownNotNulls.map(renamed))
    result.identitiesOfOtherType = Set(identitiesOfOtherType.map(renamed))
    return result
  }

  /// One digest for the whole database: equal fingerprints, equal schemas. Roles are the server's, and no part of it.
  package var fingerprint: Digest {
    var writer = LockFormat.Writer()
    var lines: [Range<Int>] = []
    lines.reserveCapacity(facts.count)
    for fact in facts.values where Self.isInFingerprint(fact.id) {
      let start = writer.bytes.count
      writer.append(fact, equalityOnly: true)
      lines.append(start..<writer.bytes.count)
    }
    // Any order will do that is always the same; that of the bytes is found fastest.
    return writer.bytes.withUnsafeBytes { text in
      lines.sort { text[$0].precedes(text[$1]) }
      var ordered: [UInt8] = []
      ordered.reserveCapacity(text.count)
      for line in lines { ordered.append(contentsOf: text[line]) }
      return Digest(of: ordered)
    }
  }

  /// Whether the fingerprint speaks of it.
  package static func isInFingerprint(_ id: FactID) -> Bool { !id.kind.isDeclaredOnly && id.kind != .role }
}

/// A partition's part of a partitioned index.
package struct IndexPart: Sendable {
  /// The identity that it would have as a fact.
  package var id: FactID
  /// The index or constraint of the table at the top.
  package var root: FactID
  /// The name without a number.
  package var usual: ChosenName

  package init(id: FactID, root: FactID, usual: ChosenName) {
    self.id = id
    self.root = root
    self.usual = usual
  }
}

/// An object of a kind that dbtool does not model.
package struct UnmodeledObject: Hashable, Sendable, Comparable {
  package var kind: String
  package var name: String
  package init(kind: String, name: String) {
    self.kind = kind
    self.name = name
  }
  package static func < (a: UnmodeledObject, b: UnmodeledObject) -> Bool {
    (a.kind, a.name) < (b.kind, b.name)
  }
}

extension Slice<UnsafeRawBufferPointer> {
  /// Whether these bytes come before others.
  fileprivate func precedes(_ other: Self) -> Bool {
    let (a, b) = (UnsafeRawBufferPointer(rebasing: self), UnsafeRawBufferPointer(rebasing: other))
    guard let first = a.baseAddress, let second = b.baseAddress else { return a.count < b.count }
    let order = memcmp(first, second, Swift.min(a.count, b.count))
    return order == 0 ? a.count < b.count : order < 0
  }
}
