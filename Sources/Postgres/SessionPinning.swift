/// How a session's settings are kept as dbtool relies on them (`SessionSettings`).
extension Connection {
  enum Pinning {
    /// Not at all: a scratch database, which nobody else can prepare.
    case none
    /// For the session, which is dbtool's alone: what it has of itself, and whether it has that at the moment.
    case session(own: [String], isReleased: Bool)
    /// For each transaction: behind a pooler, what is set for the session is set for others.
    case transaction
  }

  /// Has a backslash in a constant be a backslash, also in what a user has written: a migration means the same everywhere,
  /// whatever role and database say. The server reports this setting, and poolers keep it apart for each client.
  func keepStrings() async throws {
    guard parameter("standard_conforming_strings") == "off" else { return }
    _ = try await send([Statement("SET standard_conforming_strings = on")], .once)[0].get()
  }

  /// Pins the settings of a new session.
  func pin() async throws {
    let version = serverVersion
    let results = try await send(
      [
        SessionSettings.current(version), SessionSettings.pin(version, unlessOtherThan: processID),
        SessionSettings.role,
      ], .once)
    _ = try results[1].get()
    let role = try results[2].get()[0].string(0)
    // Nobody has set another yet when the session begins.
    let usual = usualRole ?? role
    usualRole = usual
    // What a user's statements act as is not who keeps the history.
    userRole = role == usual ? nil : role
    if userRole != nil { _ = try await send([SessionSettings.act(as: usual, isLocal: false)], .once)[0].get() }
    let (process, own) = try SessionSettings.decode(try results[0].get(), version)
    pinning = process == processID ? .session(own: own, isReleased: false) : .transaction
  }

  /// Runs what a user has written with the settings that the session has of itself: names without a schema are found by the
  /// role's `search_path`, and what is set stays set for the next such statement. Not for use inside of a transaction that
  /// was begun outside of it.
  ///
  /// - Throws: `PostgresError`; what `body` throws.
  @discardableResult
  package func asSession<Result: Sendable>(
    _ body: (Connection) async throws -> Result
  ) async throws -> Result {
    sessionDepth += 1
    defer { sessionDepth -= 1 }
    return try await body(self)
  }

  /// Runs dbtool's own statements among those of a user, in the same transaction if there is one.
  ///
  /// - Throws: `PostgresError`; what `body` throws, after which the transaction has to be rolled back.
  @discardableResult
  package func pinned<Result: Sendable>(_ body: (Connection) async throws -> Result) async throws -> Result {
    if case .none = pinning { return try await body(self) }
    guard sessionDepth > 0 else { return try await body(self) }
    let version = serverVersion
    let isTransaction = !isIdle
    var own: [String] = []
    var role: String?
    if isTransaction {
      let results = try await send(
        [SessionSettings.current(version), SessionSettings.pinTransaction(version), SessionSettings.role], .once)
      own = try SessionSettings.decode(try results[0].get(), version).values
      _ = try results[1].get()
      let current = try results[2].get()[0].string(0)
      // What a user's statements act as is not who keeps the history.
      if let usualRole, current != usualRole {
        role = current
        _ = try await send([SessionSettings.act(as: usualRole)], .once)[0].get()
      }
    }
    let depth = sessionDepth
    sessionDepth = 0
    defer { sessionDepth = depth }
    let result = try await body(self)
    if isTransaction {
      if let role { _ = try await send([SessionSettings.act(as: role)], .once)[0].get() }
      _ = try await send([SessionSettings.restore(own, version, isLocal: true)], .once)[0].get()
    }
    return result
  }

  /// One of dbtool's own statements, a part of a transaction, with what has it run by another role.
  ///
  /// - Parameter role: its name, as the setting `role` has it: `none` is the one that has logged in.
  /// - Throws: `PostgresError`.
  package func statements(_ statement: Statement, as role: String) async throws -> [Statement] {
    let acting: String
    if let usualRole {
      acting = usualRole
    } else {
      acting = try await send([SessionSettings.role], .once)[0].get()[0].string(0)
    }
    if acting == role { return [statement] }
    return [SessionSettings.act(as: role), statement, SessionSettings.act(as: acting)]
  }

  /// Runs dbtool's own queries in a scratch database among statements that others wrote, whatever these have set: they find
  /// PostgreSQL's functions and operators alone, and print names as dbtool knows them. Where nothing is pinned, that is done for
  /// `body` alone.
  ///
  /// - Throws: `PostgresError`; what `body` throws, after which the session is as good as gone.
  package func unaffected<Result: Sendable>(_ body: (Connection) async throws -> Result) async throws -> Result {
    guard case .none = pinning else { return try await pinned(body) }
    let version = serverVersion
    let isLocal = !isIdle
    let results = try await send(
      [
        SessionSettings.current(version),
        isLocal ? SessionSettings.pinTransaction(version) : SessionSettings.pin(version, unlessOtherThan: processID),
      ], .once)
    let own = try SessionSettings.decode(try results[0].get(), version).values
    _ = try results[1].get()
    let result = try await body(self)
    _ = try await send([SessionSettings.restore(own, version, isLocal: isLocal)], .once)[0].get()
    return result
  }

