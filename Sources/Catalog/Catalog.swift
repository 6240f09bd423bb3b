package import Postgres

/// What a database is: its facts, and what each of them needs.
package struct Catalog: Sendable {
  package private(set) var facts: [FactID: Fact] = [:]
  /// Objects of kinds that dbtool does not model: reported, never silently ignored.
  package var unmodeled: [UnmodeledObject] = []
  package var serverVersion: ServerVersion

  package init(serverVersion: ServerVersion = ServerVersion(number: 0)) { self.serverVersion = serverVersion }

  package subscript(id: FactID) -> Fact? {
    get { facts[id] }
    // In place: without it, each change of a part copies the fact.
    _modify { yield &facts[id] }
  }

  package mutating func reserveCapacity(_ count: Int) { facts.reserveCapacity(count) }

  package mutating func insert(_ fact: Fact) { facts[fact.id] = fact }

  /// Facts in the order of their identities.
  package var sorted: [Fact] { facts.values.sorted { $0.id < $1.id } }

  package func contains(_ id: FactID) -> Bool { facts[id] != nil }

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

  /// The catalog without the facts that `isExcluded` names, without their parts, and without edges to them.
  package func removing(where isExcluded: (Fact) -> Bool) -> Catalog {
    var excluded = Set(facts.values.filter(isExcluded).map(\.id))
    guard !excluded.isEmpty else { return self }
    // Parts of parts are found level by level, of which there are few.
    var found = 0
    while found < excluded.count {
      found = excluded.count
      for fact in facts.values {
        if let parent = fact.parent, excluded.contains(parent) { excluded.insert(fact.id) }
      }
    }
    var copy = self
    for id in excluded { copy.facts[id] = nil }
    let touched = copy.facts.values.filter { $0.needs.contains(where: excluded.contains) }
    for fact in touched { copy.facts[fact.id]?.needs.removeAll(where: excluded.contains) }
    return copy
  }

  /// The catalog with other identities for some facts, wherever they are mentioned.
  package func renaming(_ names: [FactID: FactID]) -> Catalog {
    guard !names.isEmpty else { return self }
    func renamed(_ id: FactID) -> FactID {
      if let new = names[id] { return new }
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
    return result
  }

  /// One digest for the whole database: equal fingerprints, equal schemas. Roles are the server's, and no part of it.
  package var fingerprint: Digest {
    var writer = LockFormat.Writer()
    for fact in sorted where Self.isInFingerprint(fact.id) { writer.append(fact, equalityOnly: true) }
    return Digest(of: writer.bytes)
  }

  /// Whether the fingerprint speaks of it.
  package static func isInFingerprint(_ id: FactID) -> Bool { !id.kind.isDeclaredOnly && id.kind != .role }
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
