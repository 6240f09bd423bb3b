internal import Escaping
internal import FoundationEssentials
internal import Postgres

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Writes a detached partition to a file, reads the file again, and drops the table only if both are the same.
///
/// The file is what `COPY … TO` writes in text format (documentation, COPY, "Text Format"), a row a line; `COPY … FROM`
/// reads it. Beside it is a description in JSON: columns, rows, checksum.
struct PartitionArchive {
  let folder: String

  /// - Returns: what was done, for people.
  /// - Throws: `PartitionError` when the file is not what the table holds; then the table stays.
  func store(_ retiring: PartitionManager.Retiring, _ connection: Connection) async throws -> String {
    let path = "\(folder)/\(FileName.slug(retiring.schema)).\(FileName.slug(retiring.relation)).copy"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return try await connection.transaction { connection in
      // Nobody writes to it from here on; and it is read twice in the same order.
      try await connection.execute("SET LOCAL lock_timeout = '1s'; SET LOCAL synchronize_seqscans = off")
      try await connection.query("LOCK TABLE \(retiring.name) IN SHARE MODE")
      let columns = try await connection.query(
        """
        SELECT quote_ident(attname) FROM pg_catalog.pg_attribute
         WHERE attrelid = $1::bigint::oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
        """, [String(retiring.oid)]
      ).map { try $0.string(0) }
      let copy = "COPY \(retiring.name) (\(columns.joined(separator: ", "))) TO STDOUT"
      let file = try ArchiveFile(writing: path + ".partial")
      let written: (rows: Int, digest: Digest)
      do { written = try await connection.copyOut(copy, to: file.descriptor) } catch {
        file.abandon()
        throw error
      }
      try file.finish()
      let rows = written.rows
      let read = try ArchiveFile.digest(path + ".partial")
      guard read.digest == written.digest, read.lines == rows else {
        throw PartitionError.archiveDiffers(path, "\(read.lines) of \(rows) rows")
      }
      let again = try await connection.copyOut(copy, to: nil)
      let counted = try await connection.query("SELECT count(*) FROM \(retiring.name)")[0].int(0)
      guard again.digest == written.digest, counted == rows else {
        throw PartitionError.archiveDiffers(path, "the table has \(counted) rows")
      }
      let description = Description(
        partition: retiring.name, parent: retiring.parent, bound: retiring.bound, columns: columns, rows: rows,
        sha256: "\(written.digest)", server: "\(await connection.serverVersion)")
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try encoder.encode(description).write(to: URL(filePath: path + ".json"), options: .atomic)
      guard rename(path + ".partial", path) == 0 else {
        throw PartitionError.archiveDiffers(path, "it cannot be named")
      }
      try await connection.query("DROP TABLE \(retiring.name)")
      try await connection.query(
        "UPDATE dbtool.retired SET archive = $2, rows = $3::bigint, checksum = $4 WHERE partition_oid = $1::bigint",
        [String(retiring.oid), path, String(rows), "\(written.digest)"])
      try await connection.query(PartitionManager.finished, [String(retiring.oid)])
      return "archived \(rows) rows in \(path), and dropped"
    }
  }

  private struct Description: Encodable {
    var partition: String
    var parent: String
    var bound: String
    var columns: [String]
    var rows: Int
    var sha256: String
    var server: String
  }
}

/// A file on its way to the disk.
private struct ArchiveFile {
  let path: String
  let descriptor: Int32

  init(writing path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0 else { throw PartitionError.archiveDiffers(path, "it cannot be written") }
  }

  /// Waits until it is on the disk.
  func finish() throws {
    let isWritten = fsync(descriptor) == 0
    guard close(descriptor) == 0, isWritten else {
      throw PartitionError.archiveDiffers(path, "it cannot be written to the disk")
    }
  }

  func abandon() {
    _ = close(descriptor)
    unlink(path)
  }

  /// The digest and the lines of a file.
  static func digest(_ path: String) throws -> (digest: Digest, lines: Int) {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw PartitionError.archiveDiffers(path, "it cannot be read") }
    defer { _ = close(descriptor) }
    let digest = RunningDigest()
    var lines = 0
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      guard count >= 0 else { throw PartitionError.archiveDiffers(path, "it cannot be read") }
      if count == 0 { break }
      let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
      digest.update(piece)
      for byte in piece where byte == UInt8(ascii: "\n") { lines += 1 }
    }
    return (digest.finish(), lines)
  }
}
