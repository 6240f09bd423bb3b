/// What two branches cannot both have: one object, changed by both, of which one change is lost.
package struct MergeConflict: Sendable, Hashable, CustomStringConvertible {
  package var id: FactID
  package var reason: String
  package var description: String { "\(id): \(reason)" }

  package init(id: FactID, reason: String) {
    self.id = id
    self.reason = reason
  }

  /// Compares what each branch has made of the same catalog with what comes of one after the other.
  ///
  /// - Parameters:
  ///   - base: what both began with.
  ///   - landed: what the branch that came first has made of it.
  ///   - ours: what the other has made of it, alone.
  ///   - result: what comes of both, ours after the landed.
  /// - Returns: the conflicts in the order of the lock; none when everybody got what they wanted.
  package static func find(
    base: Catalog, landed: Catalog, ours: Catalog, result: Catalog
  ) -> [MergeConflict] {
    var ids = Set(base.facts.keys)
    for catalog in [landed, ours, result] { ids.formUnion(catalog.facts.keys) }
    return ids.filter { !$0.kind.isDeclaredOnly && $0.kind != .role }.sorted().compactMap { id in
      reason(base[id], landed[id], ours[id], result[id]).map { MergeConflict(id: id, reason: $0) }
    }
  }

  private static func reason(_ base: Fact?, _ landed: Fact?, _ ours: Fact?, _ result: Fact?) -> String? {
    let theyChanged = !same(base, landed)
    let weChanged = !same(base, ours)
    if !theyChanged, !weChanged {
      return same(base, result) ? nil : "changed by both together, though by neither alone"
    }
    guard theyChanged, weChanged else {
      if same(theyChanged ? landed : ours, result) { return nil }
      return theyChanged
        ? "what landed \(verb(base, landed)) is undone by this branch"
        : "\(verb(base, ours)) otherwise than on this branch alone"
    }
    switch (landed, ours) {
    case (nil, nil): return nil
    case (nil, _): return "dropped by what landed, changed by this branch"
    case (_, nil): return "changed by what landed, dropped by this branch"
    case (let landed?, let ours?): return reason(base, landed: landed, ours: ours, result)
    }
  }

  /// Attribute by attribute: two branches may each change another.
  private static func reason(_ base: Fact?, landed: Fact, ours: Fact, _ result: Fact?) -> String? {
    guard let result else { return "lost" }
    let keys = Set([base, landed, ours, result].flatMap { $0?.attributes.map(\.key) ?? [] })
    for key in keys.sorted(by: { $0.word < $1.word }) {
      let (before, theirs, mine) = (base?.attributes[key], landed.attributes[key], ours.attributes[key])
      if theirs != before, mine != before, theirs != mine {
        return
          "\(base == nil ? "made" : "changed") by both, with \(key.word) \(text(theirs)) by what landed and \(text(mine)) "
          + "by this branch"
      }
      let expected = theirs != before ? theirs : mine
      guard result.attributes[key] == expected else {
        return "\(key.word) should be \(text(expected)) and becomes \(text(result.attributes[key]))"
      }
    }
    return nil
  }

  private static func same(_ a: Fact?, _ b: Fact?) -> Bool {
    guard let a, let b else { return a == nil && b == nil }
    return a.agrees(with: b)
  }

  private static func verb(_ before: Fact?, _ after: Fact?) -> String {
    before == nil ? "made" : after == nil ? "dropped" : "changed"
  }

  private static func text(_ value: AttributeValue?) -> String {
    guard let value else { return "nothing" }
    let text = "\(value)".split(separator: "\n").joined(separator: " ")
    return text.count > 60 ? "\"\(text.prefix(57))…\"" : "\"\(text)\""
  }
}
