internal import Escaping
internal import Migrations
internal import Postgres
internal import Synchronization

/// Writes a detached partition to a folder, reads from the disk what is there, and drops the table only if both are the same.
///
/// The rows' file is what `COPY … TO` writes in text format (documentation, COPY, "Text Format"), a row a line; `COPY … FROM`
/// reads it. `ArchiveDescription` stands beside it. At every moment, whatever ends then, there is the table or an archive
/// that is whole and on the disk:
///
/// 1. Both files are written under other names, and brought to the disk.
/// 2. The table is read again.
/// 3. They get their names, the description last, and the names are brought to the disk.
/// 4. Both are read again, from the disk.
/// 5. The table is dropped, in the transaction that has kept others from writing to it since before it was read.
struct PartitionArchive {
  let folder: any ArchiveFolder
  let retiring: PartitionManager.Retiring
  let lock: AdvisoryLock

  /// How many bytes an archive leaves free on the disk.
  private static let reserve = 64 << 20

  /// Finds out, before anything is done, what would keep it from being archived.
  func prepare(_ connection: Connection) async throws {
    try folder.checkPlace()
    let rows = try await connection.query(
      """
      SELECT c.relkind, coalesce((SELECT pg_catalog.sum(pg_catalog.pg_table_size(t.relid))
                                    FROM pg_catalog.pg_partition_tree(c.oid) t WHERE t.isleaf),
                                 pg_catalog.pg_table_size(c.oid))::bigint,
             greatest(c.reltuples, 0)::bigint
        FROM pg_catalog.pg_class c WHERE c.oid = $1::bigint::oid
      """, [String(retiring.oid)])
    guard let row = rows.first else { throw PartitionError.changed("it is gone") }
    guard try ["r", "p"].contains(row.string(0)) else {
      throw ArchiveError.refused("a foreign table's rows are another server's: choose .detach for its window")
    }
    try await TableCode.check([retiring.name], .tree, connection)
    // As text, rows are about as large as in the table; values that are compressed there are larger. How much, a few rows tell.
    let sample = try await PlainRows.look(at: PlainRows.leaves(of: retiring.name, connection), upTo: 100, connection)
    let width = sample.map { $0.bytes / max(1, $0.rows) } ?? 0
    let size = max(try row.int(1), try row.int(2).multipliedReportingOverflow(by: width).partialValue)
    let needed = size + size / 4 + Self.reserve
    let free = try folder.freeBytes()
    guard free >= needed else { throw ArchiveError.noSpace(folder.path, needed: needed, free: free) }
  }

  /// - Returns: what was done, for people; nil when another run has done it.
  /// - Throws: `ArchiveError` when the archive is not what the table holds, or cannot be written; then the table stays.
  func run(_ connection: Connection) async throws -> String? {
    try await connection.transaction { connection in
      try await ArchivedTable.settle(connection)
      guard try await retiring.claim(connection) else { return nil }
      try await TableHold.keep([retiring.schema], connection)
      // Nobody writes to it from here on, nor gives it an index, whose expressions reading it would compute.
      try await connection.query("LOCK TABLE \(retiring.name) IN SHARE ROW EXCLUSIVE MODE")
      try await retiring.verify(connection)
      try await TableCode.check([retiring.name], .tree, connection)
      let table = try await ArchivedTable.read(retiring, connection)
      for name in try folder.names() where ArchiveName.isRemainder(name, of: table) {
        try folder.removeAbandoned(name)
      }
      let (name, rows, wasThere) = try await archive(table, connection)
      try await drop(connection, name, rows)
      let what = wasThere ? "is archived since an earlier run" : "archived"
      return "\(what), \(countText(rows.rows, "row")) in \(folder.path)/\(name.rows), and dropped"
    }
  }

  /// The rows as the table has them.
  private func read(
    _ table: ArchiveDescription, _ connection: Connection,
    to sink: (@Sendable (UnsafeRawBufferPointer) throws -> Void)? = nil
  ) async throws -> CopiedOut {
    let list = table.columns.map { Quote.identifier($0.name) }.joined(separator: ", ")
    return try await connection.copyOut("COPY (SELECT \(list) FROM \(retiring.name)) TO STDOUT", to: sink)
  }

  /// Finds an archive of these very rows, which an interrupted run has left, or writes one beside what is there.
  private func archive(
    _ table: ArchiveDescription, _ connection: Connection
  ) async throws -> (ArchiveName, CopiedOut, wasThere: Bool) {
    let names = Set(try folder.names())
    var attempt = 1
    var rows: CopiedOut?
    while true {
      let name = ArchiveName(table, attempt: attempt)
      guard names.contains(name.rows) || names.contains(name.description) else {
        return (name, try await write(table, as: name, connection), false)
      }
      let known: CopiedOut
      if let rows { known = rows } else { known = try await read(table, connection) }
      rows = known
      // It may have got its names without their being on the disk.
      if try isArchive(name, names, of: table, known) {
        try folder.sync(name.rows)
        if names.contains(name.description) {
          try folder.sync(name.description)
        } else {
          try write(table.with(known), as: name)
        }
        try folder.sync()
        try check(name, table, known)
        return (name, known, true)
      }
      attempt += 1
    }
  }

