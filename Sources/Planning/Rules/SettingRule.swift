internal import Catalog
internal import Postgres

/// Settings of this database, for everybody or for one role (PostgreSQL: ALTER DATABASE … SET, ALTER ROLE … IN DATABASE).
enum SettingRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    [
      sql(
        fact,
        "SET \(DatabaseSetting.quoted(fact.id.name)) TO \(DatabaseSetting.value(fact.text(.text), of: fact.id.name))")
    ]
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    [sql(fact, "RESET \(DatabaseSetting.quoted(fact.id.name))")]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    .inPlace(Change(create(new, context)))
  }

  private static func sql(_ fact: Fact, _ clause: String) -> String {
    DatabaseSetting.statement(clause, role: fact.id.role)
  }
}
