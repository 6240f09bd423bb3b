internal import Catalog
internal import Migrations
package import Postgres

extension PartitionManager {
  /// What was done about one partition.
  package struct Outcome: Sendable {
    package var partition: String
    /// What was done, for people: `created`, `dropped`.
    package var text: String
    /// Why it was not done; the rest was.
    package var failure: String?
  }

  /// Rows of a default partition that are moved while it is locked: more would be waited for.
  static let movableRows = 10_000

  /// Creates what is missing. Writers are not blocked: a partition is made apart and attached, which takes SHARE UPDATE
  /// EXCLUSIVE on the parent, and it is empty, so nothing is scanned. Safe when two do it at once.
  ///
  /// A default partition is locked and read meanwhile, and rows that belong to the new one are moved, where it is small; a
  /// large one is divided beside its clients (`DefaultSplit`). Readers see every row at every moment.
  ///
  /// - Returns: what was created, and what could not be.
  /// - Throws: `PostgresError`.
  package func create(
    _ connection: Connection, _ report: (Outcome) -> Void = { _ in }
  ) async throws -> [Outcome] {
    var outcomes: [Outcome] = []
    if try await !connection.isPooled { try await Patience.giveWay(connection) }
    for coverage in try await coverage(connection, withSizes: false) {
      if coverage.missing.isEmpty { continue }
      do { try await TableCode.check([coverage.table.sqlName], .creation, connection) } catch let error
        as PartitionError
      {
        for slot in coverage.missing {
          let outcome = Outcome(
            partition: Quote.qualified(slot.table.schema, slot.partition), text: "", failure: error.description)
          report(outcome)
          outcomes.append(outcome)
        }
        continue
      }
      if let split = try await DefaultSplit(coverage.missing, connection) {
        for outcome in try await split.outcomes(connection) {
          report(outcome)
          outcomes.append(outcome)
        }
        continue
      }
      for slot in coverage.missing {
        let name = Quote.qualified(slot.table.schema, slot.partition)
        var outcome = Outcome(partition: name, text: "created")
        do {
          guard try await Patience.retry({ _ in try await create(slot, connection) }) else { continue }
        } catch let error as PostgresError where error.kind == .server {
          // One that cannot be made must not keep the others from being made.
          outcome.failure = error.message
        } catch let error as PartitionError { outcome.failure = error.description }
        report(outcome)
        outcomes.append(outcome)
      }
    }
    return outcomes
  }

  /// - Returns: false when it is there already.
  private func create(_ slot: Slot, _ connection: Connection) async throws -> Bool {
    let name = Quote.qualified(slot.table.schema, slot.partition)
    let parent = slot.table.sqlName
    return try await connection.transaction { connection in
      try await connection.execute("SET LOCAL lock_timeout = '1s'")
      try await connection.letViewsBeRead()
      try await connection.query(
        "SELECT pg_catalog.pg_advisory_xact_lock(\(AdvisoryKey.partitions(of: parent).arguments))")
      // What is about to run is looked at once more, now that nobody can add to it.
      try await TableHold.keep([slot.table.schema], connection)
      try await connection.query("LOCK TABLE ONLY \(parent) IN SHARE UPDATE EXCLUSIVE MODE")
      guard let facts = try await parentFacts(slot, connection) else { return false }
      if let other = facts.defaultPartition { try await TableHold.lockDefault(other, of: parent, connection) }
      try await TableCode.check([parent], .creation, connection)
      let parts = try await [TableTraits.like(parent)] + TableTies.definitions(of: parent, connection)
      let statements =
        ["CREATE TABLE \(name) (\(parts.joined(separator: ", ")))"] + facts.traits.statements(for: name)
      for result in try await connection.pipeline(statements.map { Statement($0) }) { _ = try result.get() }
      // Changing a table's owner leaves them with whoever has made it.
      for statement in try await TableTraits.statisticsToHandOver(name, connection) {
        try await connection.query(statement)
      }
      try await TableTies.checkReferences(of: name, in: parent, connection)
      if let other = try await TableTies.referred(by: parent, partition: name, connection) { throw other.error }
      if let other = facts.defaultPartition { try await move(from: other.sqlName, to: name, slot, facts, connection) }
      try await connection.query("ALTER TABLE \(parent) ATTACH PARTITION \(name) \(slot.bound)")
      return true
    }
  }

