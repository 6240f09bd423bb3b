package import Catalog
internal import Escaping
internal import Migrations
package import Postgres

/// Makes a table of an archive.
///
/// What stands in the archive may have been written by an enemy. Its rows are data to PostgreSQL, and are counted and
/// compared. Of its description, names are quoted, types are PostgreSQL's own print of what it finds under their names, and
/// no expression is used: defaults, constraints and generated columns come from the table that is there.
package struct PartitionRestore: Sendable {
  private let folder: any ArchiveFolder
  private let name: ArchiveName
  package let description: ArchiveDescription

  package struct Outcome: Sendable {
    /// The new table, as SQL names it.
    package var table: String
    package var id: FactID
    package var rows: Int
    package var isAttached: Bool
    /// Whether this database remembers that it has written these very rows.
    package var isRemembered: Bool
  }

  /// Reads the description.
  ///
  /// - Parameter file: the name of one of its two files.
  /// - Throws: `ArchiveError`.
  package init(_ folder: any ArchiveFolder, _ file: String) throws {
    guard let name = ArchiveName(of: file) else {
      throw ArchiveError.unreadable("\(folder.path)/\(file)", "its name ends with neither .copy nor .copy.json")
    }
    self.folder = folder
    self.name = name
    description = try ArchiveDescription(
      decoding: try folder.contents(name.description, limit: ArchiveDescription.limit),
      from: "\(folder.path)/\(name.description)")
  }

  private var path: String { "\(folder.path)/\(name.rows)" }

  /// Reads the rows, and compares them with the description.
  ///
  /// - Throws: `ArchiveError` when they differ.
  package func verify() throws {
    let found = try folder.measure(name.rows)
    guard found.rows == description.rows, found.bytes == description.bytes,
      "\(found.digest)" == description.sha256
    else {
      throw ArchiveError.unreadable(
        path,
        "it has \(countText(found.rows, "row")) in \(countText(found.bytes, "byte")) with SHA-256 \(found.digest), and its description says "
          + "\(description.rows), \(description.bytes) and \(description.sha256)")
    }
    guard !description.columns.isEmpty else { throw ArchiveError.unreadable(path, "it has no columns") }
  }

  /// Loads it in one transaction, and compares what was loaded with the file.
  ///
  /// - Parameters:
  ///   - into: the name of the new table; nil for the partition's own.
  ///   - attach: whether it becomes a partition of its table again.
  ///   - asArchived: make the table as it was, whatever has become of the table that it was a partition of.
  /// - Throws: `ArchiveError`, `PostgresError`; then nothing was changed.
  package func run(
    _ connection: Connection, into: String? = nil, attach: Bool = false, asArchived: Bool = false
  ) async throws -> Outcome {
    try verify()
    guard attach else { return try await restore(connection, into, isPartition: false, asArchived: asArchived) }
    do {
      return try await AdvisoryLock.with(connection, .change, for: "partitions restore") { _ in
        try await restore(connection, into, isPartition: true, asArchived: asArchived)
      }
    } catch ApplyError.busy(let who) {
      throw ArchiveError.refused(
        "another run of dbtool is at work on this database: \(who). Nothing was changed; run this again after it.")
    }
  }

  private func restore(
    _ connection: Connection, _ into: String?, isPartition: Bool, asArchived: Bool
  ) async throws -> Outcome {
    try await connection.transaction { connection in
      try await ArchivedTable.settle(connection)
      let isRemembered = try await compareWithMemory(connection)
      let id = try await newTable(into, connection)
      let table = id.sqlName
      // Rows take their time; what trusted roles own is not held for as long.
      let isStrange = try await TableHold.isStrange(
        [id.schema, description.parentSchema], asArchived ? nil : description.parentName, connection)
      if isStrange { try await hold([id.schema, description.parentSchema], connection) }
      if asArchived {
        try await connection.query("CREATE TABLE \(table) (\(try await columns(connection)))")
      } else {
        try await checkFit(connection)
        // As attaching does; nobody adds to it from here on.
        if isStrange {
          try await connection.query("LOCK TABLE ONLY \(description.parentName) IN SHARE UPDATE EXCLUSIVE MODE")
        }
        try await checkCode(of: [description.parentName], connection)
        if isPartition, let other = try await TableTies.referred(by: description.parentName, connection) {
          throw ArchiveError.refused("\(other.error.description). Nothing was changed; restore without --attach")
        }
        try await connection.query("CREATE TABLE \(table) (\(TableTraits.like(description.parentName)))")
      }
      // It has all that its rows will run by now, and nobody else knows it. What it has from its parent, the parent's owner wrote.
      try await checkCode(of: asArchived ? [table] : [table, description.parentName], connection)
      try await connection.letViewsBeRead()
      try await closeTo(others: table, connection)
      try await load(table, connection)
      if !asArchived { try await liken(table, isPartition: isPartition, connection) }
      if isPartition { try await attach(table, connection) }
      return Outcome(
        table: table, id: id, rows: description.rows, isAttached: isPartition, isRemembered: isRemembered)
    }
  }

  private func hold(_ schemas: Set<String>, _ connection: Connection) async throws {
    do { try await TableHold.keep(schemas, connection) } catch let error as PartitionError {
      throw ArchiveError.refused(error.description)
    }
  }

  // MARK: The table

  /// Rows that are loaded run the checks of their table and of their types, whoever has written them.
  private func checkCode(of tables: [String], _ connection: Connection) async throws {
    do { try await TableCode.check(tables, .load, connection) } catch let error as PartitionError {
      throw ArchiveError.refused("\(tables[0]): \(error.description). Nothing was changed.")
    }
  }

  private func newTable(_ into: String?, _ connection: Connection) async throws -> FactID {
    var parts = [description.schema, description.partition]
    if let into {
      do {
        parts = try await connection.query("SELECT pg_catalog.parse_ident($1)::text", [into])[0].string(0).parsed
      } catch let error as PostgresError where error.kind == .server {
        throw ArchiveError.refused("\(into) is no name of a table: \(error.message)")
      }
      if parts.count == 1 { parts.insert(description.schema, at: 0) }
    }
    guard parts.count == 2 else { throw ArchiveError.refused("\(into ?? "") is no name of the form schema.table") }
    // PostgreSQL would cut the name, and name the table otherwise than it is said here.
    if let long = parts.first(where: { $0.utf8.count > 63 }) {
      throw ArchiveError.refused("\(Quote.identifier(long)) is longer than the 63 bytes that a name may have")
    }
    guard parts[0] != "information_schema", !parts[0].hasPrefix("pg_") else {
      throw ArchiveError.refused(
        "\(Quote.identifier(parts[0])) is a schema of PostgreSQL's own: pass --into schema.name")
    }
    let id = FactID(.table, schema: parts[0], name: parts[1])
    let found = try await connection.query(
      """
      SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1),
             EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                      WHERE n.nspname = $1 AND c.relname = $2)
      """, parts)[0]
    guard try found.bool(0) else {
      throw ArchiveError.refused("this database has no schema \(Quote.identifier(parts[0])): pass --into schema.name")
    }
    guard try !found.bool(1) else {
      throw ArchiveError.refused("\(id.sqlName) is there already, and stays as it is: pass --into schema.name")
    }
    return id
  }

  /// The type of a column, as PostgreSQL prints what it finds under that name.
  private func type(_ column: ArchiveDescription.Column, _ connection: Connection) async throws -> String {
    let found: String?
    do {
      found = try await connection.query(
        "SELECT pg_catalog.format_type(pg_catalog.to_regtype($1)::pg_catalog.oid, $2::integer)",
        [column.baseType, String(column.modifier)])[0].optionalString(0)
    } catch let error as PostgresError where error.kind == .server { found = nil }
    guard let found, found == column.type else {
      throw ArchiveError.refused(
        "the archive's column \(Quote.identifier(column.name)) has the type \(column.type), which this database "
          + (found.map { "knows as \($0)" } ?? "does not have"))
    }
    return found
  }

  private func columns(_ connection: Connection) async throws -> String {
    var lines: [String] = []
    for column in description.columns {
      var line = "\(Quote.identifier(column.name)) \(try await type(column, connection))"
      if let collation = column.collation, collation.count == 2 {
        line += " COLLATE \(Quote.qualified(collation[0], collation[1]))"
      }
      lines.append(line + (column.isNotNull ? " NOT NULL" : ""))
    }
    return lines.joined(separator: ", ")
  }

  /// Compares the archive's columns with those of the table that it was a partition of.
  private func checkFit(_ connection: Connection) async throws {
    let parent = description.parentName
    let advice = ". --as-archived makes the table as it was, beside it"
    let found = try await connection.query(
      """
      SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attgenerated <> ''
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind = 'p'
      """, [description.parentSchema, description.parent])
    guard !found.isEmpty else {
      throw ArchiveError.refused("this database has no partitioned table \(parent)\(advice)")
    }
    var types: [String: (type: String, isGenerated: Bool)] = [:]
    for row in found { types[try row.string(0)] = (try row.string(1), try row.bool(2)) }
    for column in description.columns {
      let name = Quote.identifier(column.name)
      guard let there = types[column.name] else {
        throw ArchiveError.refused("\(parent) has no column \(name), and the archive has\(advice)")
      }
      guard there.type == column.type, !there.isGenerated else {
        throw ArchiveError.refused(
          "the column \(name) of \(parent) is \(there.isGenerated ? "generated" : there.type), and the archive has "
            + "\(column.type)\(advice)")
      }
    }
  }

  /// Takes back what default privileges have given others: rows are nobody's until they are where policies are.
  private func closeTo(others table: String, _ connection: Connection) async throws {
    let grantees = try await connection.query(
      """
      SELECT DISTINCT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) END
        FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) x
       WHERE c.oid = pg_catalog.to_regclass($1) AND x.grantee <> c.relowner
      """, [table])
    for row in grantees { try await connection.query("REVOKE ALL ON TABLE \(table) FROM \(try row.string(0))") }
  }

  /// Makes it what its table is: its owner's, and a partition as others are.
  private func liken(_ table: String, isPartition: Bool, _ connection: Connection) async throws {
    let rows = try await connection.query(
      """
      SELECT \(TableTraits.columns("p"))
        FROM pg_catalog.pg_class p WHERE p.oid = pg_catalog.to_regclass($1)
      """, [description.parentName])
    guard var row = rows.first?.reader else { return }
    let traits = try TableTraits(&row)
    for statement in isPartition ? traits.statements(for: table) : [traits.ownership(of: table)] {
      try await connection.query(statement)
    }
    for statement in try await TableTraits.statisticsToHandOver(table, connection) {
      try await connection.query(statement)
    }
  }

  // MARK: The rows

  private func load(_ table: String, _ connection: Connection) async throws {
    let file = try folder.reader(name.rows)
    defer { file.close() }
    let loaded = try await connection.copy("COPY \(table) \(description.columnList) FROM STDIN") {
      let piece = try file.next()
      return piece.isEmpty ? nil : piece
    }
    let list = description.columns.map { Quote.identifier($0.name) }.joined(separator: ", ")
    let found = try await connection.copyOut("COPY (SELECT \(list) FROM \(table)) TO STDOUT")
    guard loaded == description.rows, found.rows == loaded, "\(found.digest)" == description.sha256 else {
      throw ArchiveError.refused(
        "\(loaded) rows were loaded, and read again they are not what \(path) has; nothing was changed")
    }
  }

  /// - Returns: whether this database remembers having written these rows.
  /// - Throws: `ArchiveError` when it remembers other ones.
  private func compareWithMemory(_ connection: Connection) async throws -> Bool {
    let remembered = try await RememberedPartition.all(connection).first {
      $0.oid == description.oid && $0.schema == description.schema && $0.name == description.partition
    }
    guard let remembered, let checksum = remembered.checksum else { return false }
    let isSame = try await connection.query(
      """
      SELECT pg_catalog.to_char($1::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') = $2
      """, [remembered.startedAt, description.retiredAt])[0].bool(0)
    guard isSame else { return false }
    guard checksum == description.sha256 else {
      throw ArchiveError.refused(
        "this database has archived \(countText(remembered.rows ?? 0, "row")) of \(description.name) with SHA-256 \(checksum), and "
          + "\(path) says \(description.rows) and \(description.sha256): somebody has changed it, or it is another server's"
      )
    }
    return true
  }

  // MARK: Its place

  private func attach(_ table: String, _ connection: Connection) async throws {
    guard let range = BoundRange(description.bound) else {
      throw ArchiveError.refused("the archive's bound is not one of a window: \(description.bound)")
    }
    let bound = "FOR VALUES FROM (\(Quote.literal(range.low))) TO (\(Quote.literal(range.high)))"
    guard bound == description.bound else {
      throw ArchiveError.refused("the archive's bound is not one of a window: \(description.bound)")
    }
    try await connection.query("LOCK TABLE ONLY \(description.parentName) IN SHARE UPDATE EXCLUSIVE MODE")
    try await checkCode(of: [description.parentName], connection)
    let other = try await connection.query(
      """
      SELECT n.nspname, c.relname
        FROM pg_catalog.pg_partitioned_table p JOIN pg_catalog.pg_class c ON c.oid = p.partdefid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE p.partrelid = pg_catalog.to_regclass($1)
      """, [description.parentName]
    ).first.map { FactID(.table, schema: try $0.string(0), name: try $0.string(1)) }
    let limit = PartitionManager.movableRows
    if let other,
      let seen = try await PlainRows.look(
        at: PlainRows.leaves(of: other.sqlName, connection), upTo: limit + 1, connection), seen.rows > limit
    {
      throw ArchiveError.refused(
        "\(other.sqlName) has more than \(limit) rows, which would be read while nobody can use them: restore without --attach"
      )
    }
    _ = try await Patience.retry { _ in
      try await connection.savepoint { connection in
        // Attaching reads the default partition, which its owner could change until it is locked.
        if let other {
          do { try await TableHold.lockDefault(other, of: description.parentName, connection) } catch let error
            as PartitionError
          { throw ArchiveError.refused(error.description) }
          try await checkCode(of: [description.parentName], connection)
        }
        try await connection.query("ALTER TABLE \(description.parentName) ATTACH PARTITION \(table) \(bound)")
      }
    }
  }
}

extension String {
  /// The elements of an array that PostgreSQL has printed.
  fileprivate var parsed: [String] { ArrayText.decode(self) ?? [] }
}
