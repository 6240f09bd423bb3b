internal import Catalog
internal import Postgres

/// A partition's part of an index: its name, and what is said of it alone.
///
/// PostgreSQL chose the name that it has until then; which it is, is known by what it is a part of.
enum PartitionIndexRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] { block(nil, fact, context) }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { block(fact, nil, context) }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    .inPlace(Change(block(old, new, context)))
  }

  /// Where the part's qualified name belongs in a statement, and its own. No text in a database has this character.
  private static let part = "\u{0}part\u{0}"
  private static let name = "\u{0}name\u{0}"

  private static func block(_ old: Fact?, _ new: Fact?, _ context: RuleContext) -> [String] {
    guard let fact = new ?? old else { return [] }
    let statements = statements(old, new, context)
    guard !statements.isEmpty else { return [] }
    let commands = statements.map { statement in
      let format = Quote.inFormat(statement).replacing(part, with: "%1$s").replacing(name, with: "%2$I")
      return "  EXECUTE pg_catalog.format(\(Quote.literal(format)), part, name);"
    }
    let root = Quote.literal(Quote.qualified(fact.id.role, fact.id.member))
    return [
      """
      DO \(Quote.dollar("""

      DECLARE
        part pg_catalog.regclass := (
          SELECT x.indexrelid FROM pg_catalog.pg_index x
           WHERE x.indrelid = \(Quote.literal(fact.id.sqlName))::pg_catalog.regclass
             AND \(root)::pg_catalog.regclass IN (SELECT pg_catalog.pg_partition_ancestors(x.indexrelid)));
        name pg_catalog.name := \(ownName(new, "(SELECT c.relname FROM pg_catalog.pg_class c WHERE c.oid = part)"));
      BEGIN
      \(commands.joined(separator: "\n"))
      END

      """))
      """
    ]
  }

  /// The name that the part has once it is renamed, or that it has and keeps.
  private static func ownName(_ new: Fact?, _ found: String) -> String {
    new?.optionalText(.name).map(Quote.literal) ?? found
  }

  private static func statements(_ old: Fact?, _ new: Fact?, _ context: RuleContext) -> [String] {
    guard let fact = new ?? old else { return [] }
    // The name comes last but for what finds the part by it: what stands before speaks of it by its identity.
    var statements = storage(old, new)
    func comment(_ key: AttributeKey, on subject: String) {
      guard old?.attributes[key] != new?.attributes[key] else { return }
      statements.append("COMMENT ON \(subject) IS \(new?.optionalText(key).map(Quote.literal) ?? "NULL")")
    }
    comment(.text, on: "INDEX \(part)")
    if old?.attributes[.name] != new?.attributes[.name] {
      let name = new?.optionalText(.name) ?? old?.text(.usual) ?? ""
      statements.append("ALTER INDEX \(part) RENAME TO \(Quote.identifier(name))")
    }
    comment(.constraintText, on: "CONSTRAINT \(name) ON \(fact.id.sqlName)")
    return statements + marks(old, new, context)
  }

  /// A part is stored like the whole unless somebody says otherwise.
  private static func storage(_ old: Fact?, _ new: Fact?) -> [String] {
    // One that is stored as usual does not say what is usual.
    let usual = [new, old].compactMap { $0 }.first { $0.attributes[.options] != nil }?.list(.usualOptions) ?? []
    func stored(_ fact: Fact?) -> Fact {
      var stored = Fact(FactID(.index, name: name))
      stored.attributes[.options] = fact?.attributes[.options] == nil ? .ifPresent(usual) : fact?.attributes[.options]
      stored.attributes[.statistics] = fact?.attributes[.statistics]
      return stored
    }
    return IndexRule.storage(stored(old), stored(new), index: part)
  }

  private static func marks(_ old: Fact?, _ new: Fact?, _ context: RuleContext) -> [String] {
    guard let fact = new ?? old else { return [] }
    return IndexRule.marks(old, new ?? Fact(fact.id, parent: fact.parent), index: name, context)
  }
}
