internal import Catalog
internal import Postgres

/// What a role may do to an object. A fact is a difference from PostgreSQL's default, and holds all that the role may.
enum GrantRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    guard let subject = fact.id.subjectID else { return [] }
    if fact.id.isDelegated { return Delegation(from: nil, to: fact, context).grants }
    if fact.id.role == FactID.ownerRole {
      let base = context.startsAnew(fact) ? context.defaults(for: fact.parent).initial(subject) : nil
      return ofOwner(subject, from: base, to: fact, context)
    }
    // An object that is created in this plan starts with what default privileges give it.
    let base =
      context.startsAnew(fact)
      ? context.defaults(for: fact.parent).initial(subject, fact.id.role) : usual(fact, subject)
    return transition(subject, fact.id.role, from: base, to: fact.list(.privileges))
  }
  /// The privileges on a column, of which those are gone that were taken from the whole relation, with their grant options.
  ///
  /// - Parameters:
  ///   - gone: what is no longer granted on the whole.
  ///   - fixed: what is no longer granted there with the grant option.
  static func again(
    _ fact: Fact, without gone: Set<String>, options fixed: Set<String>, _ context: RuleContext
  ) -> Change {
    guard let subject = fact.id.subjectID else { return Change() }
    var old = context.source[fact.id]
    if fact.id.isDelegated { return Delegation(from: old, to: fact, context, anew: true).change }
    let left = (old?.list(.privileges) ?? []).filter { !gone.contains(plain($0)) }
      .map { fixed.contains(plain($0)) ? plain($0) : $0 }
    if fact.id.role == FactID.ownerRole {
      old?.attributes[.privileges] = .ifPresent(left)
      return Change(ofOwner(subject, from: old, to: fact, context))
    }
    return Change(transition(subject, fact.id.role, from: left, to: fact.list(.privileges)))
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    guard let subject = fact.id.subjectID else { return [] }
    if fact.id.isDelegated { return Delegation(from: fact, to: nil, context).revokes }
    if fact.id.role == FactID.ownerRole { return ofOwner(subject, from: fact, to: nil, context) }
    return transition(subject, fact.id.role, from: fact.list(.privileges), to: usual(fact, subject))
  }
  /// What a role may do where nobody says anything: what an extension's script gave to its own, or what PostgreSQL does.
  private static func usual(_ fact: Fact, _ subject: FactID) -> [String] {
    fact.attributes[.usualPrivileges] == nil
      ? subject.kind.usualPrivileges(of: fact.id.role) : fact.list(.usualPrivileges)
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    guard let subject = new.id.subjectID else { return .replace }
    if new.id.isDelegated { return .inPlace(Delegation(from: old, to: new, context).change) }
    if new.id.role == FactID.ownerRole {
      return .inPlace(Change(ofOwner(subject, from: old, to: new, context)))
    }
    return .inPlace(
      Change(transition(subject, new.id.role, from: old.list(.privileges), to: new.list(.privileges))))
  }

  /// What an owner gives up and takes back, and gets beside what owners have.
  static func ofOwner(_ subject: FactID, from old: Fact?, to new: Fact?, _ context: RuleContext) -> [String] {
    let (before, after) = ownPrivileges(from: old, to: new, usual: subject.kind != .column)
    // Privileges go before the owner does, and come after the new one has come.
    let catalog = new == nil ? context.source : context.target
    let owner = owner(of: subject, partOf: (new ?? old)?.parent, catalog)
    return transition(subject, grantee: owner, from: before, to: after)
  }

  /// Both sets of privileges, as far as they differ from what owners have.
  ///
  /// - Parameter usual: whether an owner has privileges when nothing is said.
  static func ownPrivileges(from old: Fact?, to new: Fact?, usual: Bool) -> (before: [String], after: [String]) {
    func revoked(_ fact: Fact?) -> Set<String> { Set(fact?.list(.revoked) ?? []) }
    func further(_ fact: Fact?) -> Set<String> { Set(fact?.list(.privileges) ?? []) }
    let plain = further(old).union(further(new)).map(plain)
    let all = usual ? revoked(old).union(revoked(new)).union(plain) : []
    // One that comes with the grant option takes the place of the one without.
    func privileges(_ fact: Fact?) -> [String] {
      let own = further(fact)
      return own.union(all.subtracting(revoked(fact)).filter { !own.contains($0 + option) }).sorted()
    }
    return (privileges(old), privileges(new))
  }

  /// Who owns an object, or what it is a part of.
  static func owner(of subject: FactID, partOf parent: FactID?, _ catalog: Catalog) -> String {
    var candidate: FactID? = subject
    if subject.kind == .sequence {
      // One that belongs to a column has the table's owner.
      let owner = FactID(.sequenceOwner, schema: subject.schema, name: subject.name)
      if let table = catalog[owner].flatMap({ SequenceOwnerRule.table(of: $0, in: catalog) }) {
        candidate = table
      } else if let parent, parent.kind == .column {
        candidate = catalog[parent]?.parent
      }
    } else if subject.kind == .column {
      candidate = [FactKind.table, .foreignTable, .view, .materializedView].lazy
        .map { FactID($0, schema: subject.schema, name: subject.name) }.first(where: catalog.contains)
    }
    return candidate.flatMap { catalog[$0.about(.owner)] }.map { Quote.identifier($0.text(.role)) } ?? "CURRENT_USER"
  }

  /// The REVOKE and GRANT that lead from one set of privileges to another.
  static func transition(_ subject: FactID, _ role: String, from old: [String], to new: [String]) -> [String] {
    transition(subject, grantee: role.isEmpty ? "PUBLIC" : Quote.identifier(role), from: old, to: new)
  }

  static func transition(
    _ subject: FactID, grantee: String, from old: [String], to new: [String]
  ) -> [String] {
    transition(
      on: grantClause(subject), column: subject.kind == .column ? subject.memberSQL : nil, grantee: grantee, from: old,
      to: new)
  }

  /// - Parameters:
  ///   - objects: what stands behind ON.
  ///   - column: the column that the privileges are on, as SQL names it; nil for the whole.
  static func transition(
    on objects: String, column: String? = nil, grantee: String, from old: [String], to new: [String]
  ) -> [String] {
    let before = Set(old)
    let after = Set(new)
    let removed = before.subtracting(after)
    var statements: [String] = []
    func clause(_ privileges: [String]) -> String {
      let words = privileges.sorted().map { privilege in column.map { "\(privilege) (\($0))" } ?? privilege }
      return words.joined(separator: ", ") + " ON \(objects)"
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

  static let option = " WITH GRANT OPTION"

  static func plain(_ privilege: String) -> String {
    privilege.hasSuffix(option) ? String(privilege.dropLast(option.count)) : privilege
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

extension FactID {
  /// Whether privileges on it reach its columns.
  var holdsColumns: Bool { kind.isTable || kind == .view || kind == .materializedView }

  /// Whether it is what others than the owner granted on something.
  var isDelegated: Bool { kind == .grant && role == FactID.delegates }

  /// Whether it is what the same role may do to the whole relation.
  func isGrant(aroundColumnOf column: FactID) -> Bool {
    kind == .grant && schema == column.schema && name == column.name && role == column.role
      && subjectID?.holdsColumns == true
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
      (before, after) = GrantRule.ownPrivileges(from: old, to: new, usual: id.schema.isEmpty)
    }
    return GrantRule.transition(on: id.name, grantee: grantee, from: before, to: after).map {
      "ALTER DEFAULT PRIVILEGES\(creator)\(place) \($0)"
    }
  }
}

/// What new objects get, by PostgreSQL's own defaults and by ALTER DEFAULT PRIVILEGES.
struct DefaultPrivileges {
  private var global: [String: [String: [String]]] = [:]
  private var bySchema: [String: [String: [String: [String]]]] = [:]
  /// What the creator gets and gives up, by schema (none for all of them) and kind.
  private var own: [String: [String: Fact]] = [:]

  /// - Parameters:
  ///   - facts: the default privileges in force while objects are created.
  ///   - creator: whose objects; empty for those of whoever carries the plan out.
  init(_ facts: [Fact], of creator: String = "") {
    for fact in facts where fact.id.member == creator {
      if fact.id.role == FactID.ownerRole {
        own[fact.id.schema, default: [:]][fact.id.name] = fact
        continue
      }
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

  /// What its creator may do to an object right after it was created, otherwise than owners do; nil for nothing.
  func initial(_ subject: FactID) -> Fact? {
    guard let objects = Self.objects(subject.kind) else { return nil }
    let facts = [own[""]?[objects], own[subject.schema]?[objects]].compactMap { $0 }
    guard var result = facts.first else { return nil }
    for fact in facts.dropFirst() {
      let both = Set(result.list(.privileges)).union(fact.list(.privileges))
      result.attributes[.privileges] = .ifPresent(both.sorted())
      // What all schemas take away and this one gives is there.
      result.attributes[.revoked] = .ifPresent(result.list(.revoked).filter { !both.contains($0) })
    }
    return result
  }

  /// Roles that get something from default privileges.
  func grantees(_ subject: FactID) -> Set<String> {
    guard let objects = Self.objects(subject.kind) else { return [] }
    return Set(global[objects].map { Array($0.keys) } ?? [])
      .union(bySchema[subject.schema]?[objects].map { Array($0.keys) } ?? [])
  }

  static func objects(_ kind: FactKind) -> String? {
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
