/// What a step may do to a live database.
package struct Hazard: Sendable, Hashable {
  /// Stable codes, for `--allow` and for machines.
  package enum Code: String, Sendable, CaseIterable {
    /// Rows or values are gone afterwards.
    case dataLoss = "data-loss"
    /// A table is written anew, while nobody can use it.
    case rewrite = "table-rewrite"
    /// Nobody can read or write a table that was there before.
    case blocksReads = "blocks-reads"
    /// Nobody can write to a table that was there before.
    case blocksWrites = "blocks-writes"
  }

  package var code: Code
  package var message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// Whether only running the step on a scratch copy tells of it.
  package var isObserved: Bool { code != .dataLoss }

  /// Whether it takes longer the more rows there are.
  package var takesTime: Bool { code == .rewrite || code == .blocksReads }

  /// Whether a plan with it needs `--allow`.
  package var isRefused: Bool { code == .dataLoss }
}
