internal import Catalog
internal import Postgres

/// Settings of this database, for everybody or for one role (PostgreSQL: ALTER DATABASE … SET, ALTER ROLE … IN DATABASE).
enum SettingRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    [sql(fact, "SET \(DatabaseSetting.quoted(fact.id.name)) TO \(value(fact))")]
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

  /// PostgreSQL keeps the elements of these lists quoted as identifiers (`GUC_LIST_QUOTE` in its source).
  private static let lists: Set = [
    "search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries",
  ]

  private static func value(_ fact: Fact) -> String {
    let text = fact.text(.text)
    guard lists.contains(fact.id.name), !text.isEmpty else { return Quote.literal(text) }
    var elements: [String] = []
    var current = ""
    var isQuoted = false
    var previous: Character?
    for character in text {
      if character == "\"" {
        // Two of them within quotes are one.
        if !isQuoted, previous == "\"" { current.append(character) }
        isQuoted.toggle()
      } else if isQuoted || character != "," && character != " " {
        current.append(character)
      } else if character == "," {
        elements.append(current)
        current = ""
      }
      previous = character
    }
    return (elements + [current]).map(Quote.literal).joined(separator: ", ")
  }
}
