internal import Catalog
internal import Postgres

/// A lock on a table that was there before a plan (PostgreSQL: section 13.3.1 "Table-Level Locks").
package struct TableLock: Sendable, Hashable, CustomStringConvertible {
  /// Those that keep writers away, weakest first.
  package enum Mode: Int, Sendable, Comparable, CaseIterable {
    case share, shareRowExclusive, exclusive, accessExclusive

    /// As SQL says it.
    package var words: String {
      switch self {
      case .share: "SHARE"
      case .shareRowExclusive: "SHARE ROW EXCLUSIVE"
      case .exclusive: "EXCLUSIVE"
      case .accessExclusive: "ACCESS EXCLUSIVE"
      }
    }

    /// As `pg_locks.mode` says it.
    package init?(catalogName: String) {
      guard
        let mode = Self.allCases.first(where: { $0.words.replacing(" ", with: "") + "LOCK" == catalogName.uppercased() }
        )
      else { return nil }
      self = mode
    }

    package static func < (a: Mode, b: Mode) -> Bool { a.rawValue < b.rawValue }
  }

  /// As SQL names it when the lock is taken.
  package var table: String
  package var mode: Mode
  /// What it is called when the transaction begins; nil where LOCK TABLE does not take it: a materialized view, what the
  /// transaction has made.
  package var nameBefore: String?
  /// The partitioned or inherited table whose lock takes this one along, as it is called when the transaction begins.
  package var parent: String?
  /// Its place among the tables that the plan locks: what foreign keys refer to comes before what has them, as in a client's
  /// transaction.
  package var rank = 0

  package init(table: String, mode: Mode, nameBefore: String? = nil, parent: String? = nil) {
    self.table = table
    self.mode = mode
    self.nameBefore = nameBefore
    self.parent = parent
  }

  package var description: String { "\(mode.words) on \(table)" }
}

/// What a transaction locks before it does anything, in one order: whoever takes its locks one by one, as it needs them, meets
/// clients half-way who have what it wants next and want what it has.
package struct LocksAhead {
  /// How long clients may wait altogether; a deadlock would be found after a second (`deadlock_timeout`), and end one of them.
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
