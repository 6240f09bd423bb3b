/// One thing in which a catalog is not as expected.
package struct CatalogDifference: Sendable, Hashable {
  package enum Kind: String, Sendable, CaseIterable { case missing, extra, different }

  /// One attribute with both its values; nil where it is absent.
  package struct AttributeChange: Sendable, Hashable {
    package var key: AttributeKey
    package var expected: AttributeValue?
    package var actual: AttributeValue?
  }

  package var kind: Kind
  package var id: FactID
  package var attributes: [AttributeChange]

  /// Compares fact for fact; what is declared only is no server's to have.
  ///
  /// - Returns: the differences in the order of the lock. Parts of a missing or extra whole are not listed again.
  package static func compare(expected: Catalog, actual: Catalog) -> [CatalogDifference] {
    let (expected, actual) = (expected.notNullAsKnown(to: actual), actual.notNullAsKnown(to: expected))
    var differences: [CatalogDifference] = []
    for fact in expected.facts.values where !fact.id.kind.isDeclaredOnly {
      guard let found = actual[fact.id] else {
        if let parent = fact.parent, expected.contains(parent), !actual.contains(parent), !parent.kind.isDeclaredOnly {
          continue
        }
        differences.append(CatalogDifference(kind: .missing, id: fact.id, attributes: []))
        continue
      }
      guard !found.agrees(with: fact), !found.isUndeclaredVersion(of: fact) else { continue }
      let keys = Set(fact.attributes.map(\.key)).union(found.attributes.map(\.key))
      let changes = keys.sorted { $0.word < $1.word }.compactMap { key -> AttributeChange? in
        let (a, b) = (fact.attributes[key], found.attributes[key])
        return a == b ? nil : AttributeChange(key: key, expected: a, actual: b)
      }
      differences.append(CatalogDifference(kind: .different, id: fact.id, attributes: changes))
    }
    for fact in actual.facts.values where !fact.id.kind.isDeclaredOnly && !expected.contains(fact.id) {
      if let parent = fact.parent, actual.contains(parent), !expected.contains(parent) { continue }
      differences.append(CatalogDifference(kind: .extra, id: fact.id, attributes: []))
    }
    return differences.sorted { $0.id < $1.id }
  }
}

extension CatalogDifference {
  /// Whether the difference may be one of wording only: text that PostgreSQL prints from a parsed expression.
  package var concernsExpressions: Bool {
    let printed: [AttributeKey] = [
      .definition, .expression, .generated, .using, .check, .partitionKey, .bound, .arguments, .defaultExpression,
    ]
    return attributes.contains { printed.contains($0.key) }
  }
}

extension AttributeValue: CustomStringConvertible {
  /// The value for people.
  package var description: String {
    switch self {
    case .text(let text): text
    case .integer(let number): String(number)
    case .flag(let flag): flag ? "yes" : "no"
    case .list(let items): items.map { $0.isEmpty ? "PUBLIC" : $0 }.joined(separator: ", ")
    }
  }
}
