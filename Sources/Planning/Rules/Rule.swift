internal import Catalog
internal import Postgres

/// What the planner knows of one kind: how it is created, altered and dropped. Pure functions from facts to SQL.
///
/// A new kind of object needs a query in `Introspection` and a rule here, nothing else.
protocol Rule {
  /// Statements that make the fact where it is not.
  static func create(_ fact: Fact, _ context: RuleContext) -> [String]
  /// Statements that remove it; not called when what it is a part of is dropped.
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String]
  /// What turns the old fact into the new one.
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration
  /// What dropping it costs.
  static func dropHazards(_ fact: Fact) -> [Hazard]
}

extension Rule {
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration { .replace }
  static func dropHazards(_ fact: Fact) -> [Hazard] { [] }
}

/// The two states that a plan lies between.
struct RuleContext {
  let source: Catalog
  let target: Catalog
  let sourceDependents: [FactID: [FactID]]
  let sourceChildren: [FactID: [FactID]]
  let targetChildren: [FactID: [FactID]]
  /// Partitions and children of tables.
  let sourceTables: [FactID: [FactID]]
  let targetTables: [FactID: [FactID]]
  /// Tables of the source whose keys foreign keys refer to.
  let referencedTables: Set<FactID>
  /// Default privileges that are in force while the plan creates objects: of whoever carries it out, and of other roles that have some.
  let defaultPrivileges: DefaultPrivileges
  let othersDefaultPrivileges: [String: DefaultPrivileges]
  /// What was found out of columns that get other types.
  let conversions: TypeConversions
  /// Names of sequences that end, which something else has afterwards.
  let sequenceNamesTakenOver: Set<RelationPlace>
  /// Identity columns whose sequences exchange names with others: such a one has a name that nobody has in between.
  let exchanging: Set<FactID>
  /// Columns that wait as text, since nothing else leaves an order: each goes from one type to another, and both are made anew.
  let waiting: Set<FactID>
  /// What this plan creates; known once the differences are.
  var created: Set<FactID> = []
  /// What is done to NOT NULL that tables inherit.
  var notNull = NotNullPlan()

  /// What an object starts with: the sequence of an identity column belongs to the table's owner from the first, unless the table is
  /// made here as well, and gets its owner later.
  ///
  /// - Parameter parent: what the object is a part of.
  func defaults(for parent: FactID?) -> DefaultPrivileges {
    guard let parent, parent.kind == .column else { return defaultPrivileges }
    let table = FactID(.table, schema: parent.schema, name: parent.name)
    guard !created.contains(table), let owner = source[table.about(.owner)]?.optionalText(.role), !owner.isEmpty else {
      return defaultPrivileges
    }
    return othersDefaultPrivileges[owner] ?? DefaultPrivileges([])
  }

  /// Whether what a grant is about is made by this plan, and so starts with what default privileges give.
  func startsAnew(_ grant: Fact) -> Bool {
    guard let subject = grant.id.subjectID else { return false }
    if created.contains(subject) { return true }
    // The sequence of an identity column.
    guard subject.kind == .sequence, let column = grant.parent, column.kind == .column else { return false }
    return created.contains(column) || source[column]?.optionalText(.identity) == nil
  }
}

/// How one state of a fact becomes another.
enum Alteration {
  /// Drop and create; what depends on it is rebuilt.
  case replace
  case inPlace(Change)
  /// PostgreSQL has no way, and building it anew would lose what must not be lost: the reason, and what to do.
  case refused(String)
}

/// A change that keeps the object.
struct Change {
  var statements: [String] = []
  var hazards: [Hazard] = []
  /// Facts whose dependents stand in the way and have to be dropped before and created after, if `selects` says so.
  var disturbs: [(fact: FactID, selects: (FactKind, Fact) -> Bool)] = []
  /// What is left to do once everything that let go of the old state has done so.
  var cleanup: [String] = []
  /// What follows may rely on it only after COMMIT (a new enum label).
  var mustCommit = false

  init(_ statements: [String] = []) { self.statements = statements }
}

