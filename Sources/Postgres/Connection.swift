internal import CLibpq

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// One session with a PostgreSQL server, over libpq.
///
/// Every call blocks a thread of its own (libpq's blocking calls run on this actor's own thread), never a thread of
/// Swift's cooperative pool. Cancelling the task cancels the statement on the server.
package actor Connection {
  private let executor: ThreadExecutor
  private let session: Session
  package nonisolated let target: ConnectionTarget
  /// What is known of the session's settings (`SessionPinning.swift`).
  var pinning = Pinning.none
  /// How many `asSession` there are around what runs now.
  var sessionDepth = 0
  /// The role that it acts as by itself.
  var usualRole: String?
  /// What dbtool has looked at in this session, and what it was.
  private var memory: [String: String] = [:]
  /// The role that a user's statements have chosen since, if it is another.
  var userRole: String?
  private let applicationName: String
  /// Where the session is, of the servers that the target may lead to.
  private var place: ConnectionTarget?

  package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private init(target: ConnectionTarget, applicationName: String) {
    self.target = target
    self.applicationName = applicationName
    executor = ThreadExecutor()
    session = Session()
  }

  /// Opens a session.
  ///
  /// - Parameters:
  ///   - applicationName: what `pg_stat_activity` shows.
  ///   - encoding: what the server sends text in; `SQL_ASCII` for the bytes that it has.
  /// - Throws: `PostgresError` of kind `.connection`, with libpq's reason.
  package static func open(
    _ target: ConnectionTarget, applicationName: String = "dbtool", encoding: String = "UTF8"
  ) async throws -> Connection {
    let connection = Connection(target: target, applicationName: applicationName)
    // A server that takes a connection and says nothing, or a pooler without a server, is waited for in silence.
    let notice = Task {
      guard (try? await Task.sleep(for: WaitNotice.patience)) != nil else { return }
      WaitNotice.report("waiting for \(target) to answer")
    }
    defer { notice.cancel() }
    try await connection.open(encoding: encoding)
    if target.isPinned {
      try await connection.keepStrings()
      try await connection.pin()
      // A pinned session speaks UTF-8, unless somebody asks for the bytes as they are.
      if encoding != "UTF8" {
        _ = try await connection.send([Statement("SET client_encoding = \(Quote.literal(encoding))")], .once)[0].get()
      }
    }
    return connection
  }

  /// Opens a session, hands it to `body`, and closes it however `body` ends.
  ///
  /// - Throws: `PostgresError` of kind `.connection`; what `body` throws.
  package static func with<Result: Sendable>(
    _ target: ConnectionTarget, applicationName: String = "dbtool",
    _ body: (Connection) async throws -> Result
  ) async throws -> Result {
    try await open(target, applicationName: applicationName).closing(body)
  }

  /// Hands the session to `body`, and closes it however `body` ends.
  nonisolated func closing<Result: Sendable>(_ body: (Connection) async throws -> Result) async throws -> Result {
    do {
      let result = try await body(self)
      await close()
      return result
    } catch {
      await close()
      throw error
    }
  }

  private func open(encoding: String) throws {
    var settings = target.settings
    // What is found by this name is dbtool's, whatever PGAPPNAME says.
    settings["application_name"] = applicationName
    settings["client_encoding"] = encoding
    if settings["connect_timeout"] == nil { settings["connect_timeout"] = "10" }
    guard let pointer = session.open(settings) else { throw PostgresError(.connection, "libpq is out of memory") }
    guard PQstatus(pointer) == CONNECTION_OK else {
      let message = String(cString: PQerrorMessage(pointer)).trimmedTrailing
      PQfinish(pointer)
      throw PostgresError(.connection, "cannot connect to \(target): \(target.withoutSecrets(message))")
    }
    let version = ServerVersion(number: Int(PQserverVersion(pointer)))
    guard version.major >= ServerVersion.oldestMajor else {
      PQfinish(pointer)
      throw PostgresError(
        .connection,
        "the server of \(target) is PostgreSQL \(version); dbtool works with \(ServerVersion.oldestMajor) and newer",
        hint: "Nothing was changed. Upgrade the server first.")
    }
    session.adopt(pointer)
    place = target.at(host)
  }

  package func close() { session.finish() }

  /// The server's version as a number, for example 150018 (libpq: `PQserverVersion`).
  package var serverVersion: ServerVersion {
    ServerVersion(number: session.pointer.map { Int(PQserverVersion($0)) } ?? 0)
  }

  /// Whether a pooler stands between: it tells another process's number than the server itself.
  package var isPooled: Bool {
    get async throws {
      switch pinning {
      case .session: return false
      case .transaction: return true
      case .none: return try await query("SELECT pg_catalog.pg_backend_pid()")[0].int(0) != processID
      }
    }
  }

  /// The server process that libpq was told of.
  var processID: Int { session.pointer.map { Int(PQbackendPID($0)) } ?? 0 }

  /// What the server has reported of a setting (libpq: `PQparameterStatus`).
  func parameter(_ name: String) -> String? {
    session.pointer.flatMap { PQparameterStatus($0, name) }.map { String(cString: $0) }
  }

  /// Where the server is, of the places that the target names; the address is there where it has one beside its name.
  var host: ConnectionTarget.Host {
    guard let pointer = session.pointer else { return ConnectionTarget.Host() }
    func text(_ value: UnsafeMutablePointer<CChar>?) -> String? { value.map { String(cString: $0) } }
    let (name, address) = (text(PQhost(pointer)), text(PQhostaddr(pointer)))
    // libpq tells a socket's folder as both.
    return ConnectionTarget.Host(
      name: name, address: name == address || name?.hasPrefix("/") == true ? nil : address, port: text(PQport(pointer)))
  }

  /// Whether no transaction is open.
  package var isIdle: Bool { session.pointer.map { PQtransactionStatus($0) == PQTRANS_IDLE } ?? true }

  /// What the server said aside of results (`RAISE NOTICE` and the like), taken and forgotten.
  package func takeNotices() -> [String] { session.notices.take() }

  func live() throws -> OpaquePointer {
    guard let pointer = session.pointer else { throw PostgresError(.connection, "the connection is closed") }
    return pointer
  }

  /// Runs a blocking call; a cancelled task cancels the statement on the server, and a wait for somebody's lock is told.
  ///
  /// `body` is isolated to its parameter, so it runs on this actor and its thread wherever it is called from; on the
  /// shared pool two calls could meet on one connection.
  func blocking<Result>(
    _ body: @Sendable (isolated Connection, OpaquePointer) throws -> Result
  ) async throws -> Result {
    let pointer = try live()
    try Task.checkCancellation()
    let watch = startWatch()
    defer { watch?.cancel() }
    return try await withTaskCancellationHandler {
      try Interruption.during(session, cancel: { [session] in session.cancel() }) { try body(self, pointer) }
    } onCancel: {
      session.cancel()
    }
  }

  /// Nobody else is in a scratch database, which is not pinned.
  private func startWatch() -> Task<Void, Never>? {
    guard target.isPinned, LockWatch.isOn, let place else { return nil }
    if case .session = pinning { return LockWatch.start(place, .process(processID)) }
    return LockWatch.start(place, .application(applicationName))
  }

  /// Runs one statement by the extended protocol.
  ///
  /// - Throws: `PostgresError`.
  @discardableResult
  package func query(_ sql: String, _ parameters: [String?] = []) async throws -> Rows {
    if let pin = try await pinToSend() {
      let result = try await send([pin, Statement(sql, parameters)], .once)[1]
      // What runs by itself or not at all has the session's own settings.
      if !result.isRefusedInTransaction { return try result.get() }
    }
    return try await send(sql, parameters)
  }

  private func send(_ sql: String, _ parameters: [String?]) async throws -> Rows {
    try await blocking { connection, pointer in
      let sent = withCStrings(parameters) {
        PQsendQueryParams(pointer, sql, Int32(parameters.count), nil, $0, nil, nil, 0)
      }
      return try connection.rows(try connection.answer(sent, pointer), statement: sql)
    }
  }

  /// Runs a script of any number of statements by the simple protocol; the last result is returned.
  ///
  /// - Throws: `PostgresError`.
  @discardableResult
  package func execute(_ script: String) async throws -> Rows {
    if let settings = try await scriptToSend() {
      let result = await outcome(settings + script)
      if !result.isRefusedInTransaction { return try result.get() }
    }
    return try await send(script)
  }

  private func send(_ script: String) async throws -> Rows {
    try await blocking { connection, pointer in
      try connection.rows(try connection.answer(PQsendQuery(pointer, script), pointer), statement: script)
    }
  }

  /// The result that counts of those that a statement or a script has: the last one, as of `PQexec`; but where the connection
  /// was lost, what the server said before that.
  private func answer(_ sent: Int32, _ pointer: OpaquePointer) throws -> OpaquePointer? {
    guard sent == 1 else { throw failure(pointer) }
    var last: OpaquePointer?
    while let result = PQgetResult(pointer) {
      if let reason = last, Self.isFatal(reason), PQresultErrorField(result, Self.stateField) == nil {
        PQclear(result)
        continue
      }
      PQclear(last)
      last = result
      // libpq would give the same answer for ever.
      if [PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH].contains(PQresultStatus(result)) { break }
    }
    return last
  }

  private static let stateField = Int32(UInt8(ascii: "C"))

  private static func isFatal(_ result: OpaquePointer) -> Bool {
    PQresultStatus(result) == PGRES_FATAL_ERROR && PQresultErrorField(result, stateField) != nil
  }

  private func outcome(_ script: String) async -> Result<Rows, any Error> {
    do { return .success(try await send(script)) } catch { return .failure(error) }
  }

  /// What dbtool's transactions begin with: roles and databases may have other defaults, and in a snapshot that stays the
  /// same dbtool would wait for itself.
  package static let begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
  /// The same for what writes nothing.
  package static let beginReading = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"
  /// For several queries that have to see the same moment.
  package static let beginSnapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

  /// The server's system identifier (`pg_control_system`), which its copies share.
  ///
  /// - Returns: nil where the role may not ask for it.
  /// - Throws: `PostgresError`.
  package func systemIdentifier() async throws -> String? {
    let isKnown = try await query(
      "SELECT pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')")
    guard try isKnown[0].bool(0) else { return nil }
    return try await query("SELECT system_identifier::text FROM pg_catalog.pg_control_system()")[0].string(0)
  }

  /// What was remembered of something for as long as the session lasts.
  package func remembered(_ what: String) -> String? { memory[what] }

  /// Remembers of something how it was.
  package func remember(_ what: String, _ state: String) { memory[what] = state }

  /// Runs `body` between BEGIN and COMMIT; rolls back when it throws.
  ///
  /// - Parameter begin: names the isolation level.
  /// - Throws: `PostgresError`; what `body` throws.
  package func transaction<Result: Sendable>(
    _ begin: String = Connection.begin, _ body: (Connection) async throws -> Result
  ) async throws -> Result {
    try await execute(begin)
    do {
      let result = try await body(self)
      let end = try await execute("COMMIT")
      // COMMIT of a transaction that has failed is no error, and keeps nothing.
      guard end.commandTag == "COMMIT" else {
        throw PostgresError(.server, "the transaction was rolled back: an error before its end was passed over")
      }
      return result
    } catch {
      // The first error is the one to tell; a lost connection has rolled back already.
      await rollBack()
      throw error
    }
  }

  /// Runs `body` within a transaction that goes on without what `body` did, should it throw.
  ///
  /// - Throws: what `body` throws; `PostgresError`.
  package func savepoint<Result: Sendable>(_ body: (Connection) async throws -> Result) async throws -> Result {
    try await execute("SAVEPOINT dbtool")
    do {
      let result = try await body(self)
      try await execute("RELEASE SAVEPOINT dbtool")
      return result
    } catch {
      _ = try? await execute("ROLLBACK TO SAVEPOINT dbtool; RELEASE SAVEPOINT dbtool")
      throw error
    }
  }

  func rows(_ result: OpaquePointer?, statement: String) throws -> Rows {
    guard let result else { throw failure(try live()) }
    switch PQresultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY, PGRES_SINGLE_TUPLE: return Rows(result)
    case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
      PQclear(result)
      endCopy(try live())
      throw PostgresError(.server, Self.noRows, statement: statement)
    default:
      defer { PQclear(result) }
      throw reason(for: PostgresError(result: result, statement: statement))
    }
  }

  /// COPY FROM STDIN and TO STDOUT are for `copy` and `copyOut`.
  static let noRows = "COPY … FROM STDIN and TO STDOUT exchange rows with the client, which has none for it here"

  /// Has the server give a copy up that nobody asked for, so that the connection can be used again.
  private func endCopy(_ pointer: OpaquePointer) {
    _ = PQputCopyEnd(pointer, Self.noRows)
    var buffer: UnsafeMutablePointer<CChar>?
    while PQgetCopyData(pointer, &buffer, 0) > 0 { PQfreemem(buffer) }
    while let extra = PQgetResult(pointer) {
      let isCopy = [PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH].contains(PQresultStatus(extra))
      PQclear(extra)
      if isCopy { break }
    }
  }

  func failure(_ pointer: OpaquePointer) -> PostgresError {
    reason(for: PostgresError(.connection, String(cString: PQerrorMessage(pointer)).trimmedTrailing))
  }

  /// A server or a pooler that ends a session says why. libpq takes that for a notice where no statement runs, and tells of the
  /// next one only that the connection is lost.
  func reason(for error: PostgresError) -> PostgresError {
    guard error.kind == .connection, error.sqlState == nil, var reason = session.notices.ending else { return error }
    reason.statement = error.statement
    return reason
  }
}

