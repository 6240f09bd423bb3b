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
  let targetChildren: [FactID: [FactID]]
  /// Default privileges that are in force while the plan creates objects.
  let defaultPrivileges: DefaultPrivileges
  /// What this plan creates; known once the differences are.
  var created: Set<FactID> = []

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
    case .role: RoleRule.self
    case .schema: SchemaRule.self
    case .extension: ExtensionRule.self
    case .enumType: EnumRule.self
    case .sequence: SequenceRule.self
    case .sequenceOwner: SequenceOwnerRule.self
    case .function: FunctionRule.self
    case .table: TableRule.self
    case .column: ColumnRule.self
    case .columnDefault: DefaultRule.self
    case .constraint: ConstraintRule.self
    case .index: IndexRule.self
    case .view: ViewRule.self
    case .materializedView: MaterializedViewRule.self
    case .raw: RawRule.self
    case .trigger: TriggerRule.self
    case .policy: PolicyRule.self
    case .partitionWindow: PartitionWindowRule.self
    case .owner: OwnerRule.self
    case .grant: GrantRule.self
    case .defaultPrivilege: DefaultPrivilegeRule.self
    case .comment: CommentRule.self
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
    case .enumType: "TYPE \(sqlName)"
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

/// Storage parameters as `ALTER … SET (…)` and `RESET (…)` take them.
enum StorageOptions {
  /// - Parameter options: `name=value` items as `pg_class.reloptions` has them.
  static func list(_ options: [String]) -> String {
    options.map { option in
      let (name, value) = split(option)
      return "\(Quote.identifier(name)) = \(Quote.literal(value))"
    }.joined(separator: ", ")
  }

  static func changes(_ clause: String, from old: [String], to new: [String]) -> [String] {
    var statements: [String] = []
    let names = Set(new.map { split($0).name })
    let removed = old.map { split($0).name }.filter { !names.contains($0) }
    let changed = new.filter { !old.contains($0) }
    if !removed.isEmpty {
      statements.append("\(clause) RESET (\(removed.map(Quote.identifier).joined(separator: ", ")))")
    }
    if !changed.isEmpty { statements.append("\(clause) SET (\(list(changed)))") }
    return statements
  }

  private static func split(_ option: String) -> (name: String, value: String) {
    guard let index = option.firstIndex(of: "=") else { return (option, "") }
    return (String(option[..<index]), String(option[option.index(after: index)...]))
  }
}
