internal import Migrations
internal import Postgres

/// A CSV file that is named for its table. It goes by COPY into a table of the same shape, and from there by an upsert by
/// primary key: the same file twice leaves the same rows.
struct SeedTable {
  /// What people call the file.
  private let path: String
  private let root: String
  private let schema: String
  private let name: String

  /// The table's name as SQL writes it.
  var table: String { Quote.qualified(schema, name) }

  /// - Throws: `SeedError.badCSVName`.
  init(_ path: String, in root: String) throws {
    var name = path.split(separator: "/").last.map { String($0.dropLast(4)) } ?? ""
    if let underscore = name.firstIndex(of: "_"), underscore > name.startIndex,
      name[..<underscore].allSatisfy({ $0.isASCII && $0.isNumber })
    {
      name = String(name[name.index(after: underscore)...])
    }
    let parts = name.split(separator: ".")
    guard parts.count == 2 else { throw SeedError.badCSVName(path) }
    self.path = path
    self.root = root
    schema = String(parts[0])
    self.name = String(parts[1])
  }

  /// - Parameters:
  ///   - isKnown: whether the file was loaded before, with other contents.
  ///   - report: told every few seconds how far it is.
  /// - Returns: how many rows the file has.
  /// - Throws: `SeedError`, `PostgresError`.
  func copy(
    _ connection: Connection, isKnown: Bool = false, _ report: @Sendable (String) -> Void
  ) async throws -> Int {
    let keyColumns = try await connection.pinned { try await self.keyColumns($0) }
    let source = try SeedSource(path, in: root)
    var header = CSVHeader()
    // What was read to find the header's end goes to COPY as well, which passes over the header itself.
    var waiting: [[UInt8]] = []
    while !header.isComplete, !header.isTooLong, let piece = try source.next() {
      header.take(piece)
      waiting.append(piece)
    }
    guard !header.isTooLong else { throw SeedError.noHeader(path) }
    let columns = try header.columns(of: path)
    if isKnown, keyColumns.isEmpty || !Set(keyColumns).isSubset(of: columns) {
      throw SeedError.unmatched(path, keys: keyColumns)
    }
    let list = columns.map(Quote.identifier).joined(separator: ", ")
    try await refusing(at: 1) { try await makeBuffer(columns, connection) }
    waiting.reverse()
    let size = source.size
    var endMark = CSVEndMark()
    let count: Int
    do {
      var reported = ContinuousClock.now
      count = try await connection.copy(
        "COPY pg_temp.dbtool_seed (\(list)) FROM STDIN WITH (FORMAT csv, HEADER true)"
      ) {
        if reported.duration(to: .now) > .seconds(2) {
          report("\(source.position >> 20) of \(size >> 20) MiB read")
          reported = .now
        }
        let piece = try waiting.popLast() ?? source.next()
        if let line = piece.map({ endMark.find(in: $0) }) ?? endMark.lineAtEnd {
          throw SeedError.endMark(path: path, line: line)
        }
        return piece
      }
    } catch let error as PostgresError where error.kind == .server {
      throw SeedError.failed(path: path, line: Self.line(error.context), error)
    }
    if size > 64 << 20 { report("\(count) rows read, now into the table") }
    try await refusing { try await connection.execute(upsert(columns, keyColumns, list)) }
    return count
  }

  /// A temporary table of the columns. A query of the table would be planned, and PostgreSQL compute what its owner has put into statistics;
  /// COPY does not.
  private func makeBuffer(_ columns: [String], _ connection: Connection) async throws -> Rows {
    let types = try await connection.pinned { connection in
      // What is written at the end is what is looked at now.
      guard try await SchemaHold.keep([schema], connection) else { throw SeedError.noTable(path: path, table: table) }
      let mayLock = try await connection.query(
        """
        SELECT c.relkind IN ('r', 'p') AND pg_catalog.has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')
          FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass($1)
        """, [table])
      if try mayLock.first?.bool(0) == true {
        try await connection.query("LOCK TABLE ONLY \(table) IN ROW EXCLUSIVE MODE")
      }
      return try await columnTypes(connection)
    }
    let found = try columns.map { column in
      guard let type = types.first(where: { ExactText($0.name) == ExactText(column) }) else {
        throw SeedError.badHeader(path, reason: "\(table) has no column \(Quote.identifier(column))")
      }
      return type
    }
    // Who may not name a type is no superuser.
    guard found.allSatisfy(\.mayName) else {
      let list = columns.map(Quote.identifier).joined(separator: ", ")
      return try await connection.execute(
        "CREATE TEMPORARY TABLE dbtool_seed ON COMMIT DROP AS SELECT \(list) FROM \(table) LIMIT 0")
    }
    let definitions = found.map { "\(Quote.identifier($0.name)) \($0.type)" }
    return try await connection.execute(
      "CREATE TEMPORARY TABLE dbtool_seed (\(definitions.joined(separator: ", "))) ON COMMIT DROP")
  }