/// A server's version (libpq's number: major × 10000 + minor).
package struct ServerVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let number: Int
  package init(number: Int) { self.number = number }
  package var major: Int { number / 10000 }
  package var minor: Int { number % 10000 }
  package var description: String { "\(major).\(minor)" }
  package static func < (a: ServerVersion, b: ServerVersion) -> Bool { a.number < b.number }
  /// The oldest major that dbtool works with.
  package static let oldestMajor = 14
}

/// Calls `body` with a NULL-terminated array of C strings.
func withCStrings<Result>(
  _ strings: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>) throws -> Result
) rethrows -> Result {
  let copies = strings.map { string in string.map { duplicate($0) } }
  defer { for copy in copies { copy?.deallocate() } }
  var pointers: [UnsafePointer<CChar>?] = copies.map { $0.map { UnsafePointer($0) } }
  pointers.append(nil)
  return try pointers.withUnsafeBufferPointer { buffer in
    // An array of at least one element always has an address.
    guard let base = buffer.baseAddress else { preconditionFailure("an array without storage") }
    return try body(base)
  }
}

private func duplicate(_ string: String) -> UnsafeMutablePointer<CChar> {
  let bytes = Array(string.utf8CString)
  let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
  copy.initialize(from: bytes, count: bytes.count)
  return copy
}

extension Result {
  /// Whether what can run only outside of transactions was sent in one.
  fileprivate var isRefusedInTransaction: Bool {
    if case .failure(let error) = self { (error as? PostgresError)?.sqlState == .activeTransaction } else { false }
  }
}
