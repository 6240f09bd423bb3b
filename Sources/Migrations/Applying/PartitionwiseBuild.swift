internal import Postgres

/// An index or a foreign key of a partitioned table, which PostgreSQL builds or checks at once while nobody can write: each
/// partition gets its own first, beside the clients, and then the parent takes them as its parts.
///
/// PostgreSQL: section 5.11.2.2 "Partition Maintenance".
struct PartitionwiseBuild {
  private enum Kind {
    case index(IndexComparison)
    case foreignKey(ForeignKeyComparison)
  }

  /// What has the place of what is to be made, in words.
  struct Occupied: Error { var reason: String }

  let statement: ScriptStatement
  private let kind: Kind
  private let parent: String
  private let schema: String
  /// The statement up to the parent's name, and from there on.
  private let before: String
  private let after: String

  /// - Returns: nil for a statement that has to be run as it is.
  init?(_ statement: ScriptStatement) {
    guard let tree = ParseTree(parsing: statement.sql) else { return nil }
    let relation: ParseTree?
    if let index = tree["IndexStmt"], index["concurrent"] == nil,
      let comparison = IndexComparison(tree, of: statement.sql)
    {
      kind = .index(comparison)
      relation = index["relation"]
    } else if let alter = tree["AlterTableStmt"], let commands = alter["cmds"]?.elements, commands.count == 1,
      let key = ForeignKeyComparison(commands[0]["AlterTableCmd"]?["def"]?["Constraint"])
    {
      kind = .foreignKey(key)
      relation = alter["relation"]
    } else {
      return nil
    }
    guard let schema = relation?["schemaname"]?.text, let name = relation?["relname"]?.text,
      let place = TextAroundRelation(relation, in: statement.sql)
    else { return nil }
    parent = Quote.qualified(schema, name)
    self.schema = schema
    self.statement = statement
    before = place.before
    after = place.after
  }

  /// Does what is not done yet, however an earlier attempt ended; afterwards the statement itself has nothing left to do,
  /// or only to take over what is there.
  ///
  /// - Returns: whether the statement itself is still to be run.
  /// - Throws: `Occupied`; `PostgresError`.
  func run(_ connection: Connection, _ report: (_ done: Int, _ of: Int) -> Void) async throws -> Bool {
    let kind = try await connection.query(
      "SELECT relkind::text FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass($1)", [parent]
    ).first?.string(0)
    guard kind == "p" else { return true }
    switch self.kind {
    case .index(let index):
      try await buildIndexes(index, connection, report)
      return false
    case .foreignKey(let key): return try await addForeignKeys(key, connection, report)
    }
  }

  // MARK: Indexes

  private func buildIndexes(
    _ comparison: IndexComparison, _ connection: Connection, _ report: (Int, Int) -> Void
  ) async throws {
    let index = comparison.sqlName
    switch try await comparison.foundByName(connection) {
    // An index of the parent alone is made at once: it holds nothing.
    case .nothing: try await brief("\(before)ONLY \(parent)\(after)", connection)
    case .same: break
    case .other(let what): throw Occupied(reason: "\(index) is to be made, but \(what). Rename or drop that")
    case .inTheMaking(let pid, _):
      throw Occupied(reason: "process \(pid) makes an index \(index). Wait until it has ended")
    case .unknown:
      throw Occupied(
        reason:
          "there is an index \(index), and dbtool cannot tell whether it is the one that the statement makes. Look at it and drop it"
      )
    }
    guard let whole = try await connection.relation(index) else { throw Self.isGone(index) }
    // Parents before their partitions, so that each has something to be attached to.
    let tables = try await connection.query(
      """
      SELECT t.relid::regclass::text, t.isleaf, t.relid::pg_catalog.oid::pg_catalog.int8 FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)) t
        JOIN pg_catalog.pg_class c ON c.oid = t.relid
       WHERE t.level > 0 AND c.relkind IN ('r', 'p') ORDER BY t.level, t.relid
      """, [parent]
    ).map { (name: try $0.string(0), isLeaf: try $0.bool(1), oid: try $0.string(2)) }
    for (number, table) in tables.enumerated() {
      try await build(comparison, whole, on: table.name, table.oid, isLeaf: table.isLeaf, connection)
      report(number + 1, tables.count)
    }
  }

  private static func isGone(_ index: String) -> Occupied {
    Occupied(reason: "the index \(index) was dropped meanwhile, or is another one now. Run this again")
  }