/// The rule for each kind.
enum Rules {
  static func rule(for kind: FactKind) -> any Rule.Type {
    switch kind {
    case .external: ExternalRule.self
    case .optionalExtension: OptionalExtensionRule.self
    case .role: RoleRule.self
    case .schema: SchemaRule.self
    case .extension: ExtensionRule.self
    case .enumType: EnumRule.self
    case .shellType: ShellTypeRule.self
    case .baseType, .rangeType: DefinedTypeRule.self
    case .domain: DomainRule.self
    case .domainConstraint: DomainConstraintRule.self
    case .compositeType: CompositeTypeRule.self
    case .language, .collation, .operator, .accessMethod, .operatorFamily, .operatorClass, .cast, .transform,
      .conversion, .textSearchParser, .textSearchTemplate, .textSearchDictionary, .textSearchConfiguration:
      DefinedObjectRule.self
    case .foreignDataWrapper: ForeignDataWrapperRule.self
    case .foreignServer: ForeignServerRule.self
    case .userMapping: UserMappingRule.self
    case .statistics: StatisticsRule.self
    case .rule: RewriteRuleRule.self
    case .eventTrigger: EventTriggerRule.self
    case .publication: PublicationRule.self
    case .publicationTable: PublicationTableRule.self
    case .publicationSchema: PublicationSchemaRule.self
    case .subscription: SubscriptionRule.self
    case .sequence: SequenceRule.self
    case .sequenceOwner: SequenceOwnerRule.self
    case .function: FunctionRule.self
    case .table, .foreignTable: TableRule.self
    case .column: ColumnRule.self
    case .columnDefault: DefaultRule.self
    case .inheritedColumn: InheritedColumnRule.self
    case .constraint: ConstraintRule.self
    case .inheritedConstraint: InheritedConstraintRule.self
    case .index: IndexRule.self
    case .partitionIndex: PartitionIndexRule.self
    case .view: ViewRule.self
    case .materializedView: MaterializedViewRule.self
    case .raw: RawRule.self
    case .trigger: TriggerRule.self
    case .triggerState: TriggerStateRule.self
    case .policy: PolicyRule.self
    case .partitionWindow, .serverSetting: DeclaredOnlyRule.self
    case .owner: OwnerRule.self
    case .grant: GrantRule.self
    case .defaultPrivilege: DefaultPrivilegeRule.self
    case .comment: CommentRule.self
    case .securityLabel: SecurityLabelRule.self
    case .setting: SettingRule.self
    case .cronJob: CronJobRule.self
    }
  }
}

extension FactID {
  /// The words that name the object in COMMENT ON, ALTER … OWNER TO and GRANT … ON.
  var objectClause: String {
    switch kind {
    case .schema: "SCHEMA \(Quote.identifier(name))"
    case .extension: "EXTENSION \(Quote.identifier(name))"
    case .role: "ROLE \(Quote.identifier(name))"
    case .enumType, .shellType, .baseType, .rangeType, .compositeType: "TYPE \(sqlName)"
    case .domain: "DOMAIN \(sqlName)"
    case .domainConstraint: "CONSTRAINT \(Quote.identifier(member)) ON DOMAIN \(sqlName)"
    case .language: "LANGUAGE \(Quote.identifier(name))"
    case .collation: "COLLATION \(sqlName)"
    case .operator: "OPERATOR \(Quote.identifier(schema)).\(name) (\(member))"
    case .operatorFamily: "OPERATOR FAMILY \(sqlName) USING \(Quote.identifier(member))"
    case .operatorClass: "OPERATOR CLASS \(sqlName) USING \(Quote.identifier(member))"
    case .accessMethod: "ACCESS METHOD \(Quote.identifier(name))"
    case .cast: "CAST (\(name) AS \(member))"
    case .transform: "TRANSFORM FOR \(name) LANGUAGE \(Quote.identifier(member))"
    case .conversion: "CONVERSION \(sqlName)"
    case .textSearchParser: "TEXT SEARCH PARSER \(sqlName)"
    case .textSearchTemplate: "TEXT SEARCH TEMPLATE \(sqlName)"
    case .textSearchDictionary: "TEXT SEARCH DICTIONARY \(sqlName)"
    case .textSearchConfiguration: "TEXT SEARCH CONFIGURATION \(sqlName)"
    case .foreignDataWrapper: "FOREIGN DATA WRAPPER \(Quote.identifier(name))"
    case .foreignServer: "SERVER \(Quote.identifier(name))"
    case .userMapping:
      "USER MAPPING FOR \(member.isEmpty ? "PUBLIC" : Quote.identifier(member)) SERVER \(Quote.identifier(name))"
    case .foreignTable: "FOREIGN TABLE \(sqlName)"
    case .statistics: "STATISTICS \(sqlName)"
    case .rule: "RULE \(Quote.identifier(member)) ON \(sqlName)"
    case .eventTrigger: "EVENT TRIGGER \(Quote.identifier(name))"
    case .publication: "PUBLICATION \(Quote.identifier(name))"
    case .subscription: "SUBSCRIPTION \(Quote.identifier(name))"
    case .sequence: "SEQUENCE \(sqlName)"
    case .function: "ROUTINE \(sqlName)(\(member))"
    case .table: "TABLE \(sqlName)"
    case .view: "VIEW \(sqlName)"
    case .materializedView: "MATERIALIZED VIEW \(sqlName)"
    case .index: "INDEX \(sqlName)"
    case .column: "COLUMN \(sqlName).\(Quote.identifier(member))"
    case .constraint: "CONSTRAINT \(Quote.identifier(member)) ON \(sqlName)"
    case .trigger: "TRIGGER \(Quote.identifier(member)) ON \(sqlName)"
    case .policy: "POLICY \(Quote.identifier(member)) ON \(sqlName)"
    default: sqlName
    }
  }

