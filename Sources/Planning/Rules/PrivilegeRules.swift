internal import Catalog
internal import Postgres

/// What a role may do to an object. A fact is a difference from PostgreSQL's default, and holds all that the role may.
enum GrantRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    guard let subject = fact.id.subjectID else { return [] }
    if fact.id.role == FactID.ownerRole { return ofOwner(subject, [], fact.list(.revoked), context) }
    // An object that is created in this plan starts with what default privileges give it.
    let base =
      context.startsAnew(fact) ? context.defaultPrivileges.initial(subject, fact.id.role) : usual(fact, subject)
    return transition(subject, fact.id.role, from: base, to: fact.list(.privileges))
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    guard let subject = fact.id.subjectID else { return [] }
    if fact.id.role == FactID.ownerRole { return ofOwner(subject, fact.list(.revoked), [], context) }
    return transition(subject, fact.id.role, from: fact.list(.privileges), to: usual(fact, subject))
  }
  /// What a role may do where nobody says anything: what an extension's script gave to its own, or what PostgreSQL does.
  private static func usual(_ fact: Fact, _ subject: FactID) -> [String] {
    fact.attributes[.usualPrivileges] == nil
      ? subject.kind.usualPrivileges(of: fact.id.role) : fact.list(.usualPrivileges)
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    guard let subject = new.id.subjectID else { return .replace }
    if new.id.role == FactID.ownerRole {
      return .inPlace(Change(ofOwner(subject, old.list(.revoked), new.list(.revoked), context)))
    }
    return .inPlace(
      Change(transition(subject, new.id.role, from: old.list(.privileges), to: new.list(.privileges))))
  }

  /// What an owner gives up and takes back.
  private static func ofOwner(
    _ subject: FactID, _ old: [String], _ new: [String], _ context: RuleContext
  ) -> [String] {
    let owner = context.target[subject.about(.owner)].map { Quote.identifier($0.text(.role)) } ?? "CURRENT_USER"
    // What was given up before is missing, so that the way there goes in the other direction.
    let all = Set(old).union(new)
    return transition(
      subject, grantee: owner, from: all.subtracting(old).sorted(), to: all.subtracting(new).sorted())
  }

  /// The REVOKE and GRANT that lead from one set of privileges to another.
  static func transition(_ subject: FactID, _ role: String, from old: [String], to new: [String]) -> [String] {
    transition(subject, grantee: role.isEmpty ? "PUBLIC" : Quote.identifier(role), from: old, to: new)
  }

  static func transition(
    _ subject: FactID, grantee: String, from old: [String], to new: [String]
  ) -> [String] {
    let option = " WITH GRANT OPTION"
    func plain(_ privilege: String) -> String {
      privilege.hasSuffix(option) ? String(privilege.dropLast(option.count)) : privilege
    }
    let before = Set(old)
    let after = Set(new)
    let removed = before.subtracting(after)
    var statements: [String] = []
    func clause(_ privileges: [String]) -> String {
      let sorted = privileges.sorted()
      guard subject.kind == .column else { return sorted.joined(separator: ", ") + " ON \(grantClause(subject))" }
      return sorted.map { "\($0) (\(subject.memberSQL))" }.joined(separator: ", ") + " ON \(grantClause(subject))"
    }
    let keptPlain = Set(after.map(plain))
    let revoked = removed.map(plain).filter { !keptPlain.contains($0) }
    if !revoked.isEmpty { statements.append("REVOKE \(clause(revoked)) FROM \(grantee)") }
    let optionRevoked = removed.filter { $0.hasSuffix(option) && after.contains(plain($0)) }.map(plain)
    if !optionRevoked.isEmpty {
      statements.append("REVOKE GRANT OPTION FOR \(clause(optionRevoked)) FROM \(grantee)")
    }
    let added = after.subtracting(before).filter { !before.contains($0 + option) }
    let addedPlain = added.filter { !$0.hasSuffix(option) }
    let addedOption = added.filter { $0.hasSuffix(option) }.map(plain)
    if !addedPlain.isEmpty { statements.append("GRANT \(clause(Array(addedPlain))) TO \(grantee)") }
    if !addedOption.isEmpty { statements.append("GRANT \(clause(addedOption)) TO \(grantee)\(option)") }
    return statements
  }

  private static func grantClause(_ subject: FactID) -> String {
    switch subject.kind {
    case .table, .foreignTable, .view, .materializedView, .column: "TABLE \(subject.sqlName)"
    case .domain: "TYPE \(subject.sqlName)"
    case .foreignServer: "FOREIGN SERVER \(Quote.identifier(subject.name))"
    default: subject.objectClause
    }
  }
}

