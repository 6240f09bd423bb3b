internal import CLibpq

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Rows in bulk (`COPY`).
extension Connection {
  /// Sends data to `COPY … FROM STDIN` (documentation, section 34.10 "Functions Associated with the COPY Command").
  ///
  /// - Parameter chunks: called for the next piece of data until it answers nil.
  /// - Returns: how many rows were copied.
  /// - Throws: `PostgresError`, or what `chunks` throws; then the copy is abandoned.
  @discardableResult
  package func copy(_ sql: String, chunks: () throws -> [UInt8]?) async throws -> Int {
    let settings = try await scriptToSend() ?? ""
    let other: Int? = try await blocking { connection, pointer in
      let started = PQexec(pointer, settings + sql)
      guard PQresultStatus(started) == PGRES_COPY_IN else {
        return try connection.rows(started, statement: sql).affected
      }
      PQclear(started)
      return nil
    }
    if let other { return other }
    do {
      while let chunk = try chunks() {
        try await blocking { connection, pointer in
          let sent = chunk.withUnsafeBytes { bytes in
            PQputCopyData(pointer, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
          }
          guard sent == 1 else { throw connection.failure(pointer) }
        }
      }
    } catch {
      _ = try? finishCopy(sql, failure: "the source of the data failed")
      throw error
    }
    return try await blocking { connection, _ in try connection.finishCopy(sql, failure: nil) }
  }

  /// Receives the rows of `COPY … TO STDOUT`, and writes them to a file.
  ///
  /// - Parameter descriptor: of the open file; nil where the digest alone is wanted.
  /// - Returns: how many rows the server has sent, and the SHA-256 of what it has sent.
  /// - Throws: `PostgresError`; when the file cannot be written the connection is of no use any more.
  package func copyOut(_ sql: String, to descriptor: Int32?) async throws -> (rows: Int, digest: Digest) {
    let settings = try await scriptToSend() ?? ""
    return try await blocking { connection, pointer in
      let started = PQexec(pointer, settings + sql)
      guard PQresultStatus(started) == PGRES_COPY_OUT else {
        _ = try connection.rows(started, statement: sql)
        throw PostgresError(.decoding, "it sends no rows: \(sql)")
      }
      PQclear(started)
      let digest = RunningDigest()
      var buffer: UnsafeMutablePointer<CChar>?
      while true {
        let length = PQgetCopyData(pointer, &buffer, 0)
        guard length > 0, let bytes = buffer else {
          guard length == -1 else { throw connection.failure(pointer) }
          break
        }
        defer { PQfreemem(bytes) }
        digest.update(UnsafeRawBufferPointer(start: bytes, count: Int(length)))
        var done = 0
        while let descriptor, done < Int(length) {
          let written = write(descriptor, bytes + done, Int(length) - done)
          guard written > 0 else {
            throw PostgresError(.connection, "the file cannot be written: \(String(cString: strerror(errno)))")
          }
          done += written
        }
      }
      let result = PQgetResult(pointer)
      defer { while let extra = PQgetResult(pointer) { PQclear(extra) } }
      return (try connection.rows(result, statement: sql).affected, digest.finish())
    }
  }

  private func finishCopy(_ sql: String, failure message: String?) throws -> Int {
    let pointer = try live()
    guard PQputCopyEnd(pointer, message) == 1 else { throw failure(pointer) }
    let result = PQgetResult(pointer)
    defer { while let extra = PQgetResult(pointer) { PQclear(extra) } }
    return try rows(result, statement: sql).affected
  }
}
