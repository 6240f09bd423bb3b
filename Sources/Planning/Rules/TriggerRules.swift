internal import Catalog
internal import Postgres

enum TriggerRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    [fact.text(.definition)] + (fact.optionalText(.enabled).map { [state(fact, $0)] } ?? [])
  }
  /// Whether it has a name among its table's constraints.
  static func isConstraint(_ fact: Fact) -> Bool {
    ParseTree(parsing: fact.text(.definition))?["CreateTrigStmt"]?["isconstraint"]?.isTrue == true
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["DROP TRIGGER \(fact.id.memberSQL) ON \(fact.id.sqlName)"]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    guard old.attributes[.definition] == new.attributes[.definition] else { return .replace }
    return .inPlace(Change([state(new, new.optionalText(.enabled) ?? "ENABLE")]))
  }
  private static func state(_ fact: Fact, _ words: String) -> String {
    "ALTER TABLE \(fact.id.sqlName) \(words) TRIGGER \(fact.id.memberSQL)"
  }
}

/// Whether a partition's copy of a trigger fires.
enum TriggerStateRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] { [state(fact, fact.text(.enabled))] }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    // As the parent's trigger says in the end, if it stays.
    guard let trigger = fact.needs.first(where: { $0.kind == .trigger }), let target = context.target[trigger] else {
      return []
    }
    return [state(fact, target.optionalText(.enabled) ?? "ENABLE")]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    // The copy of another table's trigger is another one, which comes when that does.
    let triggers = [old, new].map { $0.needs.filter { $0.kind == .trigger } }
    return triggers[0] == triggers[1] ? .inPlace(Change(create(new, context))) : .replace
  }
  private static func state(_ fact: Fact, _ words: String) -> String {
    "ALTER TABLE \(fact.id.sqlName) \(words) TRIGGER \(fact.id.memberSQL)"
  }
}
