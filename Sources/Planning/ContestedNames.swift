internal import Catalog
internal import Postgres

/// NOT NULL constraints whose usual names something else of their schema has as well. PostgreSQL chooses a name that is free in the
/// whole schema, so the usual one comes out only where it is said, or where its holder is made first.
///
/// PostgreSQL: `ChooseConstraintName`; section 5.5 "Constraints".
enum ContestedNames {
  /// Has both states say such names: those of what is there, and those to come.
  static func tell(_ source: inout Catalog, _ target: inout Catalog) {
    guard target.serverVersion.major >= 18 else { return }
    var holders: [RelationPlace: Set<FactID>] = [:]
    for catalog in [source, target] {
      for fact in catalog.facts.values {
        let table = FactID(.table, schema: fact.id.schema, name: fact.id.name)
        switch fact.id.kind {
        case .constraint: holders[RelationPlace(table.schema, fact.id.member), default: []].insert(table)
        case .column, .inheritedColumn:
          guard isNotNull(fact) else { continue }
          holders[RelationPlace(table.schema, NotNull.name(fact, catalog)), default: []].insert(table)
        case .table:
          for (_, name) in NotNull.pairs(fact) { holders[RelationPlace(table.schema, name), default: []].insert(table) }
        default: break
        }
      }
    }
    say(in: &source, holders)
    say(in: &target, holders)
  }

  private static func say(in catalog: inout Catalog, _ holders: [RelationPlace: Set<FactID>]) {
    for fact in catalog.facts.values where isNotNull(fact) && fact.attributes[.notNullName] == nil {
      let usual = RelationPlace(fact.id.schema, NotNull.usual(fact.id))
      guard let tables = holders[usual], tables.contains(where: { $0.name != fact.id.name }) else { continue }
      let name = NotNull.name(fact, catalog)
      catalog[fact.id]?.attributes[.notNullName] = .text(name)
    }
  }

  /// Whether it has a NOT NULL of its own.
  private static func isNotNull(_ fact: Fact) -> Bool {
    switch fact.id.kind {
    case .column: fact.flag(.notNull) && !NotNull.isInherited(fact)
    case .inheritedColumn: fact.list(.columnSettings).contains("SET NOT NULL")
    default: false
    }
  }
}
