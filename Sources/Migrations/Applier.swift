package import Postgres

/// Why migrations were not applied.
package enum ApplyError: Error, CustomStringConvertible {
  case busy(String)
  case changedAfterApplying(file: String)
  case unknownVersion(String, name: String)
  case noSuchVersion(String)
  case statement(file: String, line: Int, sql: String, PostgresError, segmentsDone: Int, segments: Int)
  case outcomeUnknown(file: String, PostgresError)
  case lockLost(String)

  package var description: String {
    switch self {
    case .busy(let who):
      return
        "another dbtool apply or seed is at work on this database: \(who). Wait for it, or end it; then run this again."
    case .changedAfterApplying(let file):
      return "migrations/\(file) was applied to this database with other contents. Take the applied version back from "
        + "git; write a new migration for what should change. Nothing was applied."
    case .unknownVersion(let version, let name):
      return
        "this database has migration \(version)_\(name), which is not among the files here. Pull the newest files; "
        + "nothing was applied."
    case .noSuchVersion(let version):
      return "there is no migration \(version). dbtool status lists them."
    case .statement(let file, let line, let sql, let error, let done, let segments):
      let first = sql.split(separator: "\n").prefix(6).joined(separator: "\n  ")
      return "migrations/\(file), line \(line): \(error)\n  \(first)\n"
        + "The transaction was rolled back; \(done) of \(segments) parts of this migration are done. "
        + "Mend the cause and run dbtool apply again: it goes on where it stopped."
    case .outcomeUnknown(let file, let error):
      return "the connection was lost in migrations/\(file): \(error.message). "
        + "Run dbtool apply again: it looks at what was done and goes on from there."
    case .lockLost(let reason):
      return "the connection that keeps other applies away was lost (\(reason)); dbtool stopped between two parts. "
        + "Run dbtool apply again: it goes on where it stopped."
    }
  }
}

