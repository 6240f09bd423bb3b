internal import Catalog
internal import Postgres

/// The mere name of a type. Defining the type fills it; dropping the type takes it.
enum ShellTypeRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] { ["CREATE TYPE \(fact.id.sqlName)"] }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { ["DROP TYPE \(fact.id.sqlName)"] }
}

/// Base types and ranges with a canonical function: the type and its functions need each other, and go together.
enum DefinedTypeRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] { [fact.text(.definition)] }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    let hasShell = context.source.contains(FactID(.shellType, schema: fact.id.schema, name: fact.id.name))
    return ["DROP TYPE \(fact.id.sqlName)\(hasShell ? " CASCADE" : "")"]
  }
}

/// Domains; their checks are facts of their own.
enum DomainRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    var sql = "CREATE DOMAIN \(fact.id.sqlName) AS \(fact.text(.type))"
    if let collation = fact.optionalText(.collation) { sql += " COLLATE \(collation)" }
    if let expression = fact.optionalText(.defaultExpression) { sql += " DEFAULT \(expression)" }
    if let name = fact.optionalText(.notNullName) { sql += " CONSTRAINT \(Quote.identifier(name))" }
    if fact.flag(.notNull) { sql += " NOT NULL" }
    return [sql]
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { ["DROP DOMAIN \(fact.id.sqlName)"] }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    guard old.attributes[.type] == new.attributes[.type], old.attributes[.collation] == new.attributes[.collation]
    else {
      return .replace
    }
    let domain = "ALTER DOMAIN \(new.id.sqlName)"
    var change = Change()
    if old.attributes[.defaultExpression] != new.attributes[.defaultExpression] {
      change.statements.append(
        "\(domain) " + (new.optionalText(.defaultExpression).map { "SET DEFAULT \($0)" } ?? "DROP DEFAULT"))
    }
    if old.flag(.notNull) != new.flag(.notNull) {
      let name = new.optionalText(.notNullName).map { "ADD CONSTRAINT \(Quote.identifier($0)) NOT NULL" }
      change.statements.append("\(domain) \(name ?? (new.flag(.notNull) ? "SET NOT NULL" : "DROP NOT NULL"))")
    } else if old.attributes[.notNullName] != new.attributes[.notNullName] {
      let usual = ChosenName(table: new.id.name, columns: [], label: "not_null").text
      let name = old.optionalText(.notNullName) ?? context.source.notNullNames[old.id] ?? usual
      let other = new.optionalText(.notNullName) ?? usual
      change.statements.append(
        "\(domain) RENAME CONSTRAINT \(Quote.identifier(name)) TO \(Quote.identifier(other))")
    }
    return .inPlace(change)
  }
}

/// Checks of domains.
enum DomainConstraintRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    let notValid = fact.attributes[.validated] == .flag(false) ? " NOT VALID" : ""
    return [
      "ALTER DOMAIN \(fact.id.sqlName) ADD CONSTRAINT \(fact.id.memberSQL) \(fact.text(.definition))\(notValid)"
    ]
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["ALTER DOMAIN \(fact.id.sqlName) DROP CONSTRAINT \(fact.id.memberSQL)"]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    guard old.attributes[.definition] == new.attributes[.definition], new.attributes[.validated] == nil else {
      return .replace
    }
    return .inPlace(Change(["ALTER DOMAIN \(new.id.sqlName) VALIDATE CONSTRAINT \(new.id.memberSQL)"]))
  }
}

