internal import Escaping
private import Postgres

/// The value of an attribute.
package enum AttributeValue: Hashable, Sendable {
  case text(String)
  case integer(Int)
  case flag(Bool)
  case list([String])

  /// Texts are compared by their bytes, as PostgreSQL does.
  package static func == (a: AttributeValue, b: AttributeValue) -> Bool {
    switch (a, b) {
    case (.text(let a), .text(let b)): a.isIdentical(to: b)
    case (.integer(let a), .integer(let b)): a == b
    case (.flag(let a), .flag(let b)): a == b
    case (.list(let a), .list(let b)): a.count == b.count && zip(a, b).allSatisfy { $0.isIdentical(to: $1) }
    default: false
    }
  }
}

/// The names of attributes. One list for all kinds: the differ and the lock need not know what they mean.
package enum AttributeKey: UInt8, Sendable, Hashable, CaseIterable {
  case definition, expression, type, collation, labels, columns, options, language, result, arguments, routine
  case notNull
  case identity, generated, storage, compression, statistics
  case identityOptions
  case persistence
  case partitionKey
  case partitionOf
  case bound
  case rowSecurity
  case forcedRowSecurity
  case replicaIdentity
  case unique, valid, validated, populated, enabled, clustered
  case permissive, command, roles, using, check
  case start, increment, minimum, maximum, cache, cycle
  case privileges, text, role, revoked
  case memberOf
  case attributes
  case schema, version, schedule, active
  case create, drop, objects, unit, ahead, keep, column, sequence
  case timeZone
  case owner, foreign
  case tablespace
  case accessMethod
  case inherits
  case ofType
  case server
  case foreignOptions
  case further
  case columnSettings
  case defaultExpression
  case name, usual
  case notNullName, notNullOptions
  case virtual
  case memberOptions
  case connection, publications
  case notNullNames
  case wrapper, handler, validator
  case usualPrivileges
  case attached
  case delegated
  case usualOptions
  case constraintText

  /// The word for it in `schema.lock` and in JSON.
  package var word: String { Self.words[Int(rawValue)] }
  /// The word for people.
  package var title: String { word.replacingScalar("_", with: " ") }
  package init?(word: String) {
    guard let key = Self.byWord[word] else { return nil }
    self = key
  }
  private static let words = allCases.map { snakeCase("\($0)") }
  private static let byWord = Dictionary(uniqueKeysWithValues: zip(words, allCases))
}

/// Attributes of a fact, in the order of their keys.
package struct Attributes: Hashable, Sendable, Sequence, ExpressibleByDictionaryLiteral {
  private var entries: [Entry] = []

  package struct Entry: Hashable, Sendable {
    package var key: AttributeKey
    package var value: AttributeValue
  }

  package init() {}
  package init(dictionaryLiteral elements: (AttributeKey, AttributeValue?)...) {
    for (key, value) in elements { self[key] = value }
  }

  package subscript(key: AttributeKey) -> AttributeValue? {
    get { entries.first { $0.key == key }?.value }
    set {
      let index = entries.firstIndex { $0.key.rawValue >= key.rawValue } ?? entries.endIndex
      let found = index < entries.endIndex && entries[index].key == key
      switch (found, newValue) {
      case (true, let value?): entries[index].value = value
      case (true, nil): entries.remove(at: index)
      case (false, let value?): entries.insert(Entry(key: key, value: value), at: index)
      case (false, nil): break
      }
    }
  }

  package func makeIterator() -> IndexingIterator<[Entry]> { entries.makeIterator() }
}

/// One addressable statement about a database, with normalised attributes (PostgreSQL's own text where there is one).
package struct Fact: Sendable {
  package var id: FactID
  /// What it is a part of: dropping that drops this.
  package var parent: FactID?
  package var attributes: Attributes
  /// What has to exist for this to exist, from `pg_depend`. Not part of equality: it follows from the attributes.
  package var needs: [FactID]
  /// Where it stands among its siblings (a column's number). Not part of equality.
  package var position: Int

  package init(
    _ id: FactID, parent: FactID? = nil, _ attributes: Attributes = [:], needs: [FactID] = [], position: Int = 0
  ) {
    self.id = id
    self.parent = parent
    self.attributes = attributes
    self.needs = needs
    self.position = position
  }

  package func attributes(without keys: [AttributeKey]) -> Attributes {
    var rest = attributes
    for key in keys { rest[key] = nil }
    return rest
  }

  package func text(_ key: AttributeKey) -> String {
    if case .text(let value)? = attributes[key] { value } else { "" }
  }
  package func optionalText(_ key: AttributeKey) -> String? {
    if case .text(let value)? = attributes[key] { value } else { nil }
  }
  package func flag(_ key: AttributeKey) -> Bool {
    if case .flag(let value)? = attributes[key] { value } else { false }
  }
  package func integer(_ key: AttributeKey) -> Int? {
    if case .integer(let value)? = attributes[key] { value } else { nil }
  }
  package func list(_ key: AttributeKey) -> [String] {
    if case .list(let value)? = attributes[key] { value } else { [] }
  }

  /// Whether it differs from what is expected in nothing but the version of an extension, of which nothing is expected:
  /// each server has the one that its packages brought.
  package func isUndeclaredVersion(of expected: Fact) -> Bool {
    guard id.kind == .extension, expected.attributes[.version] == nil else { return false }
    var copy = self
    copy.attributes[.version] = nil
    return copy.agrees(with: expected)
  }

  /// The index or constraint of a partitioned table that a partition's own is attached to (`ALTER INDEX … ATTACH PARTITION`).
  package var attachedTo: FactID? {
    let name = list(.attached)
    return name.isEmpty ? nil : needs.first { $0.isIndex(name) }
  }

  /// The table that it is a partition of.
  package var partitionParent: FactID? {
    let parent = list(.partitionOf)
    return parent.count == 2 ? FactID(.table, schema: parent[0], name: parent[1]) : nil
  }

  package var isForeignKey: Bool { id.kind == .constraint && text(.type) == "f" }

  /// Whether both say the same about the same thing.
  package func agrees(with other: Fact) -> Bool { id == other.id && attributes == other.attributes }
}

extension AttributeValue {
  /// Absent attributes are not stored: false, empty lists and empty texts say nothing.
  package static func ifTrue(_ value: Bool) -> AttributeValue? { value ? .flag(true) : nil }
  package static func ifPresent(_ value: String?) -> AttributeValue? { value.map { .text($0) } }
  package static func ifPresent(_ value: [String]) -> AttributeValue? { value.isEmpty ? nil : .list(value) }
}