  /// Moves what belongs to a new partition out of the default one.
  private func move(
    from other: String, to name: String, _ slot: Slot, _ facts: ParentFacts, _ connection: Connection
  ) async throws {
    let condition = facts.condition(slot)
    let some = try await connection.query("SELECT EXISTS (SELECT FROM ONLY \(other) WHERE \(condition))")
    guard try some[0].bool(0) else { return }
    guard !facts.isReferred else { throw PartitionError.referred(slot.partition, other) }
    if facts.isWatched {
      // The rows stay in the table: nothing that a DELETE does to others is to happen.
      do { try await connection.execute("SET LOCAL session_replication_role = replica") } catch let error
        as PostgresError where error.sqlState == .insufficientPrivilege
      {
        throw PartitionError.watched(slot.partition, other)
      }
    }
    let columns = facts.columns.joined(separator: ", ")
    try await connection.query(
      """
      WITH moved AS (DELETE FROM ONLY \(other) WHERE \(condition) RETURNING \(columns))
      INSERT INTO \(name) (\(columns)) OVERRIDING SYSTEM VALUE SELECT \(columns) FROM moved
      """)
    if facts.isWatched { try await connection.execute("SET LOCAL session_replication_role = origin") }
  }

  /// What a new partition has from its parent.
  private struct ParentFacts {
    var defaultPartition: FactID?
    var traits: TableTraits
    var key: String
    /// PostgreSQL's own, which a domain is made of: nobody else's has the name.
    var type: String?
    /// The columns that have values of their own.
    var columns: [String]
    /// Whether triggers or foreign keys hear of rows that are deleted or inserted.
    var isWatched: Bool
    /// Whether foreign keys refer to the default partition itself, and not to its table.
    var isReferred: Bool

    /// Which rows of the default partition belong to a slot.
    func condition(_ slot: Slot) -> String {
      guard let range = BoundRange(slot.bound), let type else { return "false" }
      return "\(key) >= \(Quote.literal(range.low))::\(type) AND \(key) < \(Quote.literal(range.high))::\(type)"
    }
  }

  /// - Returns: nil when another run has made the partition while this one waited, or there is no such table.
  private func parentFacts(_ slot: Slot, _ connection: Connection) async throws -> ParentFacts? {
    let rows = try await connection.query(
      """
      SELECT EXISTS (SELECT FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
                      WHERE i.inhparent = p.oid AND pg_catalog.pg_get_expr(c.relpartbound, c.oid) = $2),
             dn.nspname, dc.relname,
             pg_catalog.quote_ident(a.attname), \(Window.timeType),
             \(TableTraits.columns("p")),
             ARRAY(SELECT pg_catalog.quote_ident(c.attname) FROM pg_catalog.pg_attribute c
                    WHERE c.attrelid = p.oid AND c.attnum > 0 AND NOT c.attisdropped AND c.attgenerated = ''
                    ORDER BY c.attnum),
             EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid IN (p.oid, d.partdefid)),
             EXISTS (SELECT FROM pg_catalog.pg_constraint k
                      WHERE k.confrelid = d.partdefid AND k.contype = 'f' AND k.conparentid = 0)
        FROM pg_catalog.pg_class p JOIN pg_catalog.pg_partitioned_table d ON d.partrelid = p.oid
        JOIN pg_catalog.pg_attribute a ON a.attrelid = p.oid AND a.attnum = d.partattrs[0]
        LEFT JOIN pg_catalog.pg_class dc ON dc.oid = d.partdefid LEFT JOIN pg_catalog.pg_namespace dn ON dn.oid = dc.relnamespace
       WHERE p.oid = pg_catalog.to_regclass($1)
      """, [slot.table.sqlName, slot.bound])
    guard var row = rows.first?.reader, try !row.bool() else { return nil }
    let (schema, relation) = (try row.optionalString(), try row.optionalString())
    let (key, type) = (try row.string(), try row.optionalString())
    return ParentFacts(
      defaultPartition: schema.flatMap { schema in relation.map { FactID(.table, schema: schema, name: $0) } },
      traits: try TableTraits(&row), key: key, type: type, columns: try row.strings(), isWatched: try row.bool(),
      isReferred: try row.bool())
  }
}

/// The ends of `FOR VALUES FROM (…) TO (…)`, of its first column.
struct BoundRange {
  let low: String
  let high: String

  /// - Returns: nil for a default partition and for one without an end.
  init?(_ bound: String) {
    let command = ParseTree(parsing: "ALTER TABLE p ATTACH PARTITION c \(bound)")?["AlterTableStmt"]?["cmds"]?
      .elements.first
    let range = command?["AlterTableCmd"]?["def"]?["PartitionCmd"]?["bound"]
    func end(_ key: String) -> String? {
      range?[key]?.elements.first?["A_Const"]?["sval"]?["sval"]?.text
    }
    guard let low = end("lowerdatums"), let high = end("upperdatums") else { return nil }
    self.low = low
    self.high = high
  }
}