  /// - Parameters:
  ///   - whole: the OID of the parent's index.
  ///   - oid: the table's.
  ///   - isAgain: whether it was just made.
  private func build(
    _ index: IndexComparison, _ whole: String, on table: String, _ oid: String, isLeaf: Bool, isAgain: Bool = false,
    _ connection: Connection
  ) async throws {
    // The parent's index in the table that this one is a partition of, and what the partition has that is the same.
    let rows = try await connection.query(
      """
      WITH indexes AS (
        SELECT x.indexrelid, x.indrelid, x.indisunique, x.indisvalid, \(IndexComparison.tail) AS tail
          FROM \(IndexComparison.relations))
      SELECT p.indexrelid::regclass::text, own.indexrelid::regclass::text, own.indisvalid,
             EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = own.indexrelid)
        FROM pg_catalog.pg_inherits t
        JOIN indexes p ON p.indrelid = t.inhparent
         AND p.indexrelid IN (SELECT relid FROM pg_catalog.pg_partition_tree($2::pg_catalog.oid::regclass))
        LEFT JOIN indexes own ON own.indrelid = t.inhrelid AND own.tail = p.tail AND own.indisunique = p.indisunique
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i
                          WHERE i.inhrelid = own.indexrelid AND i.inhparent <> p.indexrelid)
       WHERE t.inhrelid = $1::pg_catalog.oid AND t.inhrelid = pg_catalog.to_regclass($3)
       ORDER BY 4 DESC NULLS LAST, own.indisvalid DESC NULLS LAST, own.indexrelid
      """, [oid, whole, table])
    guard let row = rows.first else {
      // It may have left its table meanwhile.
      let isPart = try await connection.query(
        "SELECT pg_catalog.to_regclass($3)::pg_catalog.oid = $2::pg_catalog.oid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)) t WHERE t.relid = $2::pg_catalog.oid",
        [parent, oid, table])
      guard let part = isPart.first else { return }
      guard try part.optionalString(0) == "t" else {
        throw Occupied(reason: "\(table) is another table now, or gone: somebody has renamed it or its schema")
      }
      throw Self.isGone(index.sqlName)
    }
    let upper = try row.string(0)
    let own = try row.optionalString(1)
    if own != nil, try row.bool(3) { return }
    if own != nil, try row.bool(2) || !isLeaf {
      try await brief("ALTER INDEX \(upper) ATTACH PARTITION \(own ?? "")", connection)
      return
    }
    // What the statement makes is the parent's index; what is not may be another one's by now, of whoever owns the table.
    if isAgain { throw Self.isGone(index.sqlName) }
    if isLeaf {
      // What an interrupted build left.
      if let own { try await connection.query("DROP INDEX CONCURRENTLY \(own)") }
      try await connection.asSession { try await $0.query(index.statement(on: table, concurrently: true)) }
    } else {
      try await brief(index.statement(on: "ONLY \(table)"), connection)
    }
    try await build(index, whole, on: table, oid, isLeaf: isLeaf, isAgain: true, connection)
  }

  // MARK: Foreign keys

  private func addForeignKeys(
    _ key: ForeignKeyComparison, _ connection: Connection, _ report: (Int, Int) -> Void
  ) async throws -> Bool {
    let name = key.name
    switch try await key.isThere(on: parent, connection) {
    case true?: return false
    case false?:
      throw Occupied(
        reason:
          "constraint \(Quote.identifier(name)) is to be made on \(parent), which has another one of that name. Rename or drop that"
      )
    case nil: break
    }
    guard let referenced = try await TableAnchor(key.referencedTable, connection) else { return true }
    let leaves = try await connection.query(
      """
      SELECT t.relid::regclass::text, t.relid::pg_catalog.int8, k.convalidated
        FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)) t
        JOIN pg_catalog.pg_class c ON c.oid = t.relid
        LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = t.relid AND k.conname = $2 AND k.contype = 'f'
       WHERE t.isleaf AND c.relkind = 'r' ORDER BY t.relid
      """, [parent, name])
    for (number, leaf) in leaves.enumerated() {
      guard let table = try await TableAnchor(try leaf.string(0), oid: try leaf.string(1), connection) else { continue }
      let validated = try leaf.optionalString(2)
      if validated == nil {
        try await brief("\(before)\(table.name)\(after) NOT VALID", connection) { connection in
          try await hold(table, .shareRowExclusive, referenced, connection)
          try refuse(try await key.isThere(on: table.name, connection) == false, key, table)
        }
      }
      if validated != "t" {
        try await brief("ALTER TABLE \(table.name) VALIDATE CONSTRAINT \(Quote.identifier(name))", connection) {
          connection in
          try await hold(table, .shareUpdateExclusive, referenced, connection)
          // Whatever else has that name is its owner's, and not for dbtool to validate.
          try refuse(try await key.isThere(on: table.name, connection) != true, key, table)
        }
      }
      report(number + 1, leaves.count)
    }
    return true
  }

  private func refuse(_ isOther: Bool, _ key: ForeignKeyComparison, _ table: TableAnchor) throws {
    guard isOther else { return }
    throw Occupied(
      reason:
        "constraint \(Quote.identifier(key.name)) is to be made on \(table.name), which has another one of that name. Rename or drop that"
    )
  }

  private func hold(
    _ table: TableAnchor, _ mode: TableAnchor.Mode, _ referenced: TableAnchor, _ connection: Connection
  ) async throws {
    // The other end as well: each partition's key names it anew.
    for (anchor, mode) in [(table, mode), (referenced, .accessShare)] {
      var isSame = try await anchor.hold(mode, connection)
      if isSame { isSame = try await anchor.isMeant(connection) }
      if isSame { continue }
      throw Occupied(reason: "\(anchor.name) is another table now, or gone: somebody has renamed it or its schema")
    }
  }

  /// What needs a lock for a moment: it gives way when it does not get it. It is the user's statement, or made of it.
  ///
  /// - Parameter look: what has to hold, in the same transaction.
  private func brief(
    _ sql: String, _ connection: Connection, _ look: @Sendable (Connection) async throws -> Void = { _ in }
  ) async throws {
    try await connection.asSession { connection in
      try await Patience.brief(connection) { connection in
        try await look(connection)
        try await connection.query(sql)
      }
    }
  }
}
