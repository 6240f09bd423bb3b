internal import Catalog
internal import Postgres

/// Foreign-data wrappers. All of one can be altered: dropping it would take servers and the secrets of mappings along.
enum ForeignDataWrapperRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    // As a lock of an earlier dbtool has it.
    if let definition = fact.optionalText(.definition) { return [definition] }
    let functions = [(AttributeKey.handler, "HANDLER"), (.validator, "VALIDATOR")].compactMap { key, word in
      fact.optionalText(key).map { " \(word) \($0)" }
    }
    return [
      "CREATE \(fact.id.objectClause)" + functions.joined() + ForeignOptions.clause(fact.list(.foreignOptions))
    ]
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { ["DROP \(fact.id.objectClause)"] }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    guard old.attributes[.definition] == nil else {
      return create(old, context) == create(new, context) ? .inPlace(Change()) : .replace
    }
    let clause = "ALTER \(new.id.objectClause)"
    var words: [String] = []
    for (key, word) in [(AttributeKey.handler, "HANDLER"), (.validator, "VALIDATOR")]
    where old.attributes[key] != new.attributes[key] {
      words.append(new.optionalText(key).map { "\(word) \($0)" } ?? "NO \(word)")
    }
    let options = ForeignOptions.changes("", from: old.list(.foreignOptions), to: new.list(.foreignOptions))
    let changes = words.map { " " + $0 } + options
    return .inPlace(Change(changes.isEmpty ? [] : [clause + changes.joined()]))
  }
}

/// Foreign servers. Dropping one would take its foreign tables and mappings along, with the secrets of these.
enum ForeignServerRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    if let definition = fact.optionalText(.definition) { return [definition] }
    let words = [(AttributeKey.type, "TYPE"), (.version, "VERSION")].compactMap { key, word in
      fact.optionalText(key).map { " \(word) \(Quote.literal($0))" }
    }
    return [
      "CREATE \(fact.id.objectClause)" + words.joined()
        + " FOREIGN DATA WRAPPER \(Quote.identifier(fact.text(.wrapper)))"
        + ForeignOptions.clause(fact.list(.foreignOptions))
    ]
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { ["DROP \(fact.id.objectClause)"] }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    guard old.attributes[.definition] == nil else {
      return create(old, context) == create(new, context) ? .inPlace(Change()) : .replace
    }
    guard old.attributes[.wrapper] == new.attributes[.wrapper], old.attributes[.type] == new.attributes[.type] else {
      return .replace
    }
    var changes: [String] = []
    if old.attributes[.version] != new.attributes[.version] {
      changes.append(" VERSION \(new.optionalText(.version).map { Quote.literal($0) } ?? "NULL")")
    }
    changes += ForeignOptions.changes("", from: old.list(.foreignOptions), to: new.list(.foreignOptions))
    return .inPlace(Change(changes.isEmpty ? [] : ["ALTER \(new.id.objectClause)" + changes.joined()]))
  }
}

/// User mappings. Options that look like secrets are not known here, and stay as they are.
enum UserMappingRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["CREATE \(fact.id.objectClause)" + ForeignOptions.clause(fact.list(.foreignOptions))]
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { ["DROP \(fact.id.objectClause)"] }
  static func dropHazards(_ fact: Fact) -> [Hazard] {
    [Hazard(.dataLoss, "drops the \(fact.id), with secrets in its options that dbtool does not read")]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    .inPlace(
      Change(
        ForeignOptions.changes(
          "ALTER \(new.id.objectClause)", from: old.list(.foreignOptions), to: new.list(.foreignOptions))))
  }
}

/// `OPTIONS (…)` of foreign objects.
enum ForeignOptions {
  /// - Parameter options: quoted name and value each.
  static func clause(_ options: [String]) -> String {
    options.isEmpty ? "" : " OPTIONS (\(options.joined(separator: ", ")))"
  }

  static func changes(_ clause: String, from old: [String], to new: [String]) -> [String] {
    func name(_ option: String) -> String { QuotedName.split(option).name }
    let (before, after) = (Set(old.map(name).exact), Set(new.map(name).exact))
    var words = before.subtracting(after).sorted().map { "DROP \($0.text)" }
    let kept = Set(old.exact)
    words += new.filter { !kept.contains(ExactText($0)) }.map {
      "\(before.contains(ExactText(name($0))) ? "SET" : "ADD") \($0)"
    }
    return words.isEmpty ? [] : ["\(clause) OPTIONS (\(words.joined(separator: ", ")))"]
  }
}