  private func isArchive(
    _ name: ArchiveName, _ names: Set<String>, of table: ArchiveDescription, _ rows: CopiedOut
  ) throws -> Bool {
    // In a folder where anybody may put files, somebody could put these rows there, and take them away once the table is gone.
    guard names.contains(name.rows), try folder.isOwn(name.rows), try folder.measure(name.rows) == rows else {
      return false
    }
    guard names.contains(name.description) else { return true }
    guard try folder.isOwn(name.description) else { return false }
    let bytes = try folder.contents(name.description, limit: ArchiveDescription.limit)
    guard var there = try? ArchiveDescription(decoding: bytes, from: name.description) else { return false }
    there.writtenAt = table.writtenAt
    return there == table.with(rows)
  }

  private func write(
    _ table: ArchiveDescription, as name: ArchiveName, _ connection: Connection
  ) async throws -> CopiedOut {
    let file = BufferedWriter(try folder.create(name.partialRows))
    let written: CopiedOut
    do {
      written = try await read(table, connection) { try file.write($0) }
      try file.finish()
      let again = try await read(table, connection)
      guard again == written else {
        throw ArchiveError.differs(
          "\(folder.path)/\(name.rows)", "read again, the table has \(countText(again.rows, "row")) with other contents"
        )
      }
    } catch {
      file.abandon()
      try? folder.removeAbandoned(name.partialRows)
      throw error
    }
    do { try folder.publish(name.partialRows, as: name.rows) } catch {
      try? folder.removeAbandoned(name.partialRows)
      throw error
    }
    try write(table.with(written), as: name)
    try folder.sync()
    try check(name, table, written)
    return written
  }

  private func write(_ description: ArchiveDescription, as name: ArchiveName) throws {
    let file = BufferedWriter(try folder.create(name.partialDescription))
    do {
      try description.encoded().withUnsafeBytes { try file.write($0) }
      try file.finish()
      try folder.publish(name.partialDescription, as: name.description)
    } catch {
      file.abandon()
      try? folder.removeAbandoned(name.partialDescription)
      throw error
    }
  }

  /// Reads what is on the disk.
  private func check(_ name: ArchiveName, _ table: ArchiveDescription, _ rows: CopiedOut) throws {
    let path = "\(folder.path)/\(name.rows)"
    let found = try folder.measure(name.rows)
    guard found == rows else {
      throw ArchiveError.differs(path, "\(found.rows) of \(countText(rows.rows, "row")), read again")
    }
    let bytes = try folder.contents(name.description, limit: ArchiveDescription.limit)
    var description = try ArchiveDescription(decoding: bytes, from: "\(folder.path)/\(name.description)")
    description.writtenAt = table.writtenAt
    guard description == table.with(rows) else {
      throw ArchiveError.differs("\(folder.path)/\(name.description)", "it is not what was written")
    }
    try folder.checkPlace()
  }

  private func drop(_ connection: Connection, _ name: ArchiveName, _ rows: CopiedOut) async throws {
    // Readers may be in the way. The archive is not to be written again for them.
    _ = try await Patience.retry { _ in
      try await connection.savepoint { try await $0.query("LOCK TABLE \(retiring.name) IN ACCESS EXCLUSIVE MODE") }
    }
    try await lock.check()
    try await connection.letViewsBeRead()
    try await connection.query("DROP TABLE \(retiring.name)")
    try await History.writing(.retired, to: connection) {
      try await $0.query(
        "UPDATE dbtool.retired SET archive = $2, rows = $3::bigint, checksum = $4 WHERE partition_oid = $1::bigint",
        [String(retiring.oid), "\(folder.path)/\(name.rows)", String(rows.rows), "\(rows.digest)"])
    }
    try await retiring.finish(connection)
  }
}

extension ArchiveDescription {
  /// The same, of these rows.
  fileprivate func with(_ rows: CopiedOut) -> ArchiveDescription {
    var description = self
    description.rows = rows.rows
    description.bytes = rows.bytes
    description.sha256 = "\(rows.digest)"
    return description
  }
}

/// Gathers small pieces for a file. Rows come one by one.
private final class BufferedWriter: Sendable {
  private struct State {
    var file: (any ArchiveWriter)?
    var buffer: [UInt8] = []
  }
  private let state: Mutex<State>
  private static let size = 1 << 20

  init(_ file: any ArchiveWriter) { state = Mutex(State(file: file)) }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    try state.withLock { state in
      state.buffer.append(contentsOf: bytes)
      guard state.buffer.count >= Self.size else { return }
      try state.buffer.withUnsafeBytes { try state.file?.write($0) }
      state.buffer.removeAll(keepingCapacity: true)
    }
  }

  /// Brings all of it to the disk.
  func finish() throws {
    try state.withLock { state in
      if !state.buffer.isEmpty { try state.buffer.withUnsafeBytes { try state.file?.write($0) } }
      state.buffer = []
      try state.file?.sync()
      let file = state.file
      state.file = nil
      try file?.close()
    }
  }

  func abandon() {
    state.withLock { state in
      try? state.file?.close()
      state.file = nil
    }
  }
}
