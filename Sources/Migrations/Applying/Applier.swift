package import Postgres

/// Applies migrations to a live database.
package struct Applier: Sendable {
  package enum Event: Sendable {
    case started(MigrationFile, segments: Int, resumedAt: Int)
    case segment(MigrationFile, done: Int, of: Int, seconds: Double)
    case retry(MigrationFile, attempt: Int, reason: String, blockers: [Blocker])
    case blocked(LockWait)
    /// Sessions of an apply that was killed are at work still.
    case stragglers([Blocker])
    case progress(String)
    case backfill(Backfill.Progress)
    case notice(String)
    case finished(MigrationFile, seconds: Double)
  }

  /// What is done about a statement whose outcome nothing tells.
  package enum Interrupted: Sendable { case ask, skip, again }

  /// How carefully it goes.
  package struct Options: Sendable {
    /// What the files' timeouts are multiplied by.
    package var timeoutScale = 1.0
    /// How many seconds a replica may be behind before backfills wait for it.
    package var maxLag: Double?
    package var interrupted = Interrupted.ask
    /// Whether clients are ready for what migrations take away that say so.
    package var contracts = false
    package init() {}
  }

  private let target: ConnectionTarget
  private let files: [MigrationFile]
  private let options: Options

  /// - Parameter files: the project's migrations, verified against the lock.
  package init(target: ConnectionTarget, files: [MigrationFile], options: Options = Options()) {
    self.target = target.pinned
    self.files = files
    self.options = options
  }

  /// A migration that is not applied, or only in part.
  package struct Pending: Sendable {
    package var file: MigrationFile
    /// How many of its parts are done.
    package var done: Int
    /// The part outside of transactions that was begun last.
    var attempted: Int?

    /// Whether an earlier apply has begun it.
    package var isBegun: Bool { done > 0 || attempted != nil }
  }

  /// What can be done, and what waits for a word.
  package struct Agenda: Sendable {
    package var pending: [Pending]
    /// A contract that clients have to be ready for, and what comes after it.
    package var waiting: [Pending] = []

    /// - Parameter isFresh: whether nothing was applied yet, so that there are no clients.
    init(_ pending: [Pending], isFresh: Bool, contracts: Bool) {
      // Whoever began a contract has agreed to it.
      let stop = pending.firstIndex { $0.file.isContract && $0.done == 0 && $0.attempted == nil }
      guard let stop, !isFresh, !contracts else {
        self.pending = pending
        return
      }
      self.pending = Array(pending[..<stop])
      waiting = Array(pending[stop...])
    }
  }

  /// What is to be done, after comparing the history with the files; the rest waits until clients are ready.
  ///
  /// - Throws: `ApplyError` when history and files contradict each other.
  package func agenda(_ connection: Connection, upTo version: String? = nil) async throws -> Agenda {
    let isFresh = try await History.entries(connection).isEmpty
    return Agenda(try await pending(connection, upTo: version), isFresh: isFresh, contracts: options.contracts)
  }

  /// The contract at which a database has stopped, if all before it is applied.
  ///
  /// - Throws: `HistoryError.unreadable` where the role may not read the history.
  package func awaitedContract(_ connection: Connection) async throws -> MigrationFile? {
    guard files.contains(where: \.isContract) else { return nil }
    do {
      let agenda = try await agenda(connection)
      return agenda.pending.isEmpty ? agenda.waiting.first?.file : nil
    } catch is ApplyError {
      // A history of other files tells nothing here.
      return nil
    }
  }

  /// What is not applied yet, after comparing the history with the files.
  ///
  /// - Throws: `ApplyError` when history and files contradict each other.
  package func pending(_ connection: Connection, upTo version: String? = nil) async throws -> [Pending] {
    if let version, !files.contains(where: { $0.version == version }) { throw ApplyError.noSuchVersion(version) }
    let comparison = HistoryComparison(files, try await History.entries(connection))
    try comparison.verify()
    return try comparison.lines.compactMap { line in
      guard let file = line.file, version.map({ file.version <= $0 }) ?? true else { return nil }
      switch line.state {
      case .pending: return Pending(file: file, done: 0)
      case .partly(let done, let count):
        let parts = try file.segments().count
        guard done >= 0, done < parts, count == parts else {
          throw ApplyError.historyDoesNotFit(file: file.fileName, done: done, of: count, parts: parts)
        }
        return Pending(file: file, done: done, attempted: line.entry?.attempted)
      default: return nil
      }
    }
  }

  /// Applies what is pending, one transaction after the other; each writes its own history.
  ///
  /// - Parameters:
  ///   - precondition: looked at when no other apply can change anything any more, and before anything is applied.
  ///   - before: called when the lock is held and it is known what is to be done, before any of it is.
  /// - Returns: what was finished, and what waits.
  /// - Throws: `ApplyError`, `HistoryError`, `PostgresError`; what `precondition` and `before` throw.
  package func apply(
    upTo version: String? = nil, precondition: @Sendable () async throws -> Void = {},
    before: (Connection, Agenda) async throws -> Void = { _, _ in },
    _ report: @escaping @Sendable (Event) -> Void
  ) async throws -> Agenda {
    try await ApplyLock.withSession(target, applicationName: "dbtool apply") { lock, connection in
      let isPooled = try await connection.isPooled
      if !isPooled { try await prepare(connection) }
      if options.maxLag != nil { try await Self.refuseHiddenLag(connection) }
      try await History.ensure(connection)
      try await Stragglers.wait(connection) { report(.stragglers($0)) }
      try await precondition()
      let agenda = try await agenda(connection, upTo: version)
      try await before(connection, agenda)
      try await History.squash(
        HistoryComparison(files, try await History.entries(connection)).inParts, connection)
      if isPooled { try refuseSessions(agenda.pending) }
      let pid = isPooled ? nil : try await connection.query("SELECT pg_catalog.pg_backend_pid()")[0].int(0)
      for (number, entry) in agenda.pending.enumerated() {
        if number > 0, !isPooled {
          // What a file makes of the session ends with it: files are applied together as they are one by one.
          try await connection.resetSession()
          try await prepare(connection)
        }
        try await apply(entry, connection, pid, lock, report)
      }
      return agenda
    }
  }

  /// To a role without this right all replicas are up to date.
  private static func refuseHiddenLag(_ connection: Connection) async throws {
    let row = try await connection.query(
      "SELECT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE'), current_user")[0]
    guard try row.bool(0) else { throw ApplyError.lagIsHidden(role: try row.string(1)) }
  }

  /// What a session has set by its role or database is not meant for builds that take their time, and must not keep
  /// statements outside of transactions from writing.
  private func prepare(_ connection: Connection) async throws {
    let timeout = await connection.serverVersion.major >= 17 ? "SET transaction_timeout = 0;" : ""
    try await connection.asSession {
      try await $0.execute(
        """
        SET lock_timeout = 0; SET statement_timeout = 0; \(timeout)
        SET default_transaction_isolation = 'read committed'; SET default_transaction_read_only = off
        """)
    }
    try await Patience.giveWay(connection)
  }

  /// Behind a pooler nothing of the session lasts from one part of a file to the next. What is set for the session in a
  /// transaction would be missing in the next one, without a word.
  private func refuseSessions(_ pending: [Pending]) throws {
    for entry in pending {
      let segments = try entry.file.segments()
      for (number, segment) in segments.enumerated() {
        for statement in segment.statements {
          let isRefused =
            segment.isTransaction
            ? number + 1 < segments.count && StandaloneStatement.setsSession(statement.sql)
            : StandaloneStatement.needsSession(statement.sql)
          if isRefused {
            throw ApplyError.needsSession(file: entry.file.fileName, line: statement.line, sql: statement.sql)
          }
        }
      }
    }
  }

  /// Gives the session what the parts that an earlier apply has done gave to theirs.
  ///
  /// - Throws: `ApplyError.sessionLost` for what cannot be had again, `PostgresError`.
  private func restore(
    _ done: ArraySlice<MigrationFile.Segment>, of file: MigrationFile, _ connection: Connection
  ) async throws {
    if try await connection.isPooled { return }
    for statement in done.flatMap(\.statements) {
      switch StandaloneStatement.legacy(of: statement.sql) {
      case .nothing: break
      case .setting: try await connection.asSession { try await $0.query(statement.sql) }
      case .other:
        throw ApplyError.sessionLost(file: file.fileName, line: statement.line, sql: statement.sql, done: done.count)
      }
    }
  }

  private func apply(
    _ pending: Pending, _ connection: Connection, _ pid: Int?, _ lock: ApplyLock,
    _ report: @escaping @Sendable (Event) -> Void
  ) async throws {
    let file = pending.file
    let segments = try file.segments()
    report(.started(file, segments: segments.count, resumedAt: pending.done))
    try await restore(segments[..<pending.done], of: file, connection)
    let clock = ContinuousClock()
    let start = clock.now
    for (index, segment) in segments.enumerated() where index >= pending.done {
      let segmentStart = clock.now
      try await lock.check()
      var runner = SegmentRunner(
        file: file, segment: segment, index: index, count: segments.count, target: target, options: options)
      runner.wasInterrupted = pending.attempted == index
      runner.pid = pid
      try await runner.run(connection, report)
      report(
        .segment(file, done: index + 1, of: segments.count, seconds: segmentStart.duration(to: clock.now).seconds))
    }
    if segments.isEmpty { try await History.record(file, done: 0, of: 0, connection) }
    report(.finished(file, seconds: start.duration(to: clock.now).seconds))
  }
}

extension Duration {
  /// Seconds, for people.
  package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
