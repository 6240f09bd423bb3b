internal import Catalog
internal import Migrations
internal import Postgres

/// The way of one partition out of its table, from wherever an earlier run has left it.
struct Retirement {
  let retiring: PartitionManager.Retiring
  /// Keeps others from doing the same, and applies from changing the table meanwhile.
  let lock: AdvisoryLock
  let archive: ArchivePlace?
  let patience: Duration

  /// - Returns: what was done, for people; nil when another run has done it meanwhile.
  /// - Throws: `PartitionError`, `ArchiveError`, `PostgresError`; then all rows are there.
  func run(_ connection: Connection) async throws -> String? {
    guard retiring.action == .archive else {
      try await detach(connection)
      guard retiring.action == .drop else {
        try await retiring.finish(connection)
        return "detached"
      }
      return try await drop(connection)
    }
    guard let archive else { throw PartitionError.noArchive }
    // Before anything is detached: what has no place stays where it is.
    let store = PartitionArchive(folder: try archive(), retiring: retiring, lock: lock)
    try await store.prepare(connection)
    try await detach(connection)
    return try await store.run(connection)
  }

  // MARK: Out of its table

  private enum State { case pending, besideDefault, plain }

  /// How it is attached, and to which table, as the catalogs have it: what is remembered is a text that somebody may have written.
  private func attachment(_ connection: Connection) async throws -> (state: State, parent: FactID)? {
    let found = try await connection.query(
      """
      SELECT i.inhdetachpending, EXISTS (SELECT FROM pg_catalog.pg_partitioned_table p
                                          WHERE p.partrelid = i.inhparent AND p.partdefid <> 0), n.nspname, c.relname
        FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhparent
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE i.inhrelid = $1::bigint::oid
      """, [String(retiring.oid)])
    guard var row = found.first?.reader else { return nil }
    let (isPending, isBesideDefault) = (try row.bool(), try row.bool())
    let parent = FactID(.table, schema: try row.string(), name: try row.string())
    return (isPending ? .pending : isBesideDefault ? .besideDefault : .plain, parent)
  }

  private func detach(_ connection: Connection) async throws {
    guard let (state, parent) = try await attachment(connection) else { return }
    let name = parent.sqlName
    guard state == .pending || name == retiring.parent else {
      throw PartitionError.changed("it is a partition of \(name), and not of \(retiring.parent)")
    }
    do {
      // The second half of a detach computes nothing, and waits for transactions that may still see the partition: under no lock.
      if state != .pending, try await isAmongStrangers(parent, connection) {
        return try await detachUnderLock(from: parent, connection)
      }
      let alter = "ALTER TABLE \(name) DETACH PARTITION \(retiring.name)"
      switch state {
      // Event triggers are somebody's: they find the session as it is.
      case .pending: try await waiting(alter + " FINALIZE", connection)
      case .plain: try await waiting(alter + " CONCURRENTLY", connection)
      case .besideDefault:
        // Not concurrently, where there is a default partition: so it waits for its lock only shortly.
        try await Patience.brief(connection) { connection in
          try await connection.letViewsBeRead()
          try await connection.query(alter)
        }
      }
    } catch let error as PostgresError where error.kind == .server {
      // A run that was killed may have had it going in the server, which has ended it meanwhile.
      guard try await attachment(connection) == nil else { throw error }
    }
  }

  /// The statement names both tables once more when it has waited: whoever owns their schemas could have renamed these.
  private func isAmongStrangers(_ parent: FactID, _ connection: Connection) async throws -> Bool {
    if try await TableHold.isStrange([parent.schema, retiring.schema], nil, connection) { return true }
    return try await TableTies.strangers(around: parent.sqlName, retiring.name, connection).isAny
  }

