package import Catalog
package import Migrations
internal import Planning
package import Postgres

/// Drift in what pending migrations are about to alter, drop or build anew. By facts: what the migrations before lead to is
/// compared with what the pending ones lead to, and only where these differ, with the live database; and what their statements
/// drop or replace by its name, whether these differ or not.
package struct TouchedDrift: Sendable {
  private let states: States
  private let files: [MigrationFile]
  private let lock: Catalog

  /// - Parameters:
  ///   - files: all migrations.
  ///   - lock: where they lead.
  package init(states: States, files: [MigrationFile], lock: Catalog) {
    self.states = states
    self.files = files
    self.lock = lock
  }

  /// - Returns: none before a first apply, since nothing of what is there comes from migrations.
  /// - Throws: `PostgresError`, and what the scratch server throws where a state has to be made.
  package func findings(_ pending: [Applier.Pending], _ connection: Connection) async throws -> [DriftFinding] {
    let history = HistoryComparison(files, try await History.entries(connection))
    let applied = Set(
      history.lines.filter { [.applied, .appliedInParts].contains($0.state) }.compactMap(\.file?.version))
    // What was begun goes on, whatever its halves look like; the others begin where it will have led.
    let begun = Set(pending.filter(\.isBegun).map(\.file.version))
    let coming = Set(pending.map(\.file.version)).subtracting(begun)
    if applied.isEmpty || coming.isEmpty { return [] }

    let start = try await catalog(after: applied.union(begun))
    let end = try await catalog(after: applied.union(begun).union(coming))
    let statements = try pending.filter { !$0.isBegun }.flatMap { try $0.file.segments() }.flatMap(\.statements).map(
      \.sql)
    let touched = Touched(
      from: start, to: end, try await states.plan(from: start, to: end), replaced: ReplacedNames(statements))
    if touched.isEmpty { return [] }
    let halfMade = begun.isEmpty ? [] : Touched.roots(changedFrom: try await catalog(after: applied), to: start)
    let (actual, expected) = try await DriftReport.comparands(states: states, expected: start, connection)
    let parts = actual.childrenByParent()
    return CatalogDifference.compare(expected: expected, actual: actual).filter { difference in
      touched.concerns(difference, expected: expected, actual: actual, parts)
        && !halfMade.contains(Touched.root(of: difference.id, in: [expected, actual]))
    }.map { difference in
      var finding = DriftReport.finding(difference, expected, actual)
      finding.location = states.location(of: difference.id)
      return finding
    }
  }

  private func catalog(after versions: Set<String>) async throws -> Catalog {
    let these = files.filter { versions.contains($0.version) }
    return these.count == files.count ? lock : try await states.catalog(after: these, within: lock)
  }
}

/// What leads from one state to another touches.
private struct Touched {
  private let end: Catalog
  /// What is there and will be altered, dropped or built anew.
  private var changed: Set<FactID> = []
  /// What of it is dropped, if only to be built anew.
  private var dropped: Set<FactID> = []
  private var created: Set<FactID> = []
  /// Objects of which something that is created becomes a part.
  private var parents: Set<FactID> = []
  private let replaced: ReplacedNames

  /// - Parameter plan: the way from one to the other.
  init(from start: Catalog, to end: Catalog, _ plan: Plan, replaced: ReplacedNames) {
    self.end = end
    self.replaced = replaced
    guard !start.agrees(with: end) else { return }
    for fact in start.facts.values {
      guard let new = end[fact.id] else {
        dropped.insert(fact.id)
        changed.insert(fact.id)
        continue
      }
      if !fact.agrees(with: new), !fact.isUndeclaredVersion(of: new) { changed.insert(fact.id) }
    }
    for fact in end.facts.values where !start.contains(fact.id) {
      created.insert(fact.id)
      if let parent = fact.parent, start.contains(parent) { parents.insert(parent) }
    }
    // What stands in the way of that is built anew, although it stays as it is: a view on a column whose type changes.
    for step in plan.steps {
      for id in [step.subject] + step.includes where start.contains(id) {
        changed.insert(id)
        if step.action == .drop || step.isReplacement { dropped.insert(id) }
      }
    }
    changed = changed.filter { !$0.kind.isDeclaredOnly && $0.kind != .role }
    created = created.filter { !$0.kind.isDeclaredOnly && $0.kind != .role }
  }

  var isEmpty: Bool { changed.isEmpty && created.isEmpty && replaced.isEmpty }

  /// - Parameter parts: what belongs to each fact that is there.
  func concerns(
    _ difference: CatalogDifference, expected: Catalog, actual: Catalog, _ parts: [FactID: [FactID]]
  ) -> Bool {
    let id = difference.id
    let line = Self.line(of: id, in: [expected, actual])
    if line.contains(where: { changed.contains($0) || replaced.holds($0) }) { return true }
    switch difference.kind {
    case .missing: return parents.contains(id)
    case .different: return false
    case .extra:
      // Made by hand in the meantime, and otherwise.
      if created.contains(id), let there = actual[id], let wanted = end[id] { return !there.agrees(with: wanted) }
      // Stands in the way of what is dropped, with any of its parts, or goes with it by CASCADE.
      var pieces = [id]
      var next = 0
      while next < pieces.count {
        pieces += parts[pieces[next]] ?? []
        next += 1
      }
      let needs = pieces.flatMap { actual[$0]?.needs ?? [] }
      return needs.contains { need in
        Self.line(of: need, in: [expected, actual]).contains { dropped.contains($0) || replaced.drops($0) }
      } || inherits(id, actual)
    }
  }

  /// Whether it is a table whose columns change with those of another.
  private func inherits(_ id: FactID, _ actual: Catalog) -> Bool {
    var ancestors = actual.parents(of: id)
    var next = 0
    while next < ancestors.count {
      let ancestor = ancestors[next]
      next += 1
      if changed.contains(where: { $0.kind == .column && ($0.schema, $0.name) == (ancestor.schema, ancestor.name) }) {
        return true
      }
      ancestors += actual.parents(of: ancestor).filter { !ancestors.contains($0) }
    }
    return false
  }

  /// A fact, what it is a part of, what that is a part of, and so on.
  private static func line(of id: FactID, in catalogs: [Catalog]) -> [FactID] {
    var line: [FactID] = []
    var next: FactID? = id
    while let id = next, !line.contains(id) {
      line.append(id)
      next = catalogs.lazy.compactMap { $0[id]?.parent }.first
    }
    return line
  }

  /// The table, function and so on that a fact is a part of.
  static func root(of id: FactID, in catalogs: [Catalog]) -> FactID {
    line(of: id, in: catalogs).last { $0.kind != .schema } ?? id
  }

  /// The tables, functions and so on of which something differs between two states.
  static func roots(changedFrom start: Catalog, to end: Catalog) -> Set<FactID> {
    let ids = Set(start.facts.keys).union(end.facts.keys).filter { id in
      guard let old = start[id], let new = end[id] else { return true }
      return !old.agrees(with: new)
    }
    return Set(ids.map { root(of: $0, in: [start, end]) })
  }
}
