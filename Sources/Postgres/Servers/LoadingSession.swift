/// A session on a scratch database that loads what others wrote, without a superuser's rights (`ScratchRights`).
package struct LoadingSession: Sendable {
  package let connection: Connection
  /// Signs the statements that need a superuser; nil for a superuser's session.
  private let secret: String?

  /// Whether the operating system confines the server, so that what reinterprets memory does no harm.
  private let isConfined: Bool
  private let version: ServerVersion

  private let database: String

  init(_ connection: Connection, database: String, secret: String?, isConfined: Bool, version: ServerVersion) {
    self.connection = connection
    self.database = database
    self.secret = secret
    self.isConfined = isConfined
    self.version = version
  }

  /// A statement as it is sent: itself, or signed.
  private func prepared(_ sql: String) -> [Statement] {
    guard let secret else { return [Statement(sql)] }
    switch LoadedStatement(sql, database: database, isConfined: isConfined) {
    case .leftOut: return [Statement("SELECT")]
    case .sent(let parts):
      return parts.map { part in
        Statement(part.right.map { ScratchRights.signed(part.sql, $0, secret: secret) } ?? part.sql)
      }
    }
  }

  /// Runs one statement.
  ///
  /// - Throws: `PostgresError`.
  @discardableResult
  package func query(_ sql: String) async throws -> Rows {
    try await query(sql, as: prepared(sql))
  }

  @discardableResult
  private func query(_ sql: String, as statements: [Statement]) async throws -> Rows {
    do {
      for statement in statements.dropLast() { try await connection.query(statement.sql) }
      return try await connection.query(statements[statements.count - 1].sql)
    } catch let error as PostgresError {
      throw told(error, of: sql)
    }
  }

  /// Runs a script of any number of statements, all of them or none unless it says where transactions begin and end.
  ///
  /// - Throws: `PostgresError`; `ScriptError` for a text that cannot be split.
  package func execute(_ script: String) async throws {
    let statements = secret == nil ? [] : try Script.split(script).map { (sql: $0.sql, sent: prepared($0.sql)) }
    guard statements.contains(where: { $0.sent.count != 1 || $0.sent[0].sql != $0.sql }) else {
      try await connection.execute(script)
      return
    }
    let own = statements.contains { Script.transactionCommand($0.sql) != nil }
    let isOpen = await !connection.isIdle
    let begin = !own && !isOpen
    if begin { try await connection.execute("BEGIN") }
    do {
      for statement in statements { try await query(statement.sql, as: statement.sent) }
      if begin { try await connection.execute("COMMIT") }
    } catch {
      if begin { _ = try? await connection.execute("ROLLBACK") }
      throw error
    }
  }

  /// Sends all statements before it waits for the answers (`Connection.pipeline`).
  ///
  /// - Throws: `PostgresError` when the connection is lost.
  package func pipeline(
    _ statements: [String], sync: Connection.Synchronisation = .once
  ) async throws -> [Result<Rows, PostgresError>] {
    let prepared = statements.map(prepared)
    var results = try await connection.pipeline(prepared.flatMap { $0 }, sync: sync)[...]
    return zip(statements, prepared).map { sql, sent in
      let own = results.prefix(sent.count)
      results = results.dropFirst(sent.count)
      for case .failure(let error) in own { return .failure(told(error, of: sql)) }
      return own[own.endIndex - 1]
    }
  }

  /// Runs statements one by one, each by itself unless they say otherwise, with the rows that follow some of them.
  ///
  /// - Returns: a result or an error for each.
  /// - Throws: `PostgresError` when the connection is lost.
  package func load(_ statements: [ScriptStatement]) async throws -> [Result<Rows, PostgresError>] {
    var results: [Result<Rows, PostgresError>] = []
    var next = statements[...]
    while !next.isEmpty {
      let plain = next.prefix { $0.rows == nil && !Script.exchangesRows($0.sql) }
      results += try await pipeline(plain.map(\.sql), sync: .each)
      next = next.dropFirst(plain.count)
      guard let copy = next.popFirst() else { break }
      results.append(try await exchange(copy))
    }
    return results
  }

  /// Rows go to the server by the role that loads, as every other statement does: `COPY` from files and programs is another
  /// thing, and refused.
  private func exchange(_ copy: ScriptStatement) async throws -> Result<Rows, PostgresError> {
    do {
      // What psql would print is nobody's.
      guard Script.copiesFromClient(copy.sql) else { return .success(try await connection.query("SELECT")) }
      var chunks = Self.chunks(copy.rows ?? [])[...]
      try await connection.copy(copy.sql) { chunks.popFirst().map(Array.init) }
      return .success(try await connection.query("SELECT"))
    } catch let error as PostgresError where error.kind != .connection {
      return .failure(told(error, of: copy.sql))
    }
  }

  private static func chunks(_ rows: [UInt8]) -> [ArraySlice<UInt8>] {
    stride(from: 0, to: rows.count, by: 1 << 20).map { rows[$0..<min($0 + 1 << 20, rows.count)] }
  }

  /// The statement that somebody wrote, not the one that carried it out.
  private func told(_ error: PostgresError, of sql: String) -> PostgresError {
    var error = error
    if let hint = NewerGrammar.hint(for: error, in: sql, on: version) { error.hint = hint }
    guard error.statement != sql else { return error }
    error.statement = sql
    error.context = nil
    error.position = nil
    return error
  }
}
