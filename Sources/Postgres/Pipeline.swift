internal import CLibpq

/// Statements that are sent before the answers to those before them are there (documentation, section 34.5 "Pipeline Mode").
extension Connection {
  /// When the server is told that a unit of work ends (documentation, section 34.5 "Pipeline Mode").
  package enum Synchronisation: Sendable {
    /// Once, after the last statement: an error skips all that follow.
    case once
    /// As `once`, and the server hands out each result when it has it, not when its buffer is full.
    case onceFlushingEach
    /// After each statement: each stands alone.
    case each
  }

  /// Sends all statements before it waits for the answers.
  ///
  /// - Returns: a result or an error for each statement, in order. With `.once`, statements skipped after an error
  ///   have that same error.
  /// - Throws: `PostgresError` when the connection is lost.
  package func pipeline(
    _ statements: [Statement], sync: Synchronisation = .once
  ) async throws -> [Result<Rows, PostgresError>] {
    guard let pin = try await pinToSend() else { return try await send(statements, sync) }
    guard sync != .each else {
      var results: [Result<Rows, PostgresError>] = []
      for statement in statements { results.append(try await send([pin, statement], .once)[1]) }
      return results
    }
    return Array(try await send([pin] + statements, sync).dropFirst())
  }

  /// Sends statements as they are.
  func send(_ statements: [Statement], _ sync: Synchronisation) async throws -> [Result<Rows, PostgresError>] {
    try await blocking { connection, pointer in
      var results: [Result<Rows, PostgresError>] = []
      results.reserveCapacity(statements.count)
      try connection.exchange(pointer, statements, sync) { results.append($0) }
      return results
    }
  }

  /// Sends all statements, and hands out each result as soon as it is there, while the server works on the next.
  ///
  /// The sequence throws the first error, with which it ends.
  ///
  /// - Parameter begins: whether the first statement is a BEGIN, which nothing may come before.
  package nonisolated func results(
    of statements: [Statement], beginning begins: Bool = false
  ) -> AsyncThrowingStream<Rows, any Error> {
    AsyncThrowingStream { continuation in
      let task = Task {
        do {
          let pin = try await pinToSend()
          let place = begins ? 1 : 0
          let sent = pin.map { statements[..<place] + [$0] + statements[place...] } ?? statements[...]
          try await blocking { connection, pointer in
            var number = -1
            try connection.exchange(pointer, Array(sent), .onceFlushingEach) { result in
              number += 1
              switch result {
              case .success where pin != nil && number == place: break
              case .success(let rows): continuation.yield(rows)
              case .failure(let error): continuation.finish(throwing: error)
              }
            }
          }
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      continuation.onTermination = { if case .cancelled = $0 { task.cancel() } }
    }
  }

  private func exchange(
    _ pointer: OpaquePointer, _ statements: [Statement], _ sync: Synchronisation,
    each: (Result<Rows, PostgresError>) -> Void
  ) throws {
    guard PQenterPipelineMode(pointer) == 1 else { throw failure(pointer) }
    defer { PQexitPipelineMode(pointer) }
    var firstError: PostgresError?
    do {
      try exchange(pointer, statements, sync, &firstError, each)
    } catch let error as PostgresError {
      // What the server said before the connection was lost is the reason.
      guard error.kind == .connection, error.sqlState == nil, let firstError, firstError.kind == .connection else {
        throw error
      }
      throw firstError
    }
  }

  private func exchange(
    _ pointer: OpaquePointer, _ statements: [Statement], _ sync: Synchronisation, _ firstError: inout PostgresError?,
    _ each: (Result<Rows, PostgresError>) -> Void
  ) throws {
    var next = 0
    while next < statements.count {
      // As much as surely fits the socket's buffers: with more, both sides could wait for the other to read.
      var chunkEnd = next
      var bytes = 0
      while chunkEnd < statements.count, chunkEnd == next || bytes + statements[chunkEnd].bytes < 48 << 10 {
        let statement = statements[chunkEnd]
        bytes += statement.bytes
        let sent = withCStrings(statement.parameters) {
          PQsendQueryParams(pointer, statement.sql, Int32(statement.parameters.count), nil, $0, nil, nil, 0)
        }
        guard sent == 1 else { throw failure(pointer) }
        chunkEnd += 1
        let flushed =
          switch sync {
          case .each: PQpipelineSync(pointer)
          case .onceFlushingEach: PQsendFlushRequest(pointer)
          case .once: Int32(1)
          }
        guard flushed == 1 else { throw failure(pointer) }
      }
      let isLast = chunkEnd == statements.count
      if sync != .each {
        let ended = isLast ? PQpipelineSync(pointer) : PQsendFlushRequest(pointer)
        guard ended == 1 else { throw failure(pointer) }
      }
      guard PQflush(pointer) >= 0 else { throw failure(pointer) }
      for statement in statements[next..<chunkEnd] {
        switch try receive(pointer, statement) {
        case .success(let rows): each(.success(rows))
        case .failure(let error):
          if firstError == nil || sync == .each { firstError = error }
          each(.failure(firstError ?? error))
        }
        if sync == .each { try receiveSync(pointer) }
      }
      if sync != .each, isLast { try receiveSync(pointer) }
      next = chunkEnd
    }
  }

  private func receive(_ pointer: OpaquePointer, _ statement: Statement) throws -> Result<Rows, PostgresError> {
    guard let result = PQgetResult(pointer) else { throw failure(pointer) }
    if [PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH].contains(PQresultStatus(result)) {
      // libpq would give the same answer for ever: there are no rows to exchange in a pipeline.
      PQclear(result)
      throw PostgresError(.connection, Self.noRows, statement: statement.sql)
    }
    // Each statement's results end with a NULL.
    defer { while let extra = PQgetResult(pointer) { PQclear(extra) } }
    switch PQresultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return .success(Rows(result))
    default:
      let error = reason(for: PostgresError(result: result, statement: statement.sql))
      PQclear(result)
      if PQstatus(pointer) == CONNECTION_BAD { throw error }
      return .failure(error)
    }
  }

  private func receiveSync(_ pointer: OpaquePointer) throws {
    guard let result = PQgetResult(pointer) else { throw failure(pointer) }
    defer { PQclear(result) }
    guard PQresultStatus(result) == PGRES_PIPELINE_SYNC else {
      throw reason(for: PostgresError(result: result, statement: nil))
    }
  }
}

/// A statement with its parameters in text format.
package struct Statement: Sendable {
  package var sql: String
  package var parameters: [String?]
  package init(_ sql: String, _ parameters: [String?] = []) {
    self.sql = sql
    self.parameters = parameters
  }
  var bytes: Int { parameters.reduce(sql.utf8.count + 64) { $0 + ($1?.utf8.count ?? 0) + 8 } }
}