/// Composite types. Attributes are written as `name type`, with both quoted.
enum CompositeTypeRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["CREATE TYPE \(fact.id.sqlName) AS (\(fact.list(.columns).joined(separator: ", ")))"]
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { ["DROP TYPE \(fact.id.sqlName)"] }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    let (before, after) = (old.list(.columns).map(split), new.list(.columns).map(split))
    let kept = before.filter { a in after.contains { $0.name == a.name } }
    // What is added comes last; another order is another type.
    guard after.prefix(kept.count).map(\.name) == kept.map(\.name) else { return .replace }
    var actions = before.filter { a in !after.contains { $0.name == a.name } }.map { "DROP ATTRIBUTE \($0.name)" }
    for (a, b) in zip(kept, after) where a.type != b.type { actions.append("ALTER ATTRIBUTE \(b.name) TYPE \(b.type)") }
    actions += after.dropFirst(kept.count).map { "ADD ATTRIBUTE \($0.name) \($0.type)" }
    // Typed tables follow only when they are told to.
    let tables = context.source.facts.values.filter { $0.text(.ofType) == new.id.sqlName }.map(\.id).sorted()
    if !tables.isEmpty { actions = actions.map { $0 + " CASCADE" } }
    var change = Change(actions.isEmpty ? [] : ["ALTER TYPE \(new.id.sqlName) \(actions.joined(separator: ", "))"])
    let dropped = before.filter { a in !after.contains { $0.name == a.name } }.map(\.name)
    if !dropped.isEmpty {
      change.hazards.append(
        Hazard(.dataLoss, "drops \(dropped.map(\.text).joined(separator: ", ")) from \(new.id.path) with its values"))
    }
    // Whether something uses an attribute, or the type alone, is not known; what uses one that goes is another afterwards.
    let retypes = changesTypes(from: old, to: new)
    if retypes || !dropped.isEmpty {
      change.disturbs.append(
        (new.id, { isInTheWay($0, $1) && (retypes || context.target[$1.id]?.attributes != $1.attributes) }))
    }
    for (a, b) in zip(kept, after) where a.type != b.type {
      change.disturbs += tables.map { table in
        let column = FactID(.column, schema: table.schema, name: table.name, member: Quote.unquoted(a.name.text))
        return (column, ColumnRule.isInTheWay)
      }
      change.hazards += tables.flatMap { table in
        context.conversions[a.type.text, b.type.text]
          .hazards("\(table.sqlName).\(a.name)", from: a.type.text, to: b.type.text)
      }
    }
    return .inPlace(change)
  }

  private static func isInTheWay(_ kind: FactKind, _ fact: Fact) -> Bool {
    switch kind {
    case .view, .materializedView, .policy, .trigger, .columnDefault, .rule, .publicationTable, .index, .statistics,
      .domainConstraint:
      true
    case .constraint: ["c", "x"].contains(fact.text(.type))
    case .column: fact.optionalText(.generated) != nil
    case .function: FunctionRule.hasParsedBody(fact)
    default: false
    }
  }

  /// Whether an attribute that stays has another type.
  static func changesTypes(from old: Fact, to new: Fact) -> Bool {
    let after = new.list(.columns).map(split)
    return old.list(.columns).map(split).contains { a in after.contains { $0.name == a.name && $0.type != a.type } }
  }

  /// Turns a column of the type into an array of its attributes' texts, and in the second half back, by their names.
  static func parking(_ column: Fact, from old: Fact, to new: Fact) -> Change {
    let name = column.id.memberSQL
    let (before, after) = (old.list(.columns).map(split), new.list(.columns).map(split))
    let texts = before.map { "(\(name)).\($0.name)::text" }.joined(separator: ", ")
    let values = after.map { attribute in
      before.firstIndex { $0.name == attribute.name }.map { "\(name)[\($0 + 1)]" } ?? "NULL"
    }.joined(separator: ", ")
    // A row of nulls is not null, and IS NOT NULL says it is. A cast from text to text would cut what is too long.
    return ColumnRule.parking(
      column, as: "text[]", "CASE WHEN \(name) IS DISTINCT FROM NULL THEN ARRAY[\(texts)]::text[] END",
      back: "CASE WHEN \(name) IS NOT NULL THEN ROW(\(values))::text::\(new.id.sqlName) END")
  }

  /// The attributes that stay and get other types: their names, and the types.
  static func retyped(from old: Fact, to new: Fact) -> [(name: String, old: String, new: String)] {
    let after = Dictionary(new.list(.columns).map(split).map { ($0.name, $0.type) }) { first, _ in first }
    return old.list(.columns).map(split).compactMap { attribute in
      guard let type = after[attribute.name], type != attribute.type else { return nil }
      return (attribute.name.text, attribute.type.text, type.text)
    }
  }

  /// The types of the attributes that come.
  static func added(from old: Fact, to new: Fact) -> Set<ExactText> {
    let known = Set(names(old))
    return Set(new.list(.columns).map(split).filter { !known.contains($0.name) }.map(\.type))
  }

  /// The names of the attributes, quoted.
  static func names(_ fact: Fact?) -> [ExactText] { fact?.list(.columns).map { split($0).name } ?? [] }

  /// Its attributes: their names, quoted, and their types.
  static func attributes(_ fact: Fact) -> [(name: ExactText, type: ExactText)] { fact.list(.columns).map(split) }

  private static func split(_ attribute: String) -> (name: ExactText, type: ExactText) {
    let (name, type) = QuotedName.split(attribute)
    return (ExactText(name), ExactText(type))
  }
}
