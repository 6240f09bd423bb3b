internal import Catalog
internal import Postgres

/// Objects that are made by one statement and have nothing that PostgreSQL could alter: another statement is another
/// object.
enum DefinedObjectRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    [fact.text(.definition)] + fact.list(.further)
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { ["DROP \(fact.id.objectClause)"] }
}

/// Extended statistics.
enum StatisticsRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    [fact.text(.definition)] + (fact.integer(.statistics).map { [target(fact, $0)] } ?? [])
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { ["DROP STATISTICS \(fact.id.sqlName)"] }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    guard old.attributes[.definition] == new.attributes[.definition] else { return .replace }
    return .inPlace(Change([target(new, new.integer(.statistics) ?? -1)]))
  }
  static func target(_ fact: Fact, _ value: Int) -> String {
    "ALTER STATISTICS \(fact.id.sqlName) SET STATISTICS \(value)"
  }
}

/// Rewrite rules.
enum RewriteRuleRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    [fact.text(.definition)] + (fact.optionalText(.enabled).map { [state(fact, $0)] } ?? [])
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["DROP RULE \(fact.id.memberSQL) ON \(fact.id.sqlName)"]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    var change = Change()
    if old.attributes[.definition] != new.attributes[.definition] {
      change.statements.append("CREATE OR REPLACE" + new.text(.definition).dropFirst("CREATE".count))
    }
    if old.attributes[.enabled] != new.attributes[.enabled] {
      change.statements.append(state(new, new.optionalText(.enabled) ?? "ENABLE"))
    }
    return .inPlace(change)
  }
  private static func state(_ fact: Fact, _ words: String) -> String {
    "ALTER TABLE \(fact.id.sqlName) \(words) RULE \(fact.id.memberSQL)"
  }
}

/// Event triggers. They come last and go first: they fire on the other steps.
enum EventTriggerRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    [fact.text(.definition)] + (fact.optionalText(.enabled).map { [state(fact, $0)] } ?? [])
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { ["DROP \(fact.id.objectClause)"] }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    guard old.attributes[.definition] == new.attributes[.definition] else { return .replace }
    return .inPlace(Change([state(new, new.optionalText(.enabled) ?? "ENABLE")]))
  }
  private static func state(_ fact: Fact, _ words: String) -> String { "ALTER \(fact.id.objectClause) \(words)" }
}

/// Publications; what they publish are facts of their own.
enum PublicationRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    let all = fact.flag(.active) ? " FOR ALL TABLES" : ""
    return ["CREATE PUBLICATION \(Quote.identifier(fact.id.name))\(all) WITH (\(fact.list(.options).joined()))"]
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { ["DROP \(fact.id.objectClause)"] }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    guard old.flag(.active) == new.flag(.active) else { return .replace }
    var options = new.list(.options).joined()
    if !options.contains("publish_via_partition_root") { options += ", publish_via_partition_root = false" }
    // A word of version 18 and newer.
    let generated = "publish_generated_columns"
    if old.list(.options).joined().contains(generated), !options.contains(generated) {
      options += ", \(generated) = none"
    }
    return .inPlace(Change(["ALTER \(new.id.objectClause) SET (\(options))"]))
  }
}

/// Tables of publications.
enum PublicationTableRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    let columns = fact.list(.columns).map { Quote.identifier($0) }.joined(separator: ", ")
    let filter = fact.optionalText(.expression).map { " WHERE (\($0))" } ?? ""
    return [
      "\(publication(fact)) ADD TABLE ONLY \(fact.id.sqlName)\(columns.isEmpty ? "" : " (\(columns))")\(filter)"
    ]
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["\(publication(fact)) DROP TABLE ONLY \(fact.id.sqlName)"]
  }
  private static func publication(_ fact: Fact) -> String { "ALTER PUBLICATION \(fact.id.memberSQL)" }
}

/// Schemas of publications.
enum PublicationSchemaRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] { [sql("ADD", fact)] }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { [sql("DROP", fact)] }
  private static func sql(_ verb: String, _ fact: Fact) -> String {
    "ALTER PUBLICATION \(fact.id.memberSQL) \(verb) TABLES IN SCHEMA \(Quote.identifier(fact.id.name))"
  }
}
