internal import Catalog
internal import Postgres

/// What a role may do to an object. A fact is a difference from PostgreSQL's default, and holds all that the role may.
enum GrantRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    guard let subject = fact.id.subjectID else { return [] }
    // An object that is created in this plan starts with what default privileges give it.
    let base =
      context.startsAnew(fact)
      ? context.defaultPrivileges.initial(subject, fact.id.role) : DefaultPrivileges.builtIn(subject.kind, fact.id.role)
    return transition(subject, fact.id.role, from: base, to: fact.list(.privileges))
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    guard let subject = fact.id.subjectID else { return [] }
    return transition(
      subject, fact.id.role, from: fact.list(.privileges),
      to: DefaultPrivileges.builtIn(subject.kind, fact.id.role))
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    guard let subject = new.id.subjectID else { return .replace }
    return .inPlace(
      Change(transition(subject, new.id.role, from: old.list(.privileges), to: new.list(.privileges))))
  }

  /// The REVOKE and GRANT that lead from one set of privileges to another.
  static func transition(_ subject: FactID, _ role: String, from old: [String], to new: [String]) -> [String] {
    let option = " WITH GRANT OPTION"
    func plain(_ privilege: String) -> String {
      privilege.hasSuffix(option) ? String(privilege.dropLast(option.count)) : privilege
    }
    let before = Set(old)
    let after = Set(new)
    let removed = before.subtracting(after)
    let grantee = role.isEmpty ? "PUBLIC" : Quote.identifier(role)
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
    case .table, .view, .materializedView, .column: "TABLE \(subject.sqlName)"
    default: subject.objectClause
    }
  }
}

/// Default privileges of whoever creates objects.
enum DefaultPrivilegeRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    transition(fact.id, from: builtIn(fact.id), to: fact.list(.privileges))
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    transition(fact.id, from: fact.list(.privileges), to: builtIn(fact.id))
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    .inPlace(Change(transition(new.id, from: old.list(.privileges), to: new.list(.privileges))))
  }

  private static func builtIn(_ id: FactID) -> [String] {
    // A schema's default privileges come on top of the global ones.
    guard id.schema.isEmpty, id.role.isEmpty else { return [] }
    return id.name == "FUNCTIONS" ? ["EXECUTE"] : id.name == "TYPES" ? ["USAGE"] : []
  }

  private static func transition(_ id: FactID, from old: [String], to new: [String]) -> [String] {
    let creator = id.member.isEmpty ? "" : " FOR ROLE \(Quote.identifier(id.member))"
    let place = id.schema.isEmpty ? "" : " IN SCHEMA \(Quote.identifier(id.schema))"
    // The object clause of a real object is replaced by the kind's plural.
    return GrantRule.transition(FactID(.table, name: "dbtool"), id.role, from: old, to: new).map {
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

  /// What PostgreSQL gives by itself (documentation, table 5.2).
  static func builtIn(_ kind: FactKind, _ role: String) -> [String] {
    guard role.isEmpty else { return [] }
    return kind == .function ? ["EXECUTE"] : kind == .enumType ? ["USAGE"] : []
  }

  /// What a role may do to an object right after it was created.
  func initial(_ subject: FactID, _ role: String) -> [String] {
    let builtIn = Self.builtIn(subject.kind, role)
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
    case .table, .view, .materializedView: "TABLES"
    case .sequence: "SEQUENCES"
    case .function: "FUNCTIONS"
    case .enumType: "TYPES"
    case .schema: "SCHEMAS"
    default: nil
    }
  }
}