  /// Takes back all that a user's statements have made of the session, within the transaction that they ran in: settings,
  /// role, temporary tables, cursors, prepared statements, channels, locks, the last numbers of sequences and `setseed`. What
  /// comes next begins like the first in a new session. Behind a pooler, which gives the next transaction to another session,
  /// and this session to others, it has to happen here.
  ///
  /// Deferred constraints and triggers run first: they were to see what was set.
  ///
  /// PostgreSQL: `DISCARD ALL`, which cannot run in a transaction, and leaves the last of these.
  ///
  /// - Throws: `PostgresError`, also for what was deferred.
  package func resetInTransaction() async throws {
    try await execute((["SET CONSTRAINTS ALL IMMEDIATE"] + Self.resets).joined(separator: ";\n"))
  }

  /// Until the transaction ends, nothing that a role or a database has set ends it, or a statement in it. A user's statements may
  /// set the same anew.
  ///
  /// - Throws: `PostgresError`.
  package func liftTimeouts() async throws {
    let names =
      ["lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"]
      + (serverVersion.major >= 17 ? ["transaction_timeout"] : [])
    try await execute(names.map { "SET LOCAL \($0) = 0" }.joined(separator: "; "))
  }

  /// Ends a transaction that has failed. Behind a pooler, what a user's statements made of the session is taken back in the same
  /// message: after it, the session is others'. Locks of the session, and what was prepared, outlast a ROLLBACK.
  func rollBack() async {
    guard sessionDepth > 0, case .transaction = pinning else {
      _ = try? await execute("ROLLBACK")
      return
    }
    _ = try? await execute((["ROLLBACK"] + Self.resets).joined(separator: ";\n"))
  }

  private static var resets: [String] {
    [
      "CLOSE ALL", "SET SESSION AUTHORIZATION DEFAULT", "RESET ROLE", "RESET ALL",
      "SET client_encoding = 'UTF8'", "SET standard_conforming_strings = on", "DEALLOCATE ALL", "UNLISTEN *",
      "SELECT pg_catalog.pg_advisory_unlock_all()", "DISCARD PLANS", "DISCARD TEMP", "DISCARD SEQUENCES", reseed,
    ]
  }

  private static var reseed: String { "SELECT pg_catalog.setseed(\(Double.random(in: -1...1)))" }

  /// Runs a statement of a user that stands alone. Behind a pooler, what it makes of the session is taken back at once: the
  /// session is others' next. Each statement stands alone, so that PostgreSQL lets it run also where it cannot run in a
  /// transaction, and what it left is taken back when it fails as well: a pooler lets a session go once it has answered all that
  /// was sent.
  ///
  /// - Throws: `PostgresError`.
  package func queryAlone(_ sql: String) async throws {
    guard case .transaction = pinning else {
      try await query(sql)
      return
    }
    for result in try await pipeline(([sql] + Self.resets).map { Statement($0) }, sync: .each) { _ = try result.get() }
  }

  /// The same as `resetInTransaction` between transactions, for what comes next to begin like the first in a new session.
  /// Behind a pooler there is nothing to take back here: each transaction has done it.
  ///
  /// - Throws: `PostgresError`.
  package func resetSession() async throws {
    if case .transaction = pinning { return }
    userRole = nil
    for sql in ["DISCARD ALL", "RESET ROLE", Self.reseed] { _ = try await send([Statement(sql)], .once)[0].get() }
    guard case .session = pinning else { return }
    try await keepStrings()
    try await pin()
  }

  /// Until the transaction ends, what PostgreSQL calls of users' (checks, triggers, event triggers) may read views.
  ///
  /// - Throws: `PostgresError`.
  package func letViewsBeRead() async throws {
    if case .none = pinning { return }
    _ = try await send([SessionSettings.unrestricted], .once)[0].get()
  }

  /// Before a statement is sent: what goes with it, in the same implicit transaction.
  func pinToSend() async throws -> Statement? {
    try await settle() ? SessionSettings.pinTransaction(serverVersion) : nil
  }

  /// The same, for a script.
  func scriptToSend() async throws -> String? {
    try await settle() ? SessionSettings.script(serverVersion) : nil
  }

  /// Gives the session the settings that the next statement is for.
  ///
  /// - Returns: whether they have to be sent with it.
  private func settle() async throws -> Bool {
    guard isIdle else { return false }
    switch pinning {
    case .none: return false
    case .transaction: return sessionDepth == 0
    case .session(let own, let isReleased):
      let wanted = sessionDepth > 0
      guard wanted != isReleased else { return false }
      if wanted {
        pinning = .session(own: own, isReleased: true)
        _ = try await send([SessionSettings.restore(own, serverVersion, isLocal: false)], .once)[0].get()
        if let userRole { _ = try await send([SessionSettings.act(as: userRole, isLocal: false)], .once)[0].get() }
      } else {
        // What a user's statements have set since is the session's own from now on.
        try await pin()
      }
      return false
    }
  }
}