  /// The part's name, quoted.
  var memberSQL: String { Quote.identifier(member) }
}

/// A name, quoted where it has to be, with what follows it after a space.
enum QuotedName {
  static func split(_ text: String) -> (name: String, rest: String) {
    var isQuoted = false
    let end = text.unicodeScalars.firstIndex { scalar in
      if scalar == "\"" { isQuoted.toggle() }
      return scalar == " " && !isQuoted
    }
    guard let end else { return (text, "") }
    return (String(text[..<end]), String(text[text.unicodeScalars.index(after: end)...]))
  }
}

/// Storage parameters as `ALTER … SET (…)` and `RESET (…)` take them.
enum StorageOptions {
  /// - Parameter options: `name=value` items as `pg_class.reloptions` has them.
  static func list(_ options: [String]) -> String {
    options.map { option in
      let (name, value) = split(option)
      return "\(quoted(name)) = \(Quote.literal(value))"
    }.joined(separator: ", ")
  }

  /// A parameter's name; those of a table's TOAST table begin with `toast.`.
  private static func quoted(_ name: String) -> String {
    name.split(separator: ".", maxSplits: 1).map { Quote.identifier(String($0)) }.joined(separator: ".")
  }

  static func changes(_ clause: String, from old: [String], to new: [String]) -> [String] {
    var statements: [String] = []
    let names = Set(new.map { split($0).name }.exact)
    let removed = old.map { split($0).name }.filter { !names.contains(ExactText($0)) }
    let before = Set(old.exact)
    let changed = new.filter { !before.contains(ExactText($0)) }
    if !removed.isEmpty {
      statements.append("\(clause) RESET (\(removed.map(quoted).joined(separator: ", ")))")
    }
    if !changed.isEmpty { statements.append("\(clause) SET (\(list(changed)))") }
    return statements
  }

  private static func split(_ option: String) -> (name: String, value: String) {
    // A mark that follows the sign makes one character of both.
    guard let index = option.unicodeScalars.firstIndex(of: "=") else { return (option, "") }
    return (String(option[..<index]), String(option.unicodeScalars[index...].dropFirst()))
  }
}

/// What a column that is no fact of its own (inherited, or a materialized view's) has of its own, as
/// `name SET …` clauses of ALTER COLUMN.
enum ColumnSettings {
  static func changes(_ table: String, from old: [String], to new: [String]) -> [String] {
    let before = Set(old.exact)
    let removed = old.filter { setting in !new.contains { key($0) == key(setting) } }
    return removed.map { "\(table) ALTER COLUMN \(reset($0))" }
      + new.filter { !before.contains(ExactText($0)) }.map { "\(table) ALTER COLUMN \($0)" }
  }

  /// The column and the word that is set.
  private static func key(_ setting: String) -> String {
    let (column, words) = split(setting)
    let word = words.dropFirst("SET ".count).prefix { $0 != " " }
    return column + " " + (word.hasPrefix("(") ? "(" : word)
  }

  private static func reset(_ setting: String) -> String {
    let (column, words) = split(setting)
    switch words {
    case "SET NOT NULL": return "\(column) DROP NOT NULL"
    case let words where words.hasPrefix("SET STATISTICS"): return "\(column) SET STATISTICS -1"
    case let words where words.hasPrefix("SET COMPRESSION"): return "\(column) SET COMPRESSION default"
    case let words where words.hasPrefix("SET STORAGE"): return "\(column) SET STORAGE EXTENDED"
    default:
      let names = words.dropFirst("SET (".count).dropLast().split(separator: ", ").map { $0.prefix { $0 != "=" } }
      return "\(column) RESET (\(names.joined(separator: ", ")))"
    }
  }

  private static func split(_ setting: String) -> (column: String, words: String) {
    guard let range = setting.ranges(of: " SET ").last else { return (setting, "") }
    return (String(setting[..<range.lowerBound]), String(setting[setting.index(after: range.lowerBound)...]))
  }
}
