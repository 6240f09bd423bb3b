internal import Postgres

/// What identifies a fact: never an OID, never a string that has to be parsed again.
package struct FactID: Hashable, Sendable, Comparable {
  /// A large database has hundreds of thousands of references to identities; each is one word, hashed once.
  private final class Parts: Sendable {
    let kind: FactKind
    let schema: String
    let name: String
    let member: String
    let role: String
    let subject: FactKind?
    let hash: Int

    init(kind: FactKind, schema: String, name: String, member: String, role: String, subject: FactKind?) {
      self.kind = kind
      self.schema = schema
      self.name = name
      self.member = member
      self.role = role
      self.subject = subject
      var hasher = Hasher()
      hasher.combine(kind.rawValue)
      hasher.combine(subject?.rawValue)
      hasher.combine(schema)
      hasher.combine(name)
      hasher.combine(member)
      hasher.combine(role)
      hash = hasher.finalize()
    }
  }

  private let parts: Parts

  package var kind: FactKind { parts.kind }
  /// The schema; empty for what lives in none (roles, schemas, extensions).
  package var schema: String { parts.schema }
  /// The object's name; for a part of a relation, the relation's.
  package var name: String { parts.name }
  /// The part's name (column, constraint, trigger, policy); for a routine, its identity arguments.
  package var member: String { parts.member }
  /// The grantee of a grant, the role of a default privilege.
  package var role: String { parts.role }
  /// For what is said about another object (comment, grant, owner): that object's kind.
  package var subject: FactKind? { parts.subject }

  package init(
    _ kind: FactKind, schema: String = "", name: String, member: String = "", role: String = "",
    subject: FactKind? = nil
  ) {
    parts = Parts(kind: kind, schema: schema, name: name, member: member, role: role, subject: subject)
  }

  package static func == (a: FactID, b: FactID) -> Bool {
    let (a, b) = (a.parts, b.parts)
    if a === b { return true }
    return a.hash == b.hash && a.kind == b.kind && a.name.isIdentical(to: b.name) && a.member.isIdentical(to: b.member)
      && a.schema.isIdentical(to: b.schema) && a.role.isIdentical(to: b.role) && a.subject == b.subject
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(parts.hash) }

  /// Stands for an object's owner in grants, whoever that is. No role can have a name that begins with `pg_`.
  package static let ownerRole = "pg_object_owner"

  /// Stands for all who were granted something on an object by others than its owner.
  package static let delegates = "pg_delegates"

  /// A fact about the object with this identity.
  package func about(_ kind: FactKind, role: String = "") -> FactID {
    FactID(kind, schema: schema, name: name, member: member, role: role, subject: self.kind)
  }

  /// The object that a comment, grant or owner is about.
  package var subjectID: FactID? {
    subject.map { FactID($0, schema: schema, name: name, member: member) }
  }

  /// The order of the lock and of reports: by schema and name first, so that what belongs together stands together.
  package static func < (a: FactID, b: FactID) -> Bool {
    let (a, b) = (a.parts, b.parts)
    if !a.schema.isIdentical(to: b.schema) { return a.schema.precedes(b.schema) }
    if !a.name.isIdentical(to: b.name) { return a.name.precedes(b.name) }
    if a.kind != b.kind { return a.kind.rank < b.kind.rank }
    if !a.member.isIdentical(to: b.member) { return a.member.precedes(b.member) }
    if a.subject != b.subject { return (a.subject?.rank ?? -1) < (b.subject?.rank ?? -1) }
    return a.role.precedes(b.role)
  }

  /// The table that a part is named by, whatever kind of table it is.
  package var table: FactID? { member.isEmpty ? nil : FactID(.table, schema: schema, name: name) }

  /// Whether it is the index with this schema and name, or the constraint that has it.
  package func isIndex(_ name: [String]) -> Bool {
    kind == .index && name.exact == [schema, self.name].exact
      || kind == .constraint && name.exact == [schema, member].exact
  }

  /// The object's name as SQL writes it.
  package var sqlName: String { Quote.qualified(schema, name) }

  /// Whether both are functions of one name that take other arguments (documentation, section 38.6 "Function Overloading").
  package func isOverload(of other: FactID) -> Bool {
    kind == .function && other.kind == .function && self != other && schema.isIdentical(to: other.schema)
      && name.isIdentical(to: other.name)
  }
}

extension FactID: CustomStringConvertible {
  /// A name for people, for example `column webinar.registrants.email`.
  package var description: String { "\(kind.title) \(path)" }

  /// Who a grant is to, for people.
  package var grantee: String {
    switch role {
    case "": "PUBLIC"
    case Self.ownerRole: "the owner"
    default: role
    }
  }

  /// The same without the kind.
  package var path: String {
    switch kind {
    case .securityLabel:
      return "of \(role)" + (subjectID.map { " on \($0)" } ?? "")
    case .setting:
      return name + (role.isEmpty ? "" : " for \(Quote.identifier(role))")
    case .comment, .owner:
      return subjectID.map { "on \($0)" } ?? name
    case .grant where role == Self.delegates:
      return "by others than the owner" + (subjectID.map { " on \($0)" } ?? "")
    case .grant:
      return "to \(grantee)" + (subjectID.map { " on \($0)" } ?? "")
    case .defaultPrivilege:
      return "on \(name)" + (schema.isEmpty ? "" : " in \(schema)") + " to \(grantee)"
    case .function:
      return "\(sqlName)(\(member))"
    case .operator:
      return "\(schema.isEmpty ? "" : Quote.identifier(schema) + ".")\(name) (\(member))"
    case .operatorClass, .operatorFamily:
      return "\(sqlName) using \(Quote.identifier(member))"
    case .cast:
      return "(\(name) as \(member))"
    case .transform:
      return "for \(name) language \(Quote.identifier(member))"
    case .userMapping:
      return "for \(member.isEmpty ? "PUBLIC" : Quote.identifier(member)) server \(Quote.identifier(name))"
    case .publicationTable, .publicationSchema:
      return "\(schema.isEmpty ? Quote.identifier(name) : sqlName) in \(Quote.identifier(member))"
    case .partitionIndex:
      return "of \(Quote.qualified(role, member)) on \(sqlName)"
    case .constraint, .inheritedConstraint, .domainConstraint, .trigger, .triggerState, .policy, .rule:
      return "\(Quote.identifier(member)) on \(sqlName)"
    default:
      return member.isEmpty ? sqlName : sqlName + "." + Quote.identifier(member)
    }
  }
}
