internal import Synchronization

/// A session on a scratch database that loads what others wrote, without a superuser's rights (`ScratchRights`).
package struct LoadingSession: Sendable {
  package let connection: Connection
  /// Signs the statements that need a superuser; nil for a superuser's session.
  private let secret: String?

  /// Whether the operating system confines the server, so that what reinterprets memory does no harm.
  private let isConfined: Bool
  private let version: ServerVersion

  private let database: String
  private let role = RoleInForce()
  /// Where strangers share the server.
  private let watch: LoadingWatch?

  init(
    _ connection: Connection, database: String, secret: String?, isConfined: Bool, version: ServerVersion,
    watch: LoadingWatch? = nil
  ) {
    self.connection = connection
    self.database = database
    self.secret = secret
    self.isConfined = isConfined
    self.version = version
    self.watch = watch
  }

  /// A statement as it is sent: itself, or signed. What is about the server is left out: `ALTER SYSTEM` and the like.
  private struct Prepared {
    var statements: [Statement]
    /// The name of what is left out.
    var foreignName: String?
    /// Whether the answer says how many privileges were undone.
    var isGrant = false

    /// What it leaves nothing of.
    func leftOut(_ answer: Rows) throws -> LeftOut.Kind? {
      if let foreignName { return .server(foreignName) }
      return try isGrant && answer[0].int(0) > 0 ? .privileges : nil
    }
  }

  private func prepared(_ sql: String) throws -> Prepared {
    guard let secret else { return Prepared(statements: [Statement(sql)]) }
    try watch?.willSend(sql)
    switch LoadedStatement(sql, database: database, isConfined: isConfined, asRole: role.scope != .none) {
    case .role(let part, let scope):
      role.scope = scope
      let signed = part.right.map { [Statement(ScratchRights.signed(part.sql, $0, secret: secret))] } ?? []
      return Prepared(statements: signed + [Statement(part.sql)])
    case .leftOut(let name): return Prepared(statements: [Statement("SELECT")], foreignName: name)
    case .sent(let parts):
      if role.scope == .transaction, Script.endsTransaction(sql) {
        role.scope = .none
      }
      let statements = parts.map { part in
        Statement(part.right.map { ScratchRights.signed(part.sql, $0, secret: secret) } ?? part.sql)
      }
      return Prepared(statements: statements, isGrant: parts.last?.right?.kind == .grant)
    }
  }

  /// Begins anew: what comes next finds the session as the first text did.
  ///
  /// - Throws: `PostgresError`.
  package func reset() async throws { try await connection.resetSession() }

  /// Runs one statement.
  ///
  /// - Throws: `PostgresError`.
  @discardableResult
  package func query(_ sql: String) async throws -> Rows { try await query(try prepared(sql), sql) }

  @discardableResult
  private func query(_ prepared: Prepared, _ sql: String) async throws -> Rows {
    do {
      let statements = prepared.statements
      for statement in statements.dropLast() { try await connection.query(statement.sql) }
      return try await connection.query(statements[statements.count - 1].sql)
    } catch let error as PostgresError {
      throw told(error, of: sql)
    }
  }

  /// Runs one statement of a text.
  ///
  /// - Parameter text: the number of its text.
  /// - Returns: what it leaves nothing of.
  /// - Throws: `PostgresError`.
  package func run(_ statement: ScriptStatement, of text: Int) async throws -> LeftOut? {
    let prepared = try prepared(statement.sql)
    return try prepared.leftOut(try await query(prepared, statement.sql)).map {
      LeftOut(kind: $0, text: text, line: statement.line)
    }
  }

  /// Runs the statements of a text, each by itself or as far as they say so in transactions.
  ///
  /// - Parameter text: the number of the text.
  /// - Returns: the answers, and which statements leave nothing.
  /// - Throws: `PostgresError` when the connection is lost.
  package func run(
    _ statements: [ScriptStatement], of text: Int
  ) async throws -> (answers: [Result<Rows, PostgresError>], leftOut: [LeftOut]) {
    let prepared = try statements.map { try self.prepared($0.sql) }
    let answers = try await pipeline(statements.map(\.sql), prepared, sync: .each)
    var leftOut: [LeftOut] = []
    for ((statement, prepared), answer) in zip(zip(statements, prepared), answers) {
      guard case .success(let rows) = answer, let kind = try prepared.leftOut(rows) else { continue }
      leftOut.append(LeftOut(kind: kind, text: text, line: statement.line))
    }
    return (answers, leftOut)
  }

  /// Runs a script of any number of statements, all of them or none unless it says where transactions begin and end.
  ///
  /// - Throws: `PostgresError`; `ScriptError` for a text that cannot be split.
  package func execute(_ script: String) async throws {
    let statements = secret == nil ? [] : try Script.split(script).map { (sql: $0.sql, sent: try prepared($0.sql)) }
    guard statements.contains(where: { $0.sent.statements.map(\.sql) != [$0.sql] }) else {
      try await connection.execute(script)
      return
    }
    let own = statements.contains { Script.isTransactionCommand($0.sql) }
    let isOpen = await !connection.isIdle
    let begin = !own && !isOpen
    if begin { try await connection.execute("BEGIN") }
    do {
      for statement in statements { try await query(statement.sent, statement.sql) }
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
    try await pipeline(statements, try statements.map(prepared), sync: sync)
  }

  private func pipeline(
    _ statements: [String], _ prepared: [Prepared], sync: Connection.Synchronisation
  ) async throws -> [Result<Rows, PostgresError>] {
    var results = try await connection.pipeline(prepared.flatMap(\.statements), sync: sync)[...]
    return zip(statements, prepared).map { sql, sent in
      let own = results.prefix(sent.statements.count)
      results = results.dropFirst(sent.statements.count)
      for case .failure(let error) in own { return .failure(told(error, of: sql)) }
      return own[own.endIndex - 1]
    }
  }

  /// Runs statements one by one, each by itself unless they say otherwise, with the rows that follow some of them.
  ///
  /// - Parameter text: the number of the text.
  /// - Returns: a result or an error for each, and which of them leave nothing.
  /// - Throws: `PostgresError` when the connection is lost.
  package func load(
    _ statements: [ScriptStatement], of text: Int
  ) async throws -> (answers: [Result<Rows, PostgresError>], leftOut: [LeftOut]) {
    var results: [Result<Rows, PostgresError>] = []
    var leftOut: [LeftOut] = []
    var next = statements[...]
    while !next.isEmpty {
      let plain = next.prefix { $0.rows == nil && !Script.exchangesRows($0.sql) }
      let (answers, these) = try await run(Array(plain), of: text)
      results += answers
      leftOut += these
      next = next.dropFirst(plain.count)
      guard let copy = next.popFirst() else { break }
      results.append(try await exchange(copy))
    }
    return (results, leftOut)
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
    if let hint = NewerGrammar.hint(for: error, in: sql, on: version) ?? DeadFunction.hint(for: error) {
      error.hint = hint
    }
    guard error.statement != sql else { return error }
    error.statement = sql
    error.context = nil
    error.position = nil
    return error
  }
}

/// For how long the role is set that a session's next statement is carried out by.
private final class RoleInForce: Sendable {
  private let state = Mutex(LoadedStatement.RoleScope.none)

  var scope: LoadedStatement.RoleScope {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}
