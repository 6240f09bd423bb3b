internal import Postgres

/// An UPDATE of one table, or a copy of it into another, in batches, each in a transaction of its own: by ranges of the
/// table's key, so that what writers do meanwhile is neither lost nor waited for.
package struct Backfill {
  /// How far one is.
  package struct Progress: Sendable {
    package var rows: Int
    /// The planner's estimate of the table's rows.
    package var total: Int
    package var rowsPerSecond: Double
  }

  /// How much of the time it works; the rest is the clients'.
  static let dutyCycle = 0.5
  /// What a batch should take: as long as a client waits for a row that it wants as well.
  private static let batchSeconds = 0.1
  private static let batchSizes = 100...20_000

  let file: MigrationFile
  let index: Int
  let statement: ScriptStatement
  /// How many seconds a replica may be behind before it waits.
  let maxLag: Double?
  private let table: String
  private let work: Work
  /// The columns that it sets. A row whose key changes would come up in a later batch again.
  private let changed: [String]

  private enum Work {
    case update(hasCondition: Bool)
    case copy(TableCopy)
  }

  /// - Throws: `ApplyError.backfill` for what cannot be cut into batches.
  init(_ statement: ScriptStatement, at index: Int, of file: MigrationFile, maxLag: Double?) throws {
    self.file = file
    self.index = index
    self.statement = statement
    self.maxLag = maxLag
    func refusal(_ reason: String) -> ApplyError {
      .backfill(file: file.fileName, line: statement.line, reason: reason)
    }
    let tree = ParseTree(parsing: statement.sql)
    if let insert = tree?["InsertStmt"] {
      guard let copy = TableCopy(insert) else {
        throw refusal("it is not an INSERT of one table's columns into another, ON CONFLICT DO NOTHING.")
      }
      table = copy.source
      work = .copy(copy)
      changed = []
      return
    }
    guard let update = tree?["UpdateStmt"], let relation = update["relation"], let name = TableCopy.name(relation)
    else { throw refusal("it is not an UPDATE of one table.") }
    guard update.has(only: ["relation", "targetList", "whereClause"]), relation["alias"] == nil else {
      throw refusal("leave WITH, FROM, RETURNING and aliases out; a subquery in SET does the same.")
    }
    let readsItself = [update["targetList"], update["whereClause"]].contains { part in
      var isFound = false
      part?.visit { if $0["RangeVar"]?["relname"] == relation["relname"] { isFound = true } }
      return isFound
    }
    // What earlier batches wrote would be taken for what was there.
    guard !readsItself else {
      throw refusal("a subquery of it reads \(name) itself, of which each batch changes a part.")
    }
    let hasCondition = update["whereClause"] != nil
    table = name
    work = .update(hasCondition: hasCondition)
    changed = update["targetList"]?.elements.compactMap { $0["ResTarget"]?["name"]?.text } ?? []
    // A range behind an OR would hold for its last part only.
    let restricted = ParseTree(parsing: Self.restricted(statement.sql, hasCondition, to: "true"))
    guard !hasCondition || restricted?["UpdateStmt"]?["whereClause"]?["BoolExpr"]?["boolop"]?.text == "AND_EXPR" else {
      throw refusal("put its condition in parentheses.")
    }
  }

  private func batchStatement(_ range: String) -> String {
    switch work {
    case .update(let hasCondition): Self.restricted(statement.sql, hasCondition, to: range)
    case .copy(let copy): copy.statement(range)
    }
  }

  private static func restricted(_ sql: String, _ hasCondition: Bool, to range: String) -> String {
    "\(sql)\n\(hasCondition ? "AND" : "WHERE") (\(range))"
  }

  /// What its ranges are of: the columns of a key, with their types.
  private struct Key {
    var anchor: TableAnchor
    /// The table, as SQL names it from anywhere.
    var table: String { anchor.sqlName }
    var columns: [String]
    var types: [String]
    /// The schemas of the operators that the key's index is ordered by.
    var operatorSchemas: [String]
    private var list: String { "(" + columns.joined(separator: ", ") + ")" }
    var order: String { columns.joined(separator: ", ") }
    var texts: String { "ARRAY[" + columns.map { "\($0)::pg_catalog.text" }.joined(separator: ", ") + "]" }
    var descending: String { columns.map { "\($0) DESC" }.joined(separator: ", ") }

    private func row(_ values: [String]) -> String {
      "(" + zip(values, types).map { "\(Quote.literal($0))::\($1)" }.joined(separator: ", ") + ")"
    }

    /// A condition on the key, with the operators of its index, whatever others of their name there are.
    private func condition(_ operation: String, _ values: [String]) -> String {
      if Set(operatorSchemas).count == 1 {
        return "\(list) OPERATOR(\(Quote.identifier(operatorSchemas[0])).\(operation)) \(row(values))"
      }
      // One name has one schema: column by column, and once more for the first, by which the index is searched.
      let strict = String(operation.prefix(1))
      var condition = "false"
      for index in columns.indices.reversed() {
        let value = "\(Quote.literal(values[index]))::\(types[index])"
        func compared(_ operation: String) -> String {
          "\(columns[index]) OPERATOR(\(Quote.identifier(operatorSchemas[index])).\(operation)) \(value)"
        }
        condition =
          index == columns.indices.last
          ? compared(operation) : "(\(compared(strict)) OR \(compared("=")) AND \(condition))"
        if index == columns.indices.first { condition = "\(compared(strict + "=")) AND \(condition)" }
      }
      return columns.isEmpty ? "true" : condition
    }

    func after(_ values: [String]) -> String { condition(">", values) }
    func upTo(_ values: [String]) -> String { condition("<=", values) }
  }

  /// Runs it from where it stopped.
  ///
  /// - Throws: `ApplyError`, `PostgresError`.
  func run(
    _ connection: Connection, _ report: (Progress) -> Void, tell: (String) -> Void = { _ in }
  ) async throws {
    let isPrivileged = try await TrustedRoles.isPrivileged(connection)
    guard let key = try await key(connection, isPrivileged) else {
      throw ApplyError.backfill(
        file: file.fileName, line: statement.line,
        reason:
          "it needs a primary key, or a unique key without NULLs, \(changed.isEmpty ? "" : "that it does not change, ")"
          + (isPrivileged ? "and whose types belong to PostgreSQL or trusted roles, " : "") + "and \(table) has none. "
          + "Leave the line -- dbtool:backfill out.")
    }
    let total = try await connection.query(
      """
      SELECT greatest(0, coalesce(pg_catalog.sum(reltuples), 0))::bigint FROM pg_catalog.pg_class
       WHERE oid IN (SELECT relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)) WHERE isleaf
                     UNION SELECT pg_catalog.to_regclass($1))
      """, [key.table])[0].int(0)
    var (position, rows) = try await state(connection)
    if let position, position.count != key.columns.count {
      throw ApplyError.backfill(
        file: file.fileName, line: statement.line,
        reason:
          "dbtool.backfills has a position that is none of \(table)'s key. Look at how far it came, and delete that row to begin anew."
      )
    }
    // What clients insert from here on is theirs to fill: whoever followed them would never be done.
    guard let end = try await end(key, connection) else { return }
    var size = 1_000
    let clock = ContinuousClock()
    let start = clock.now
    let rowsBefore = rows
    var lastReport = start
    while true {
      // Writers may be in the way: a batch that waits too long gives way, and a smaller one is tried.
      let next = try await Patience.retry { attempts in
        try await batch(after: position, to: end, max(1, size >> min(attempts, 10)), key, connection)
      }
      guard let batch = next else { break }
      position = batch.upTo
      rows += batch.rows
      let wanted = Double(size) * min(2, max(0.5, Self.batchSeconds / max(batch.seconds, 0.001)))
      size = min(Self.batchSizes.upperBound, max(Self.batchSizes.lowerBound, Int(wanted)))
      if lastReport.duration(to: clock.now).seconds > 2 {
        let elapsed = start.duration(to: clock.now).seconds
        report(Progress(rows: rows, total: total, rowsPerSecond: Double(rows - rowsBefore) / elapsed))
        lastReport = clock.now
      }
      try await Task.sleep(for: .seconds(batch.seconds * (1 / Self.dutyCycle - 1)))
      try await waitForReplicas(connection, tell)
    }
  }

  /// The primary key, or else another key without NULLs, with what its index is ordered by. None of its columns is set, or
  /// computed from what may be.
  private func key(_ connection: Connection, _ isPrivileged: Bool) async throws -> Key? {
    guard let anchor = try await TableAnchor(table, connection) else { return nil }
    let version = await connection.serverVersion
    // The batches' ranges name types and operators, and convert values to text, which the statement itself does not.
    let isTrusted =
      isPrivileged
      ? """
      pg_catalog.bool_and(
        k.type < 16384 AND k.class < 16384 OR \(TrustedRoles.condition(ofType: "k.type", version))
          AND (SELECT \(TrustedRoles.conditionOfCode("(\(TrustedRoles.owner(ofSchema: "sn")))", version)) FROM pg_catalog.pg_opclass c
                 JOIN pg_catalog.pg_namespace sn ON sn.oid = c.opcnamespace WHERE c.oid = k.class))
      """ : "true"
    let row = try await connection.query(
      """
      SELECT pg_catalog.array_agg(pg_catalog.quote_ident(a.attname) ORDER BY k.place),
             pg_catalog.array_agg(pg_catalog.format_type(a.atttypid, a.atttypmod) ORDER BY k.place),
             pg_catalog.array_agg((SELECT s.nspname FROM pg_catalog.pg_opclass c
                                    JOIN pg_catalog.pg_amop m ON m.amopfamily = c.opcfamily AND m.amopmethod = c.opcmethod
                                     AND m.amoplefttype = c.opcintype AND m.amoprighttype = c.opcintype AND m.amopstrategy = 1
                                    JOIN pg_catalog.pg_operator o ON o.oid = m.amopopr
                                    JOIN pg_catalog.pg_namespace s ON s.oid = o.oprnamespace
                                   WHERE c.oid = k.class) ORDER BY k.place)
        FROM pg_catalog.pg_index x
       CROSS JOIN LATERAL (
         SELECT u.place, u.number, x.indclass[u.place::int - 1] AS class,
                (SELECT t.atttypid FROM pg_catalog.pg_attribute t WHERE t.attrelid = x.indrelid AND t.attnum = u.number) AS type
           FROM pg_catalog.unnest(x.indkey) WITH ORDINALITY AS u (number, place)) AS k
        JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number
       WHERE x.indrelid = $1::pg_catalog.oid AND x.indisunique AND x.indisvalid AND x.indimmediate
         AND x.indpred IS NULL AND x.indexprs IS NULL AND k.place <= x.indnkeyatts
       GROUP BY x.indexrelid, x.indisprimary HAVING pg_catalog.bool_and(
         a.attnotnull AND a.attgenerated = '' AND a.attname <> ALL ($2::pg_catalog.name[])) AND \(isTrusted)
       ORDER BY x.indisprimary DESC, pg_catalog.count(*), x.indexrelid LIMIT 1
      """, [anchor.oid, ArrayText.encode(changed)]
    ).first
    guard var reader = row?.reader else { return nil }
    return Key(
      anchor: anchor, columns: try reader.strings(), types: try reader.strings(),
      operatorSchemas: try reader.strings())
  }

  /// Forgets how far one is.
  ///
  /// - Throws: `PostgresError`.
  static func forget(_ file: MigrationFile, _ index: Int, _ connection: Connection) async throws {
    try await History.writing(.backfills, to: connection) {
      try await $0.query(
        "DELETE FROM dbtool.backfills WHERE version = $1 AND segment = $2::pg_catalog.int4",
        [file.version, String(index)])
    }
  }

  private func state(_ connection: Connection) async throws -> (position: [String]?, rows: Int) {
    let rows = try await History.rows(of: .backfills, ["version", "segment", "position", "rows"], connection)
    let row = rows?.first { $0[0] == file.version && $0[1] == String(index) }
    guard let row, let position = row[2].flatMap(ArrayText.decode), let count = row[3].flatMap({ Int($0) }) else {
      return (nil, 0)
    }
    return (position, count)
  }

  /// The last key that there is now; nil for a table without rows.
  private func end(_ key: Key, _ connection: Connection) async throws -> [String]? {
    try await connection.transaction { connection in
      try await reading(key, connection)
      let row = try await connection.query(
        "SELECT \(key.texts) FROM \(key.table) ORDER BY \(key.descending) LIMIT 1"
      ).first
      guard var reader = row?.reader else { return nil }
      return try reader.strings()
    }
  }

  /// For what is read of the table: a policy that hides rows would leave them out in silence, so it is an error. To compare
  /// them needs what belongs to their types, whose own names come after PostgreSQL's.
  private func reading(_ key: Key, _ connection: Connection) async throws {
    try await hold(key, connection)
    let path = Set(key.operatorSchemas).subtracting(["pg_catalog"]).sorted().map { Quote.identifier($0) }
    try await connection.execute(
      "SET LOCAL row_security = off; SET LOCAL search_path = "
        + (["pg_catalog"] + path + ["pg_temp"]).joined(separator: ", "))
  }

  private func hold(_ key: Key, _ connection: Connection, forUser: Bool = false) async throws {
    var isSame = try await key.anchor.hold(.accessShare, connection)
    if isSame, forUser { isSame = try await key.anchor.isMeant(connection) }
    guard isSame else {
      throw ApplyError.backfill(
        file: file.fileName, line: statement.line,
        reason:
          "\(table) is another table now, or gone: somebody has renamed it or its schema. The batches before are done.")
    }
  }

  private struct Batch {
    var upTo: [String]
    var rows: Int
    /// What the statement took, for which clients wait; the way to the server and back is dbtool's own.
    var seconds: Double
  }

  private func batch(
    after position: [String]?, to end: [String], _ size: Int, _ key: Key, _ connection: Connection
  ) async throws -> Batch? {
    // A batch gives way before a client that waits for it would be ended for a deadlock (`deadlock_timeout`, 1 s).
    let patience = "SET LOCAL lock_timeout = '200ms'; SET LOCAL row_security = off"
    let lower = position.map { key.after($0) }
    let limits = [lower, key.upTo(end)].compactMap { $0 }.joined(separator: " AND ")
    let last = try await connection.transaction { connection in
      try await connection.execute(patience)
      try await reading(key, connection)
      return try await connection.query(
        """
        SELECT \(key.texts) FROM (
          SELECT \(key.order) FROM \(key.table) WHERE \(limits) ORDER BY \(key.order) LIMIT \(size)) AS batch
         ORDER BY \(key.descending) LIMIT 1
        """
      ).first
    }
    guard var reader = last?.reader else { return nil }
    let upTo = try reader.strings()
    let range = [lower, key.upTo(upTo)].compactMap { $0 }.joined(separator: " AND ")
    return try await connection.asSession { connection in
      try await connection.transaction { connection in
        try await connection.execute(patience)
        try await hold(key, connection, forUser: true)
        let begin = ContinuousClock.now
        let changed = try await connection.query(batchStatement(range)).affected
        let seconds = begin.duration(to: .now).seconds
        try await History.writing(.backfills, to: connection) {
          try await $0.query(
            """
            INSERT INTO dbtool.backfills AS b (version, segment, position, rows)
            VALUES ($1, $2::int, $3::text[], $4::bigint)
            ON CONFLICT (version, segment) DO UPDATE
              SET position = excluded.position, rows = b.rows + excluded.rows, updated_at = clock_timestamp()
            """, [file.version, String(index), ArrayText.encode(upTo), String(changed)])
        }
        return Batch(upTo: upTo, rows: changed, seconds: seconds)
      }
    }
  }

  /// Replicas say themselves how far they are: one that has stopped to say so, or never meant to, is told.
  private func waitForReplicas(_ connection: Connection, _ tell: (String) -> Void) async throws {
    guard let maxLag else { return }
    let start = ContinuousClock.now
    var told = start
    while true {
      let slowest = try await connection.query(
        """
        SELECT extract(epoch FROM r.replay_lag)::float8, r.pid,
               pg_catalog.concat_ws(' ', nullif(r.application_name, ''), 'of role ' || r.usename, 'at ' || r.client_addr)
          FROM pg_catalog.pg_stat_replication r WHERE r.replay_lag IS NOT NULL ORDER BY 1 DESC LIMIT 1
        """
      ).first
      guard var row = slowest?.reader, let lag = Double(try row.string()), lag > maxLag else { return }
      if told.duration(to: .now) > .seconds(5) {
        let (pid, who) = (try row.string(), try row.string())
        let waited = Int(start.duration(to: .now).seconds)
        tell(
          "the backfill has waited \(waited) s for the replica \(who) (process \(pid)), which says that it is \(Int(lag)) s behind; "
            + "--max-lag is \(maxLag)")
        told = .now
      }
      try await Task.sleep(for: .seconds(1))
    }
  }
}
