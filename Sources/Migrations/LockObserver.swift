package import Catalog
package import Planning
package import Postgres

/// Watches which tables that were there before a statement locks or rewrites.
package struct LockObserver: Sendable {
  private let existing: Set<String>
  private var seen: Set<String> = []
  /// Tables that nobody can use until the transaction ends.
  private var locked: Set<String> = []
  /// Tables that nobody can write to until then.
  private var unwritable: Set<String> = []
  /// By the tables' OIDs: a name may be another table's after a step.
  private var files: [String: Seen] = [:]
  /// What tables were called when the transaction began, by their OIDs.
  private var names: [String: String] = [:]
  /// How often each table was scanned in the current transaction, and how many of its rows were changed.
  private var activity: [String: Seen] = [:]

  private struct Seen {
    /// As SQL names it.
    var table: String
    /// Its file, or its scans.
    var first: String
    /// Its changed rows.
    var second: String
  }

  /// - Parameter catalogs: the source, before and after its tables were renamed.
  package init(existing catalogs: [Catalog]) {
    existing = Set(
      catalogs.flatMap(\.facts.keys).filter { $0.kind == .table || $0.kind == .materializedView }.map(\.sqlName))
  }

  private static let filesQuery = """
    SELECT c.oid::text, pg_catalog.format('%I.%I', n.nspname, c.relname),
           coalesce(pg_catalog.pg_relation_filenode(c.oid), 0)::text, ''
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'm') AND c.oid >= 16384
    """
  private static let locksQuery = """
    SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), l.mode, c.oid::text, c.relkind,
           coalesce((SELECT i.inhparent::text FROM pg_catalog.pg_inherits i
                      WHERE i.inhrelid = c.oid ORDER BY i.inhseqno LIMIT 1), '')
      FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND c.relkind IN ('r', 'p', 'm')
       AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
     ORDER BY 1, 2
    """

  private static let scansQuery = """
    SELECT relid::text, pg_catalog.format('%I.%I', schemaname, relname), seq_scan::text, (n_tup_upd + n_tup_del)::text
      FROM pg_catalog.pg_stat_xact_user_tables
    """

  /// - Throws: `PostgresError`.
  package mutating func start(_ connection: Connection) async throws {
    files = try Self.seen(try await connection.query(Self.filesQuery))
  }

  /// - Throws: `PostgresError`.
  package mutating func newTransaction(_ connection: Connection) async throws {
    seen = []
    locked = []
    unwritable = []
    names = files.mapValues(\.table)
    try await forgetScans(connection)
  }

  /// - Throws: `PostgresError`.
  package mutating func forgetScans(_ connection: Connection) async throws {
    // Counts of earlier transactions stay until they are reported, which is at most once a second.
    activity = try Self.seen(try await connection.query(Self.scansQuery))
  }

  /// - Throws: `PostgresError`.
  package mutating func observe(_ connection: Connection) async throws -> Observation {
    let results = try await connection.pipeline([
      Statement(Self.locksQuery), Statement(Self.filesQuery), Statement(Self.scansQuery),
    ])
    let (before, after) = (activity, try Self.seen(try results[2].get()))
    let scanned = after.filter { (before[$0.key]?.first ?? "0") != $0.value.first }
    let changed = after.filter { (before[$0.key]?.second ?? "0") != $0.value.second }
    let read = Set(scanned.values.map(\.table))
    let isRead = { table in read.contains(table) }
    var locks: [TableLock] = []
    var hazards: [Hazard] = []
    for row in try results[0].get() {
      let table = try row.string(0)
      guard let mode = TableLock.Mode(catalogName: try row.string(1)), existing.contains(table),
        seen.insert("\(mode) \(table)").inserted
      else { continue }
      locks.append(
        TableLock(
          table: table, mode: mode, nameBefore: try row.string(3) == "m" ? nil : names[try row.string(2)],
          parent: names[try row.string(4)]))
      if mode == .accessExclusive {
        locked.insert(table)
        continue
      }
      // What nobody can read nobody can write; modes come by name, the strongest first.
      if locked.contains(table) { continue }
      unwritable.insert(table)
      let reads = isRead(table)
      hazards.append(
        Hazard(
          .blocksWrites,
          "blocks writes to \(table) while it \(reads ? "reads all of it" : "runs") (\(mode.words))",
          table: table, lock: mode.words, takesTime: reads))
    }
    let now = try Self.seen(try results[1].get())
    let strong = TableLock.Mode.accessExclusive.words
    let rewritten = now.filter { table in files[table.key].map { $0.first != table.value.first } ?? false }
    for table in rewritten.values.map(\.table).sorted() where existing.contains(table) {
      // A rewrite blocks the table; lesser hazards of it add nothing.
      hazards.removeAll { $0.table == table }
      hazards.append(
        Hazard(
          .rewrite, "rewrites \(table); nobody can read or write it meanwhile", table: table, lock: strong,
          takesTime: true))
    }
    files = now
    for table in read.sorted()
    where locked.contains(table) && !hazards.contains(where: { $0.code == .rewrite }) {
      hazards.append(
        Hazard(
          .blocksReads, "reads all of \(table) while nobody can read or write it", table: table, lock: strong,
          takesTime: true))
    }
    // What is read while another table is locked keeps that one from its clients.
    for table in read.sorted() where existing.contains(table) {
      for other in locked.sorted() where other != table && !hazards.contains(where: { $0.table == other }) {
        hazards.append(
          Hazard(
            .blocksReads, "reads all of \(table) while nobody can read or write \(other)", table: other, lock: strong,
            takesTime: true))
      }
    }
    for table in read.sorted() where existing.contains(table) {
      for other in unwritable.sorted() where other != table && !hazards.contains(where: { $0.table == other }) {
        hazards.append(
          Hazard(
            .blocksWrites, "reads all of \(table) while nobody can write to \(other)", table: other, takesTime: true))
      }
    }
    activity = after
    let changedThroughout = scanned.filter { changed[$0.key] != nil && existing.contains($0.value.table) }
    return Observation(
      locks: locks, hazards: hazards, changedThroughout: changedThroughout.values.map(\.table).sorted())
  }

  /// What a step was seen to do.
  package struct Observation: Sendable {
    package var locks: [TableLock]
    package var hazards: [Hazard]
    /// Tables that were read from one end to the other, and of which rows were changed.
    package var changedThroughout: [String]
  }

  private static func seen(_ rows: Rows) throws -> [String: Seen] {
    var seen: [String: Seen] = [:]
    for row in rows {
      seen[try row.string(0)] = Seen(table: try row.string(1), first: try row.string(2), second: try row.string(3))
    }
    return seen
  }
}
