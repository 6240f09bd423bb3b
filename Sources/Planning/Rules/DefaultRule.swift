internal import Catalog
internal import Postgres

/// A column's default, which a partition has from its parent where it says nothing (PostgreSQL: `pg_attrdef`).
enum DefaultRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    var statements = ["\(clause(fact)) SET DEFAULT \(fact.text(.expression))"]
    let column = FactID(.column, schema: fact.id.schema, name: fact.id.name, member: fact.id.member)
    // An identity column's successor takes over before the identity goes.
    if !context.created.contains(column), context.source[column]?.optionalText(.identity) == nil {
      statements += NumberSuccession(of: column, context)?.statements ?? []
    }
    return statements
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    // A partition without a default of its own has its parent's; one that is made afterwards it is given.
    if let inherited = Delta.inheritedDefaults(of: fact, in: context.source).first,
      let value = context.target[inherited],
      !context.created.contains(inherited), !context.created.contains(fact.id)
    {
      return ["\(clause(fact)) SET DEFAULT \(value.text(.expression))"]
    }
    return ["\(clause(fact)) DROP DEFAULT"]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    .inPlace(Change(create(new, context)))
  }
  private static func clause(_ fact: Fact) -> String {
    "ALTER TABLE \(fact.id.sqlName) ALTER COLUMN \(fact.id.memberSQL)"
  }
}