  /// Detaches what a stranger owns, or could have foreign keys refer to. PostgreSQL computes what is constant in the keys of the tables
  /// above; concurrently also the partition's checks; and plans queries on tables that refer to it. So it is done in one transaction, in
  /// which nothing can be added to what was looked at.
  private func detachUnderLock(from parent: FactID, _ connection: Connection) async throws {
    try await Patience.brief(connection) { connection in
      try await connection.letViewsBeRead()
      try await TableHold.keep([parent.schema, retiring.schema], connection)
      try await connection.query("LOCK TABLE ONLY \(parent.sqlName) IN ACCESS EXCLUSIVE MODE")
      try await connection.query("LOCK TABLE \(retiring.name) IN ACCESS EXCLUSIVE MODE")
      guard let (state, now) = try await attachment(connection) else { return }
      guard now == parent else { throw PartitionError.elsewhere("its table \(parent.sqlName)") }
      if let other = try await TableTies.strangers(around: parent.sqlName, retiring.name, connection).referring {
        throw other.error
      }
      // Of the partition, where tables of others refer to it; of its table and those above, the expressions of their keys.
      try await TableCode.check([parent.sqlName, retiring.name], .creation, connection)
      guard state != .pending else { throw PartitionError.changed("somebody has begun to detach it meanwhile") }
      try await connection.query("ALTER TABLE \(parent.sqlName) DETACH PARTITION \(retiring.name)")
    }
  }

  private static let usualMode =
    "SET default_transaction_isolation = 'read committed'; SET default_transaction_read_only = off"

  /// Runs what waits for other transactions, and cannot be done in one: a timeout of the session would stay behind a pooler
  /// with a server process that others get next.
  private func waiting(_ statement: String, _ connection: Connection) async throws {
    let patience = patience
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await connection.asSession { connection in
          // A statement that stands outside of transactions names no mode of its own. A pooler's session is left as it is.
          if try await !connection.isPooled { try await connection.execute(Self.usualMode) }
          try await connection.query(statement)
        }
        return true
      }
      group.addTask {
        try await Task.sleep(for: patience)
        return false
      }
      // Cancels the statement in the server, or the sleep. What has come to its end at the last moment is seen by whoever
      // looks next.
      let isDone = try await group.next() ?? true
      group.cancelAll()
      if isDone { return }
      do { while try await group.next() != nil {} } catch let error as PostgresError
        where error.sqlState == .queryCanceled
      {
        throw PartitionError.slow("\(patience.components.seconds)")
      }
    }
  }

  // MARK: Dropped

  private func drop(_ connection: Connection) async throws -> String? {
    try await Patience.retry { _ in
      try await connection.transaction { connection in
        try await connection.execute("SET LOCAL lock_timeout = '1s'")
        guard try await retiring.claim(connection) else { return nil }
        try await TableHold.keep([retiring.schema], connection)
        try await connection.query("LOCK TABLE \(retiring.name) IN ACCESS EXCLUSIVE MODE")
        try await retiring.verify(connection)
        try await lock.check()
        try await connection.letViewsBeRead()
        try await connection.query("DROP TABLE \(retiring.name)")
        try await retiring.finish(connection)
        return "dropped"
      }
    }
  }
}

extension PartitionManager.Retiring {
  /// Keeps every other run away from this partition until the transaction ends: even one that took the lock when this one
  /// has lost it.
  ///
  /// - Returns: false when another run has ended it meanwhile.
  func claim(_ connection: Connection) async throws -> Bool {
    try await History.writing(.retired, to: connection) {
      try await !$0.query(
        "SELECT FROM dbtool.retired WHERE partition_oid = $1::bigint AND finished_at IS NULL FOR UPDATE", [String(oid)]
      ).isEmpty
    }
  }

  /// Remembers that it is retired.
  func finish(_ connection: Connection) async throws {
    try await History.writing(.retired, to: connection) {
      try await $0.query(
        "UPDATE dbtool.retired SET finished_at = pg_catalog.now() WHERE partition_oid = $1::bigint", [String(oid)])
    }
  }

  /// Looks, once its table is locked, whether it is what is to be retired: another may have come to that name, and somebody
  /// may have attached it again.
  func verify(_ connection: Connection) async throws {
    let rows = try await connection.query(
      """
      SELECT c.oid::bigint, c.relispartition FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2
      """, [schema, relation])
    guard let row = rows.first, try row.int(0) == oid else {
      throw PartitionError.changed("another table has its name")
    }
    guard try !row.bool(1) else { throw PartitionError.changed("somebody has attached it again") }
  }
}
