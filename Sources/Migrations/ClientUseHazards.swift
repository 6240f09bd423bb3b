package import Planning

/// What clients notice of what is gone, and of what has come, between two looks.
package struct ClientUseHazards {
  /// One thing that is there no more, or has come.
  package struct Change: Sendable {
    package var use: ClientUse
    package var isGain: Bool
    package var hazard: Hazard
  }

  private let before: Set<ClientUse>
  private let after: Set<ClientUse>

  package init(from before: Set<ClientUse>, to after: Set<ClientUse>) {
    self.before = before
    self.after = after
  }

  /// - Parameter kinds: those that somebody else speaks of.
  package func lost(except kinds: Set<String>) -> [Change] {
    let lost = before.subtracting(after)
    let names = Set(lost.map(\.name))
    let there = Set(after.map(\.name))
    // A key speaks for its constraint.
    let keyless = Set(lost.filter { $0.kind == "unique key" }.map(\.owner))
    // And an extension for all that is its own.
    let hasMembers = lost.contains { $0.kind == "extension" }
    let columnless = Set(lost.filter { $0.kind == "column" }.map(\.owner))
    return lost.sorted().compactMap { use in
      // What is gone, or has another name, speaks for its parts.
      if kinds.contains(use.kind) || !use.owner.isEmpty && names.contains(use.owner) && !there.contains(use.owner) {
        return nil
      }
      if hasMembers, ["function", "type", "operator"].contains(use.kind) { return nil }
      if use.kind == "constraint", keyless.contains(use.owner) { return nil }
      // So does a column for the keys and checks that are over it.
      if ["constraint", "unique key"].contains(use.kind), columnless.contains(use.owner) { return nil }
      return hazard(of: use).map { Change(use: use, isGain: false, hazard: $0) }
    }
  }

  private func hazard(of use: ClientUse) -> Hazard? {
    let name = use.name
    switch use.kind {
    case "schema", "view", "sequence", "function", "type", "operator", "extension":
      return Hazard(
        .breaksClients, "the \(use.kind) \(name) is gone, or has another name, from then on: what uses it fails")
    case "column of view":
      return Hazard(.breaksClients, "\(use.owner) has no column \(name) from then on: queries that name it fail")
    case "label":
      return Hazard(.breaksClients, "\(use.owner) has no label \(name) from then on: what says it fails")
    case "default of column":
      guard has("column", name) || has("column of view", name) else { return nil }
      return Hazard(
        .breaksClients,
        has("NOT NULL of column", name)
          ? "\(name) has no default from then on: an INSERT that leaves it out fails"
          : "\(name) has no default from then on: an INSERT that leaves it out writes NULL")
    case "unique key":
      return Hazard(
        .losesGuarantee,
        "nothing keeps \(name) unique from then on: ON CONFLICT of these columns fails, and rows may come twice",
        table: use.owner)
    case "NOT NULL of column":
      return Hazard(
        .losesGuarantee, "\(name) may be NULL from then on, for which programs that read it may not be ready")
    case "constraint":
      return Hazard(
        .losesGuarantee, "the constraint \(name) is gone, or has another name, from then on", table: use.owner)
    case "trigger", "rule":
      return Hazard(.losesGuarantee, "the \(use.kind) \(name) does nothing from then on", table: use.owner)
    case "privilege", "privilege of everybody": return Hazard(.changesAccess, "takes away \(name)")
    case "policy":
      return Hazard(
        .changesAccess,
        "the policy \(name) is gone, or has another name, from then on: other rows are seen and written",
        table: use.owner)
    case "row security of":
      return Hazard(
        .changesAccess, "\(name) has no row level security from then on: its policies keep nobody out", table: name)
    default: return nil
    }
  }

  private func has(_ kind: String, _ name: String) -> Bool {
    after.contains { $0.kind == kind && $0.name == name }
  }

  private func has(_ kind: String, of owner: String) -> Bool {
    after.contains { $0.kind == kind && $0.owner == owner }
  }

  /// What lets others in, or is kept less well.
  package func gained() -> [Change] {
    let gained = after.subtracting(before)
    return gained.sorted().compactMap { use in
      let wasThere = before.contains { $0.name == use.owner }
      let hazard: Hazard? =
        switch use.kind {
        case "privilege of everybody" where wasThere:
          Hazard(.changesAccess, "lets everybody in: \(use.name)")
        case "policy without a condition":
          Hazard(
            .changesAccess, "the policy \(use.name) is for all rows: USING (true) keeps nobody out", table: use.owner)
        case "row security of" where wasThere && !has("policy", of: use.name):
          Hazard(
            .changesAccess,
            "\(use.name) has row level security without a policy from then on: but for its owner nobody sees a row",
            table: use.name)
        case "unlogged":
          Hazard(
            .losesRows, "\(use.name) is not logged: a crash leaves it empty, and replicas never have its rows",
            table: use.name)
        default: nil
        }
      return hazard.map { Change(use: use, isGain: true, hazard: $0) }
    }
  }
}