/// Default privileges of whoever creates objects.
enum DefaultPrivilegeRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] { transition(from: nil, to: fact) }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { transition(from: fact, to: nil) }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    .inPlace(Change(transition(from: old, to: new)))
  }

  private static func builtIn(_ id: FactID) -> [String] {
    // A schema's default privileges come on top of the global ones.
    guard id.schema.isEmpty, id.role.isEmpty else { return [] }
    return id.name == "FUNCTIONS" ? ["EXECUTE"] : id.name == "TYPES" ? ["USAGE"] : []
  }

  private static func transition(from old: Fact?, to new: Fact?) -> [String] {
    guard let id = old?.id ?? new?.id else { return [] }
    let creator = id.member.isEmpty ? "" : " FOR ROLE \(Quote.identifier(id.member))"
    let place = id.schema.isEmpty ? "" : " IN SCHEMA \(Quote.identifier(id.schema))"
    var grantee = id.role.isEmpty ? "PUBLIC" : Quote.identifier(id.role)
    var (before, after) = (old?.list(.privileges) ?? builtIn(id), new?.list(.privileges) ?? builtIn(id))
    if id.role == FactID.ownerRole {
      grantee = id.member.isEmpty ? "CURRENT_USER" : Quote.identifier(id.member)
      let (given, gives) = (Set(old?.list(.revoked) ?? []), Set(new?.list(.revoked) ?? []))
      (before, after) = (gives.subtracting(given).sorted(), given.subtracting(gives).sorted())
    }
    // The object clause of a real object is replaced by the kind's plural.
    return GrantRule.transition(FactID(.table, name: "dbtool"), grantee: grantee, from: before, to: after).map {
      "ALTER DEFAULT PRIVILEGES\(creator)\(place) " + $0.replacing(" ON TABLE dbtool ", with: " ON \(id.name) ")
    }
  }
}

/// What new objects get, by PostgreSQL's own defaults and by ALTER DEFAULT PRIVILEGES.
struct DefaultPrivileges {
  private var global: [String: [String: [String]]] = [:]
  private var bySchema: [String: [String: [String: [String]]]] = [:]

  /// - Parameter facts: the default privileges in force while objects are created.
  init(_ facts: [Fact]) {
    for fact in facts where fact.id.member.isEmpty {
      if fact.id.schema.isEmpty {
        global[fact.id.name, default: [:]][fact.id.role] = fact.list(.privileges)
      } else {
        bySchema[fact.id.schema, default: [:]][fact.id.name, default: [:]][fact.id.role] = fact.list(.privileges)
      }
    }
  }

  /// What a role may do to an object right after it was created.
  func initial(_ subject: FactID, _ role: String) -> [String] {
    let builtIn = subject.kind.usualPrivileges(of: role)
    guard let objects = Self.objects(subject.kind) else { return builtIn }
    let base = global[objects]?[role] ?? builtIn
    let extra = bySchema[subject.schema]?[objects]?[role] ?? []
    return base + extra.filter { !base.contains($0) }
  }

  /// Roles that get something from default privileges.
  func grantees(_ subject: FactID) -> Set<String> {
    guard let objects = Self.objects(subject.kind) else { return [] }
    return Set(global[objects].map { Array($0.keys) } ?? [])
      .union(bySchema[subject.schema]?[objects].map { Array($0.keys) } ?? [])
  }

  private static func objects(_ kind: FactKind) -> String? {
    switch kind {
    case .table, .foreignTable, .view, .materializedView: "TABLES"
    case .sequence: "SEQUENCES"
    case .function: "FUNCTIONS"
    case .enumType, .baseType, .rangeType, .domain, .compositeType: "TYPES"
    case .schema: "SCHEMAS"
    default: nil
    }
  }
}
