internal import Catalog
internal import Postgres

/// What a transaction locks before it does anything, in one order: whoever takes its locks one by one, as it needs them, meets
/// clients half-way who have what it wants next and want what it has.
package struct LocksAhead {
  /// How long clients may wait altogether, for up to nine tables; a deadlock would be found after a second (`deadlock_timeout`), and end
  /// one of them.
  private static let patience = 900

  /// How long each lock is waited for, in milliseconds: clients wait behind the first ones meanwhile.
  package var timeout: Int
  package var statements: [String]
  /// How many steps come before them: those that lock no table, above all DROP VIEW, which clients' queries lock before the
  /// view's tables.
  package var place: Int

  /// - Parameter steps: those of one transaction.
  /// - Returns: nil where it has no second lock to wait for, or would keep the locks for as long as it reads tables.
  package init?(_ steps: [PlanStep]) {
    guard !steps.contains(where: \.takesTime) else { return nil }
    var strongest: [String: TableLock] = [:]
    var kinds: Set<String> = []
    for lock in steps.flatMap(\.locks) {
      guard let name = lock.nameBefore else { continue }
      kinds.insert("\(lock.mode) \(name)")
      if let known = strongest[name], known.mode >= lock.mode { continue }
      strongest[name] = lock
    }
    guard kinds.count > 1 else { return nil }
    let parents = Set(strongest.values.compactMap(\.parent))
    // A table's lock takes those of its children and partitions along.
    let alone = strongest.filter { _, lock in
      guard let parent = lock.parent.flatMap({ strongest[$0] }) else { return true }
      return parent.mode < lock.mode
    }
    let ordered = alone.sorted { a, b in
      (a.value.rank, a.value.mode, a.key) < (b.value.rank, b.value.mode, b.key)
    }
    place = steps.prefix { $0.locks.isEmpty && $0.subject.kind == .view }.count
    timeout = max(100, Self.patience / max(1, ordered.count + place))
    statements = ordered.map { name, lock in
      // The server says names as they are; in a file, what is hidden is written out.
      PortableSQL.text("LOCK TABLE \(parents.contains(name) ? "" : "ONLY ")\(name) IN \(lock.mode.words) MODE")
    }
  }
}
