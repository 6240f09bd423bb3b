internal import Postgres

/// NOT NULL is a constraint with a name since version 18 (of domains since 17). What is said of that by a newer server only, an
/// older one cannot contradict.
extension Catalog {
  /// Without what a server of another's version does not know of NOT NULL: names, and whether a child has it of its own beside
  /// its parents'.
  package func notNullAsKnown(to other: Catalog) -> Catalog {
    let (own, others) = (serverVersion.major, other.serverVersion.major)
    guard others > 0, own > others, own >= 17, others < 18 else { return self }
    var result = self
    for fact in facts.values {
      var copy = fact
      if fact.id.kind == .domain {
        if others < 17 { copy.attributes[.notNullName] = nil }
      } else if own >= 18 {
        copy.attributes[.notNullName] = nil
        copy.attributes[.notNullNames] = nil
        copy.attributes[.notNullOptions] = .ifPresent(fact.list(.notNullOptions).filter { $0 != "INHERITED" })
        if fact.id.kind == .inheritedColumn, isInheritedNotNull(fact) {
          copy.attributes[.columnSettings] = .ifPresent(fact.list(.columnSettings).filter { $0 != "SET NOT NULL" })
        }
      }
      guard copy.attributes != fact.attributes else { continue }
      // What says nothing is nothing.
      if copy.id.kind == .inheritedColumn, copy.list(.columnSettings).isEmpty, copy.list(.foreignOptions).isEmpty {
        result[copy.id] = nil
      } else {
        result.insert(copy)
      }
    }
    return result
  }

  private func isInheritedNotNull(_ fact: Fact) -> Bool {
    guard let table = fact.parent, fact.list(.columnSettings).contains("SET NOT NULL") else { return false }
    return inheritedColumns(fact.id.member, of: table).contains { self[$0]?.flag(.notNull) == true }
  }
}
