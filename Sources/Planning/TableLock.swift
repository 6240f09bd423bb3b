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
