internal import Catalog
internal import Postgres

/// What others than the owner granted on an object, from one state to another: each grantor in person, since PostgreSQL takes no
/// other (`GRANTED BY` has to name the current user; chapter 5.8 "Privileges").
///
/// A privilege goes before the one that its grantor holds it by, and comes after. Where who may hand it on changes, all that
/// hangs on it is taken back first and granted anew.
struct Delegation {
  /// Before anything else is taken from anybody on the object.
  private(set) var revokes: [String] = []
  /// After everything else is granted.
  private(set) var grants: [String] = []

  var change: Change {
    var change = Change(revokes.isEmpty ? grants : revokes)
    if !revokes.isEmpty { change.cleanup = grants }
    return change
  }

  /// - Parameter anew: whether whatever is there is taken back, and granted again.
  init(from old: Fact?, to new: Fact?, _ context: RuleContext, anew: Bool = false) {
    guard let fact = new ?? old, let subject = fact.id.subjectID else { return }
    let (before, after) = (Chain(old, on: subject, context.source), Chain(new, on: subject, context.target))
    var (removed, kept, added) = (before.grants, Set<DelegatedGrant>(), after.grants)
    if !anew, before.owner == after.owner, old == nil || !context.startsAnew(fact) {
      kept = before.grants.intersection(after.grants).filter {
        let privilege = GrantRule.plain($0.privilege)
        return before.options(for: privilege) == after.options(for: privilege)
      }
      removed.subtract(kept)
      added.subtract(kept)
    }
    revokes = Self.statements(removed, before, subject, isRevoke: true)
    grants = Self.statements(added, after, subject, isRevoke: false)
  }

  private static func statements(
    _ grants: Set<DelegatedGrant>, _ chain: Chain, _ subject: FactID, isRevoke: Bool
  ) -> [String] {
    struct Group: Hashable {
      var level: Int
      var grantor: String
      var grantee: String
    }
    var groups: [Group: [String]] = [:]
    for grant in grants {
      let level = chain.level(of: grant)
      groups[Group(level: level, grantor: grant.grantor, grantee: grant.grantee), default: []].append(grant.privilege)
    }
    let ordered = groups.sorted { a, b in
      let (x, y) = isRevoke ? (b.key, a.key) : (a.key, b.key)
      return (x.level, x.grantor, x.grantee) < (y.level, y.grantor, y.grantee)
    }
    var statements: [String] = []
    var grantor: String?
    for (group, privileges) in ordered {
      if grantor != group.grantor { statements.append("SET LOCAL ROLE \(Quote.identifier(group.grantor))") }
      grantor = group.grantor
      let grantee =
        switch group.grantee {
        case "": "PUBLIC"
        case FactID.ownerRole: chain.owner
        default: Quote.identifier(group.grantee)
        }
      statements += GrantRule.transition(
        subject, grantee: grantee, from: isRevoke ? privileges : [], to: isRevoke ? [] : privileges)
    }
    return statements + (statements.isEmpty ? [] : ["RESET ROLE"])
  }

  /// Who may hand a privilege on. PostgreSQL refuses to take the option from a column while something hangs on it there, even
  /// from who may hand on that of the whole relation.
  private struct Holder: Hashable {
    var role: String
    var isOfColumn: Bool
  }

  /// Who holds what by whom, in one state.
  private struct Chain {
    let grants: Set<DelegatedGrant>
    /// As SQL names it.
    let owner: String
    /// Who may hand on which privilege because the owner says so, or because of what is said of the whole relation.
    private let holders: [String: Set<Holder>]
    /// How many hands a privilege went through to whom.
    private let levels: [String: [String: Int]]

    init(_ fact: Fact?, on subject: FactID, _ catalog: Catalog) {
      grants = Set(fact?.delegated ?? [])
      owner = GrantRule.owner(of: subject, partOf: fact?.parent, catalog)
      var subjects = [subject]
      if subject.kind == .column {
        subjects += [FactKind.table, .foreignTable, .view, .materializedView].map {
          FactID($0, schema: subject.schema, name: subject.name)
        }
      }
      var holders: [String: Set<Holder>] = [:]
      func note(_ privilege: String, _ role: String, _ subject: FactID) {
        guard privilege.hasSuffix(GrantRule.option) else { return }
        holders[GrantRule.plain(privilege), default: []].insert(Holder(role: role, isOfColumn: subject.kind == .column))
      }
      for role in Set(grants.map(\.grantor)) {
        for subject in subjects {
          for privilege in catalog[subject.about(.grant, role: role)]?.list(.privileges) ?? [] {
            note(privilege, role, subject)
          }
        }
      }
      for subject in subjects.dropFirst() {
        for grant in catalog[subject.about(.grant, role: FactID.delegates)]?.delegated ?? [] {
          note(grant.privilege, grant.grantee, subject)
        }
      }
      self.holders = holders
      var levels = holders.mapValues { Dictionary($0.map { ($0.role, 0) }, uniquingKeysWith: { first, _ in first }) }
      var isGrowing = true
      while isGrowing {
        isGrowing = false
        for grant in grants where grant.privilege.hasSuffix(GrantRule.option) {
          let privilege = GrantRule.plain(grant.privilege)
          guard let level = levels[privilege]?[grant.grantor], levels[privilege]?[grant.grantee] ?? .max > level + 1
          else { continue }
          levels[privilege]?[grant.grantee] = level + 1
          isGrowing = true
        }
      }
      self.levels = levels
    }

    func level(of grant: DelegatedGrant) -> Int { levels[GrantRule.plain(grant.privilege)]?[grant.grantor] ?? .max }

    /// Who may hand a privilege on, and by whom.
    func options(for privilege: String) -> Set<[String]> {
      var result = Set((holders[privilege] ?? []).map { [$0.role, $0.isOfColumn ? "column" : "relation"] })
      for grant in grants where grant.privilege == privilege + GrantRule.option {
        result.insert([grant.grantor, grant.grantee, "handed on"])
      }
      return result
    }
  }
}
