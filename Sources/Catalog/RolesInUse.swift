extension Catalog {
  /// The roles that are granted something, own something, or are named by a policy, a setting or a user mapping; and those
  /// that these are members of.
  package var rolesInUse: Set<String> {
    var found: Set<String> = []
    for fact in facts.values {
      switch fact.id.kind {
      case .policy: found.formUnion(fact.list(.roles))
      case .owner: found.insert(fact.text(.role))
      case .grant where fact.id.role == FactID.delegates:
        for grant in fact.delegated { found.formUnion([grant.grantor, grant.grantee]) }
      case .grant, .setting: found.insert(fact.id.role)
      case .defaultPrivilege: found.formUnion([fact.id.role, fact.id.member])
      case .userMapping: found.insert(fact.id.member)
      default: break
      }
    }
    var waiting = Array(found)
    while let name = waiting.popLast() {
      for group in self[FactID(.role, name: name)]?.list(.memberOf) ?? [] where found.insert(group).inserted {
        waiting.append(group)
      }
    }
    // PostgreSQL has those by itself, and whoever owns an object has no name there.
    return found.filter { !$0.isEmpty && !$0.hasPrefix("pg_") && $0 != FactID.ownerRole }
  }
}
