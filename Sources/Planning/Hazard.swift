/// What a step may do to a live database.
package struct Hazard: Sendable, Hashable {
  /// Stable codes, for `--allow` and for machines.
  package enum Code: String, Sendable, CaseIterable {
    /// Rows or values are gone afterwards.
    case dataLoss = "data-loss"
    /// A table is written anew, while nobody can use it.
    case rewrite = "table-rewrite"
    /// Nobody can read or write a table that was there before, for as long as it takes to read it.
    case blocksReads = "blocks-reads"
    /// Nobody can write to a table that was there before.
    case blocksWrites = "blocks-writes"
    /// Rows are changed all at once: whoever wants to change one of them waits until the transaction ends.
    case locksRows = "locks-rows"
    /// Values that are there may have no place in what comes: the migration stops then, and nothing is lost.
    case refusesValues = "refuses-values"
    /// What values become depends on settings, which the migration makes.
    case dependsOnSettings = "depends-on-settings"
    /// What a function has computed stays as it was, where its values are kept: PostgreSQL does not compute them again.
    case staleValues = "stale-values"
    /// Programs that use the old name or form fail from then on.
    case breaksClients = "breaks-clients"
    /// What kept rows right keeps them no more: a constraint, a key, a trigger.
    case losesGuarantee = "loses-guarantee"
    /// Other people see or change rows from then on.
    case changesAccess = "changes-access"
    /// Rows are gone after a crash.
    case losesRows = "unlogged-table"
    /// There is something of that name already, whatever it is: the statement does nothing.
    case skipsExisting = "skips-existing"
    /// Numbers that come next are those of rows that are there.
    case takesNumbers = "takes-numbers"
    /// It waits for a strong lock without end, and others wait behind it.
    case noLockTimeout = "no-lock-timeout"
    /// What triggers do with an UPDATE (a time of the last change, an audit) they do for rows that nobody has changed.
    case firesTriggers = "fires-triggers"
    /// Whoever may use a partition goes past the policies of its table, which it does not have.
    case bypassesPolicies = "bypasses-policies"
    /// Subscribers of the table stop where they are not changed in the right order.
    case publishedTable = "published-table"
  }

  package enum Severity: String, Sendable {
    /// Needs `--allow`.
    case error
    /// Clients notice it, the longer the more rows there are.
    case warning
    /// Worth knowing.
    case notice
  }

  package var code: Code
  package var message: String
  /// The table that it is about, as SQL names it.
  package var table: String?
  /// The lock that it takes there (PostgreSQL: section 13.3.1 "Table-Level Locks").
  package var lock: String?

  /// Whether it takes longer the more rows there are.
  package var takesTime: Bool

  /// Whether running the step on a scratch copy told of it.
  package var isSeen = false

  package init(
    _ code: Code, _ message: String, table: String? = nil, lock: String? = nil, takesTime: Bool = false
  ) {
    self.code = code
    self.message = message
    self.table = table
    self.lock = lock
    self.takesTime = takesTime
  }

  /// Whether a plan with it needs `--allow`.
  package var isRefused: Bool { severity == .error }

  package var severity: Severity {
    switch code {
    case .dataLoss: .error
    case .rewrite, .blocksReads, .breaksClients, .noLockTimeout, .firesTriggers, .locksRows,
      .bypassesPolicies, .publishedTable, .refusesValues, .dependsOnSettings,
      .staleValues, .losesGuarantee, .changesAccess, .losesRows, .skipsExisting, .takesNumbers:
      .warning
    case .blocksWrites: takesTime ? .warning : .notice
    }
  }

  /// Whether only running the step on a scratch copy tells of it.
  package var isObserved: Bool { isSeen || [.rewrite, .blocksReads, .blocksWrites].contains(code) }

  /// The safer way.
  package var advice: String {
    switch code {
    case .dataLoss: "keep the values elsewhere first, or let the object stay until nobody misses it"
    case .rewrite: "add a column or table beside it, fill it in batches, and change over in a later migration"
    case .blocksReads: "add a constraint NOT VALID first and validate it: what follows need not read the table"
    case .blocksWrites: "it is short where nothing is read meanwhile; otherwise do it online, or when few write"
    case .locksRows: "-- dbtool:backfill before it, and outside of transactions: dbtool apply does it in batches"
    case .noLockTimeout: "SET LOCAL lock_timeout = '1s' in its transaction; dbtool apply tries again"
    case .firesTriggers: "disable them meanwhile, or change the table directly (--direct) when few use it"
    case .bypassesPolicies:
      "ALTER TABLE the partition ENABLE ROW LEVEL SECURITY: without policies of its own it shows nothing"
    case .publishedTable: "change the subscribers first; for what is dropped, last"
    case .refusesValues: "look for such values first, and change them"
    case .dependsOnSettings: "read the settings in the migration; change them there where they mean something else here"
    case .staleValues:
      "afterwards REINDEX the indexes, add the generated columns anew, and look for rows that fail their checks or belong to other partitions"
    case .losesGuarantee: "say that it is meant (-- dbtool:allow), or make what takes its place in the same transaction"
    case .changesAccess: "say that it is meant (-- dbtool:allow), and name the roles and the condition"
    case .losesRows: "let the table be logged, unless its rows can be made again"
    case .skipsExisting: "leave IF NOT EXISTS out, so that a name that is taken is an error; names end after 63 bytes"
    case .takesNumbers: "set the sequence behind the rows: SELECT setval(pg_get_serial_sequence(…), max(…)) FROM …"
    case .breaksClients: "keep the old name as a view or a second column until all programs use the new one"
    }
  }
}
