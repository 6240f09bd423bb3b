internal import Catalog

extension StepGraph {
  /// What objects have from default privileges depends on the moment in which they are made: after those that the plan takes away, and
  /// before those that it gives or changes. `DefaultPrivileges` counts on that.
  mutating func connectDefaultPrivileges() {
    let ending = droppers.filter { $0.key.kind == .defaultPrivilege && alterers[$0.key] == nil }
    let coming = (Array(creators) + Array(alterers)).filter { $0.key.kind == .defaultPrivilege }
    guard !ending.isEmpty || !coming.isEmpty else { return }
    for (id, step) in Array(creators) + Array(alterers.filter { makesNumbers($0.key) }) {
      for objects in made(by: id) {
        func concerns(_ privilege: FactID) -> Bool {
          privilege.name == objects && (privilege.schema.isEmpty || privilege.schema == id.schema)
        }
        for (privilege, other) in ending where concerns(privilege) && other != step { order(other, before: step) }
        for (privilege, other) in coming where concerns(privilege) && other != step { order(step, before: other) }
      }
    }
  }

  /// The kinds of objects, as ALTER DEFAULT PRIVILEGES calls them, that come with a fact.
  private func made(by id: FactID) -> [String] {
    let own = DefaultPrivileges.objects(id.kind).map { [$0] } ?? []
    switch id.kind {
    case .table:
      let hasIdentity = (delta.targetChildren[id] ?? []).contains { makesNumbers($0) }
      return own + (hasIdentity ? ["SEQUENCES"] : [])
    case .column: return makesNumbers(id) ? ["SEQUENCES"] : []
    default: return own
    }
  }

  /// Whether a column has a sequence of its own in the target.
  private func makesNumbers(_ id: FactID) -> Bool {
    id.kind == .column && delta.target[id]?.optionalText(.identity) != nil
  }
}
