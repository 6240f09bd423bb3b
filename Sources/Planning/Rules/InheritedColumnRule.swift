internal import Catalog
internal import Postgres

/// What a table says of a column that is its parent's.
enum InheritedColumnRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    fact.list(.columnSettings).flatMap { set($0, fact, context) } + options(from: [], to: fact)
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    fact.list(.columnSettings).compactMap { reset($0, fact, context) }
      + ForeignOptions.changes(clause(fact), from: fact.list(.foreignOptions), to: [])
  }

  /// Those of a foreign table's column.
  private static func options(from old: [String], to new: Fact) -> [String] {
    ForeignOptions.changes(clause(new), from: old, to: new.list(.foreignOptions))
  }

  private static func set(_ setting: String, _ fact: Fact, _ context: RuleContext) -> [String] {
    guard word(setting) == .notNull else { return ["\(clause(fact)) \(setting)"] }
    if context.notNull.covers(fact.id, unless: context.created) { return [] }
    if let table = fact.parent.flatMap({ context.target[$0] }), context.created.contains(table.id),
      !TableRule.requirements(of: table, context).isEmpty
    {
      return []
    }
    return [NotNull.add(fact)]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    .inPlace(Change(statements(from: old, to: new, context)))
  }

  /// What leads from one to the other, once the parent's column is what it is to be.
  static func statements(from old: Fact, to new: Fact, _ context: RuleContext) -> [String] {
    let (before, after) = (old.list(.columnSettings), new.list(.columnSettings))
    let words = after.map(word)
    return before.filter { !words.contains(word($0)) }.compactMap { reset($0, new, context) }
      + after.filter { !before.contains($0) || isSetByParent(word($0), new, context) }
      .flatMap { set($0, new, context) } + options(from: old.list(.foreignOptions), to: new)
  }

  private static func clause(_ fact: Fact) -> String {
    "ALTER TABLE \(fact.id.sqlName) ALTER COLUMN \(fact.id.memberSQL)"
  }

  private enum Word { case notNull, statistics, storage, compression, expression, options }

  private static func word(_ setting: String) -> Word {
    if setting == "SET NOT NULL" { return .notNull }
    if setting.hasPrefix("SET STATISTICS ") { return .statistics }
    if setting.hasPrefix("SET STORAGE ") { return .storage }
    if setting.hasPrefix("SET EXPRESSION ") { return .expression }
    return setting.hasPrefix("SET COMPRESSION ") ? .compression : .options
  }

  private static func reset(_ setting: String, _ fact: Fact, _ context: RuleContext) -> String? {
    let word = word(setting)
    guard !isSetByParent(word, fact, context),
      word != .notNull || !context.notNull.covers(fact.id, unless: context.created)
    else { return nil }
    let clause = clause(fact)
    let parent = parents(fact, context.target).first
    switch word {
    case .notNull: return "\(clause) DROP NOT NULL"
    case .statistics: return "\(clause) SET STATISTICS -1"
    case .storage:
      let storage = parent.map { $0.optionalText(.storage) ?? ColumnRule.defaultStorage($0) } ?? "EXTENDED"
      return "\(clause) SET STORAGE \(storage)"
    case .compression: return "\(clause) SET COMPRESSION \(parent?.optionalText(.compression) ?? "default")"
    case .expression:
      let elder = context.target.elders(of: fact.id).lazy.compactMap { said(.expression, $0, context.target).first }
        .first
      return (elder ?? parent.map { "SET EXPRESSION AS (\($0.text(.generated)))" }).map { "\(clause) \($0)" }
    case .options:
      let names = setting.dropFirst("SET (".count).dropLast().split(separator: ", ").map { $0.prefix { $0 != "=" } }
      return "\(clause) RESET (\(names.joined(separator: ", ")))"
    }
  }

  /// Whether the plan changes the parent's column in a way that changes this one too.
  private static func isSetByParent(_ word: Word, _ fact: Fact, _ context: RuleContext) -> Bool {
    if word == .storage || word == .expression, isSaidByElders(word, fact, context) { return true }
    return parents(fact, context.target).contains { new in
      guard let old = context.source[new.id] else { return false }
      func differs(_ keys: AttributeKey...) -> Bool { keys.contains { old.attributes[$0] != new.attributes[$0] } }
      return switch word {
      case .notNull: differs(.notNull)
      case .storage: differs(.storage, .type, .collation)
      case .compression: differs(.compression, .type, .collation)
      case .expression: differs(.generated, .virtual, .type, .collation)
      // They are set for the parent ONLY, or never go further.
      case .statistics, .options: false
      }
    }
  }

  /// Whether a table in between says anew how the column is stored or computed, which reaches its children.
  private static func isSaidByElders(_ word: Word, _ fact: Fact, _ context: RuleContext) -> Bool {
    context.target.elders(of: fact.id).contains { elder in
      let (before, after) = (said(word, elder, context.source), said(word, elder, context.target))
      guard before == after, !after.isEmpty, let between = context.target[elder] else { return before != after }
      return isSetByParent(word, between, context)
    }
  }

  private static func said(_ kind: Word, _ id: FactID, _ catalog: Catalog) -> [String] {
    (catalog[id]?.list(.columnSettings) ?? []).filter { word($0) == kind }
  }

  private static func parents(_ fact: Fact, _ catalog: Catalog) -> [Fact] {
    guard let table = fact.parent else { return [] }
    return catalog.inheritedColumns(fact.id.member, of: table).compactMap { catalog[$0] }
  }
}