  /// The columns' types, in schemas that keep their names until the transaction ends: what is made of them says their names.
  private func columnTypes(_ connection: Connection) async throws -> [(name: String, type: String, mayName: Bool)] {
    var held: Set<String> = ["pg_catalog"]
    // A schema may be renamed between two looks. Five times in a row is nobody's accident.
    for _ in 0..<5 {
      let rows = try await connection.query(
        """
        SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
               pg_catalog.has_schema_privilege(t.typnamespace, 'USAGE'),
               (SELECT pg_catalog.format(' COLLATE %I.%I', n.nspname, l.collname) FROM pg_catalog.pg_collation l
                  JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace WHERE l.oid = a.attcollation),
               ARRAY(SELECT n.nspname FROM pg_catalog.pg_namespace n
                      WHERE n.oid IN (t.typnamespace, (SELECT e.typnamespace FROM pg_catalog.pg_type e WHERE e.oid = t.typelem),
                                      (SELECT l.collnamespace FROM pg_catalog.pg_collation l WHERE l.oid = a.attcollation)))
          FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
         WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
        """, [table])
      var schemas: Set<String> = []
      for row in rows {
        var reader = row.reader
        for _ in 0..<4 { _ = try reader.optionalString() }
        schemas.formUnion(try reader.strings())
      }
      if schemas.isSubset(of: held) {
        return try rows.map {
          (name: try $0.string(0), type: try $0.string(1) + ($0.optionalString(3) ?? ""), mayName: try $0.bool(2))
        }
      }
      if try await SchemaHold.keep(schemas.subtracting(held), connection) { held.formUnion(schemas) }
    }
    throw PostgresError(
      .server, "the schemas of \(table)'s column types keep being renamed",
      hint: "Find out who renames them, and load the seeds afterwards.")
  }

  private func upsert(_ columns: [String], _ keyColumns: [String], _ list: String) -> String {
    var conflict = ""
    if !keyColumns.isEmpty {
      let others = columns.filter { !keyColumns.contains($0) }.map(Quote.identifier)
      conflict =
        " ON CONFLICT (\(keyColumns.map(Quote.identifier).joined(separator: ", "))) DO "
        + (others.isEmpty ? "NOTHING" : "UPDATE SET " + others.map { "\($0) = excluded.\($0)" }.joined(separator: ", "))
    }
    return """
      INSERT INTO \(table) (\(list)) OVERRIDING SYSTEM VALUE SELECT \(list) FROM pg_temp.dbtool_seed\(conflict);
      DROP TABLE pg_temp.dbtool_seed
      """
  }

  private func keyColumns(_ connection: Connection) async throws -> [String] {
    let rows = try await connection.query(
      """
      SELECT coalesce(pg_catalog.array_agg(a.attname::text) FILTER (WHERE a.attname IS NOT NULL), '{}')
        FROM pg_catalog.pg_class c
        LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary
        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
       WHERE c.oid = pg_catalog.to_regclass($1) GROUP BY c.oid
      """, [table])
    guard let row = rows.first else { throw SeedError.noTable(path: path, table: table) }
    var reader = row.reader
    return try reader.strings()
  }

  /// Says where the server's refusal is about.
  private func refusing(at line: Int? = nil, _ body: () async throws -> Rows) async throws {
    do { _ = try await body() } catch let error as PostgresError where error.kind == .server {
      throw SeedError.failed(path: path, line: line, error)
    }
  }

  /// The line that COPY was at. The server says it in its own language: `COPY dbtool_seed, line 3, column id: "x"`.
  private static func line(_ context: String?) -> Int? {
    let start = "COPY dbtool_seed"
    guard let line = context?.split(separator: "\n").first(where: { $0.hasPrefix(start) }) else { return nil }
    return Int(line.dropFirst(start.count).drop { !$0.isNumber }.prefix { $0.isNumber })
  }
}
