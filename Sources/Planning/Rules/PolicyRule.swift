internal import Catalog
internal import Postgres

enum PolicyRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    let kind = fact.attributes[.permissive] == .flag(false) ? " AS RESTRICTIVE" : ""
    return ["CREATE POLICY \(fact.id.memberSQL) ON \(fact.id.sqlName)\(kind) FOR \(fact.text(.command))\(rest(fact))"]
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["DROP POLICY \(fact.id.memberSQL) ON \(fact.id.sqlName)"]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    // ALTER POLICY cannot take an expression away.
    guard old.attributes[.command] == new.attributes[.command],
      old.attributes[.permissive] == new.attributes[.permissive],
      (old.optionalText(.using) == nil) == (new.optionalText(.using) == nil),
      old.optionalText(.check) == nil || new.optionalText(.check) != nil
    else { return .replace }
    return .inPlace(Change(["ALTER POLICY \(new.id.memberSQL) ON \(new.id.sqlName)\(rest(new))"]))
  }
  private static func rest(_ fact: Fact) -> String {
    let roles = fact.list(.roles).map { $0.isEmpty ? "PUBLIC" : Quote.identifier($0) }.joined(separator: ", ")
    return " TO \(roles)" + (fact.optionalText(.using).map { "\n  USING (\($0))" } ?? "")
      + (fact.optionalText(.check).map { "\n  WITH CHECK (\($0))" } ?? "")
  }
}