/// Applies migrations to a live database.
package struct Applier: Sendable {
  package enum Event: Sendable {
    case started(MigrationFile, segments: Int, resumedAt: Int)
    case segment(MigrationFile, done: Int, of: Int, seconds: Double)
    case retry(MigrationFile, attempt: Int, reason: String, blockers: [String])
    case notice(String)
    case finished(MigrationFile, seconds: Double)
  }

  private let target: ConnectionTarget
  private let files: [MigrationFile]
  /// How often a transaction that did not get its locks is tried again.
  package var lockRetries = 10

  /// - Parameter files: the project's migrations, verified against the lock.
  package init(target: ConnectionTarget, files: [MigrationFile]) {
    self.target = target
    self.files = files
  }

  /// What is to be done, after comparing the history with the files.
  ///
  /// - Throws: `ApplyError` when history and files contradict each other.
  package func pending(_ connection: Connection, upTo version: String? = nil) async throws -> [(
    MigrationFile, done: Int
  )] {
    if let version, !files.contains(where: { $0.version == version }) { throw ApplyError.noSuchVersion(version) }
    let entries = try await History.entries(connection)
    let byVersion = Dictionary(files.map { ($0.version, $0) }) { first, _ in first }
    var done: [String: History.Entry] = [:]
    for entry in entries {
      guard let file = byVersion[entry.version] else {
        throw ApplyError.unknownVersion(entry.version, name: entry.name)
      }
      guard file.digest.description == entry.checksum else {
        throw ApplyError.changedAfterApplying(file: file.fileName)
      }
      done[entry.version] = entry
    }
    return files.compactMap { file in
      if let version, file.version > version { return nil }
      guard let entry = done[file.version] else { return (file, 0) }
      return entry.isFinished ? nil : (file, entry.segmentsDone)
    }
  }

  /// Applies what is pending, one transaction after the other; each writes its own history.
  ///
  /// - Returns: how many migrations were finished.
  /// - Throws: `ApplyError`, `PostgresError`.
  package func apply(upTo version: String? = nil, _ report: @Sendable (Event) -> Void) async throws -> Int {
    try await ApplyLock.with(target) { lock in
      try await Connection.with(target, applicationName: "dbtool apply") { connection in
        try await History.ensure(connection)
        let pending = try await pending(connection, upTo: version)
        for (file, done) in pending { try await apply(file, from: done, connection, lock, report) }
        return pending.count
      }
    }
  }

  private func apply(
    _ file: MigrationFile, from done: Int, _ connection: Connection, _ lock: ApplyLock,
    _ report: @Sendable (Event) -> Void
  ) async throws {
    let segments = try file.segments()
    report(.started(file, segments: segments.count, resumedAt: done))
    let clock = ContinuousClock()
    let start = clock.now
    for (index, segment) in segments.enumerated() where index >= done {
      let segmentStart = clock.now
      try await lock.check()
      try await run(segment, at: index, of: segments.count, file, connection, report)
      report(
        .segment(file, done: index + 1, of: segments.count, seconds: segmentStart.duration(to: clock.now).seconds))
    }
    if segments.isEmpty { try await record(file, index: -1, of: 0, connection) }
    report(.finished(file, seconds: start.duration(to: clock.now).seconds))
  }

  private func run(
    _ segment: MigrationFile.Segment, at index: Int, of count: Int, _ file: MigrationFile, _ connection: Connection,
    _ report: @Sendable (Event) -> Void
  ) async throws {
    var attempt = 0
    while true {
      do {
        if segment.isTransaction {
          try await connection.transaction { connection in
            try await run(segment.statements, index, count, file, connection)
            try await record(file, index: index, of: count, connection)
          }
        } else {
          try await run(segment.statements, index, count, file, connection)
          try await record(file, index: index, of: count, connection)
        }
        for notice in await connection.takeNotices() { report(.notice(notice)) }
        return
      } catch let error as PostgresError where error.kind == .connection {
        // Lost at COMMIT or while the history was written: only looking tells what happened.
        throw ApplyError.outcomeUnknown(file: file.fileName, error)
      } catch let error as ApplyError {
        guard case .statement(_, _, let sql, let cause, _, _) = error, cause.sqlState == .lockNotAvailable,
          segment.isTransaction, attempt < lockRetries
        else { throw error }
        attempt += 1
        let blockers = try await blockers(of: sql)
        report(.retry(file, attempt: attempt, reason: cause.message, blockers: blockers))
        // Exponential, at most 10 s, with jitter so that two waiters do not meet again.
        let base = min(10.0, 0.2 * Double(1 << min(attempt, 6)))
        try await Task.sleep(for: .seconds(base * Double.random(in: 0.5...1.0)))
      }
    }
  }

  private func run(
    _ statements: [ScriptStatement], _ index: Int, _ count: Int, _ file: MigrationFile, _ connection: Connection
  ) async throws {
    let results: [Result<Rows, PostgresError>]
    do {
      results = try await connection.pipeline(statements.map { Statement($0.sql) })
    } catch let error as PostgresError where error.kind == .connection {
      throw ApplyError.outcomeUnknown(file: file.fileName, error)
    }
    for (statement, result) in zip(statements, results) {
      guard case .failure(let error) = result else { continue }
      if error.kind == .connection { throw ApplyError.outcomeUnknown(file: file.fileName, error) }
      throw ApplyError.statement(
        file: file.fileName, line: statement.line, sql: statement.sql, error, segmentsDone: index, segments: count)
    }
  }

  private func record(_ file: MigrationFile, index: Int, of count: Int, _ connection: Connection) async throws {
    try await connection.query(
      """
      INSERT INTO dbtool.migrations AS m (version, name, checksum, segments, segments_done, finished_at)
      VALUES ($1, $2, $3, $4::int, $5::int, CASE WHEN $4::int = $5::int THEN clock_timestamp() END)
      ON CONFLICT (version) DO UPDATE SET segments_done = excluded.segments_done, finished_at = excluded.finished_at
      """, [file.version, file.name, file.digest.description, String(count), String(index + 1)])
  }

  /// Who holds transactions open on this database; one of them has the lock.
  private func blockers(of sql: String) async throws -> [String] {
    try await Connection.with(target, applicationName: "dbtool apply (watch)") { connection in
      try await connection.query(
        """
        SELECT pid, coalesce(application_name, ''), date_trunc('second', now() - xact_start)::text, left(query, 80)
          FROM pg_stat_activity
         WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
           AND application_name NOT LIKE 'dbtool apply%'
         ORDER BY xact_start LIMIT 5
        """
      ).map { "process \(try $0.string(0)) (\(try $0.string(1))), open for \(try $0.string(2)): \(try $0.string(3))" }
    }
  }
}

extension Duration {
  /// Seconds, for people.
  package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
