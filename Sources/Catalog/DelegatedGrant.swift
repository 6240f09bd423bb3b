/// A privilege that somebody granted who is not the object's owner, but held it with the grant option (`aclitem`).
///
/// All of those on one object are one fact: each needs that its grantor holds the privilege, and may be what another's grantor
/// holds it by, so that they come and go in an order of their own.
package struct DelegatedGrant: Hashable, Sendable, Comparable {
  package var grantor: String
  /// Empty for everybody, `FactID.ownerRole` for the owner.
  package var grantee: String
  /// As in `privileges`: perhaps with the grant option.
  package var privilege: String

  package init(grantor: String, grantee: String, privilege: String) {
    self.grantor = grantor
    self.grantee = grantee
    self.privilege = privilege
  }

  private var parts: [String] { [grantor, grantee, privilege] }

  package static func < (a: DelegatedGrant, b: DelegatedGrant) -> Bool { a.parts.lexicographicallyPrecedes(b.parts) }
}

extension Fact {
  /// What `DelegatedGrant`s it holds, in order.
  package var delegated: [DelegatedGrant] {
    get {
      let words = list(.delegated)
      return stride(from: 0, to: words.count - words.count % 3, by: 3).map {
        DelegatedGrant(grantor: words[$0], grantee: words[$0 + 1], privilege: words[$0 + 2])
      }
    }
    set {
      attributes[.delegated] = .ifPresent(newValue.sorted().flatMap { [$0.grantor, $0.grantee, $0.privilege] })
    }
  }
}
