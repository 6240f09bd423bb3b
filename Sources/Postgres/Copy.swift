internal import CLibpq
internal import Synchronization

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

  /// The rows of a table as it is, by `COPY table TO STDOUT`, which reads a table and does nothing else: it plans nothing, and
  /// reads no view, no foreign table, and nothing through a policy. A part of a transaction.
  ///
  /// - Parameters:
  ///   - table: as SQL names it.
  ///   - columns: their names.
  /// - Returns: the values as text, nil for NULL, in no order.
  /// - Throws: `PostgresError`, also where a policy would hide rows.
  package func plainRows(of table: String, _ columns: [String]) async throws -> [[String?]] {
    let rows = Mutex<[[String?]]>([])
    let list = columns.map { Quote.identifier($0) }.joined(separator: ", ")
    let usual = try await query("SELECT pg_catalog.current_setting('row_security')")[0].string(0)
    // There any byte may stand anywhere, which as UTF-8 would be an error.
    let encoding = parameter("server_encoding") == "SQL_ASCII" ? " (ENCODING 'SQL_ASCII')" : ""
    _ = try await copyOut("SET LOCAL row_security = off; COPY \(table) (\(list)) TO STDOUT\(encoding)") { row in
      let columns = CopyText.columns(row)
      rows.withLock { $0.append(columns) }
    }
    try await execute("SET LOCAL row_security = \(Quote.literal(usual))")
    return rows.withLock { $0 }
  }

  /// Receives the rows of `COPY … TO STDOUT`.
  ///
  /// - Parameter sink: gets what the server sends, piece by piece; nil where the digest alone is wanted.
  /// - Returns: how many rows and bytes the server has sent, and the SHA-256 of what it has sent.
  /// - Throws: `PostgresError`, or what `sink` throws; then the copy is abandoned, and the connection can be used again.
  package func copyOut(
    _ sql: String, to sink: (@Sendable (UnsafeRawBufferPointer) throws -> Void)? = nil
  ) async throws -> CopiedOut {
    let settings = try await scriptToSend() ?? ""
    return try await blocking { connection, pointer in
      let started = PQexec(pointer, settings + sql)
      guard PQresultStatus(started) == PGRES_COPY_OUT else {
        _ = try connection.rows(started, statement: sql)
        throw PostgresError(.decoding, "it sends no rows: \(sql)")
      }
      PQclear(started)
      let digest = RunningDigest()
      var bytes = 0
      var failure: (any Error)?
      var buffer: UnsafeMutablePointer<CChar>?
      while true {
        let length = PQgetCopyData(pointer, &buffer, 0)
        guard length > 0, let piece = buffer else {
          // -2 is an error, which the result tells; so is the end of a copy that was cancelled.
          guard length == -1 || length == -2 else { throw connection.failure(pointer) }
          break
        }
        defer { PQfreemem(piece) }
        guard failure == nil else { continue }
        let content = UnsafeRawBufferPointer(start: piece, count: Int(length))
        digest.update(content)
        bytes += Int(length)
        do { try sink?(content) } catch {
          failure = error
          // What the server still has to send is of no use to anybody.
          if let handle = PQgetCancel(pointer) {
            sendCancel(handle)
            PQfreeCancel(handle)
          }
        }
      }
      let result = PQgetResult(pointer)
      defer { while let extra = PQgetResult(pointer) { PQclear(extra) } }
      if let failure {
        PQclear(result)
        throw failure
      }
      return CopiedOut(
        rows: try connection.rows(result, statement: sql).affected, bytes: bytes, digest: digest.finish())
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

/// What `COPY … TO STDOUT` has sent.
package struct CopiedOut: Sendable, Equatable {
  package var rows: Int
  package var bytes: Int
  package var digest: Digest

  package init(rows: Int, bytes: Int, digest: Digest) {
    self.rows = rows
    self.bytes = bytes
    self.digest = digest
  }
}
