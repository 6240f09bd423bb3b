internal import Postgres

/// Carries out one part of a migration: a transaction, or a statement outside of one.
struct SegmentRunner {
  typealias Report = @Sendable (Applier.Event) -> Void

  let file: MigrationFile
  let segment: MigrationFile.Segment
  let index: Int
  /// How many parts the migration has.
  let count: Int
  let target: ConnectionTarget
  let options: Applier.Options
  /// Whether an earlier apply began it and did not say that it was done.
  var wasInterrupted = false
  /// The server's process, where no pooler is in between.
  var pid: Int?

  func run(_ connection: Connection, _ report: @escaping Report) async throws {
    let watcher = Watcher(target: target, pid: pid) { observation in
      switch observation {
      case .blocked(let wait): report(.blocked(wait))
      case .progress(let text): report(.progress(text))
      }
    }
    do {
      try await watcher.during {
        for check in try UnvalidatedCheck.all(of: segment, at: index, of: file) { try await check.restore(connection) }
        if segment.isTransaction {
          try await runTransaction(connection, report)
        } else if let statement = segment.statements.first {
          try await runAlone(statement, connection, report)
        }
      }
    } catch let error as PostgresError where error.kind == .connection {
      // Lost at COMMIT or while the history was written: only looking tells what happened.
      throw ApplyError.outcomeUnknown(
        file: file.fileName, lines: segment.firstLine...max(segment.firstLine, segment.lastLine), error)
    }
    for notice in await connection.takeNotices() { report(.notice(notice)) }
  }

  // MARK: Transactions

  private func runTransaction(_ connection: Connection, _ report: Report) async throws {
    let statements = segment.statements.flatMap { statement in
      ([statement.sql] + [scaling(statement.sql)].compactMap { $0 }).map { (statement: statement, sql: $0) }
    }
    var attempt = 0
    while true {
      do {
        return try await attemptTransaction(attempt % 2 == 0 ? statements : Self.otherWayRound(statements), connection)
      } catch let error as ApplyError {
        guard case .statement(_, let line, let sql, let cause, _, _, _) = error else { throw error }
        guard Patience.passes(cause), attempt < Patience.attempts else {
          let cause = try await told(in: cause, of: sql, connection)
          throw failure(ScriptStatement(sql: sql, line: line), cause)
        }
        attempt += 1
        report(.retry(file, attempt: attempt, reason: cause.message, blockers: try await openTransactions()))
        try await Patience.pause(after: attempt)
      }
    }
  }

  /// The error with what there is to say of it; a check that rows break is not left in the clients' way.
  private func told(
    in error: PostgresError, of sql: String, _ connection: Connection
  ) async throws -> PostgresError {
    let error = await BreakingRows.told(in: error, of: sql, connection)
    guard error.sqlState == .checkViolation else { return error }
    var isGone = false
    do {
      for check in try UnvalidatedCheck.all(of: segment, at: index, of: file)
      where try await check.takeBack(connection) { isGone = true }
    } catch let failure as PostgresError where failure.kind == .server {
      // What rows break is what the user has to know first.
      return UnvalidatedCheck.stays(in: error, failure)
    }
    return isGone ? UnvalidatedCheck.told(in: error) : error
  }

  /// With its LOCK TABLEs in the other order, where some stand one behind the other. Clients that are in the way of one order may
  /// be out of the way of the other.
  private static func otherWayRound(
    _ statements: [(statement: ScriptStatement, sql: String)]
  ) -> [(statement: ScriptStatement, sql: String)] {
    let isLock = { ParseTree(parsing: $0)?["LockStmt"] != nil }
    guard let start = statements.firstIndex(where: { isLock($0.sql) }) else { return statements }
    let end = statements[start...].firstIndex { !isLock($0.sql) } ?? statements.endIndex
    return statements[..<start] + statements[start..<end].reversed() + statements[end...]
  }

  /// The file's transaction has the session's own settings, and its history dbtool's.
  private func attemptTransaction(
    _ statements: [(statement: ScriptStatement, sql: String)], _ connection: Connection
  ) async throws {
    do {
      try await connection.asSession { connection in
        try await connection.transaction(segment.begin) { connection in
          // A direct session has these from the start (`Applier.prepare`).
          if try await connection.isPooled { try await connection.liftTimeouts() }
          let results = try await connection.pipeline(statements.map { Statement($0.sql) })
          for ((statement, _), result) in zip(statements, results) {
            if case .failure(let error) = result { throw failure(statement, error) }
          }
          if !segment.isReadOnly { try await History.record(file, done: index + 1, of: count, connection) }
          // The session is others' next.
          if try await connection.isPooled { try await connection.resetInTransaction() }
        }
      }
      if segment.isReadOnly { try await History.record(file, done: index + 1, of: count, connection) }
    } catch let error as PostgresError {
      if error.statement == segment.begin {
        throw failure(ScriptStatement(sql: segment.begin, line: segment.firstLine), error)
      }
      // What was put off until then: deferred constraints and triggers, a conflict of serializable transactions.
      throw failure(ScriptStatement(sql: "COMMIT", line: segment.lastLine), error)
    }
  }

  /// What multiplies a timeout that a statement of the file has set; PostgreSQL knows its units.
  private func scaling(_ sql: String) -> String? {
    guard options.timeoutScale != 1, let set = ParseTree(parsing: sql)?["VariableSetStmt"],
      set["is_local"]?.isTrue == true, let name = set["name"]?.text, name.hasSuffix("_timeout")
    else { return nil }
    let setting = Quote.literal(name)
    return "SELECT pg_catalog.set_config(\(setting), "
      + "pg_catalog.ceil(extract(epoch FROM pg_catalog.current_setting(\(setting))::pg_catalog.interval) OPERATOR(pg_catalog.*) "
      + "'\(1000 * options.timeoutScale)'::pg_catalog.numeric)::pg_catalog.text, true)"
  }

  private func failure(_ statement: ScriptStatement, _ error: PostgresError) -> any Error {
    if error.kind == .connection { return error }
    return ApplyError.statement(
      file: file.fileName, line: statement.line, sql: statement.sql, error, segmentsDone: index, segments: count,
      isTransaction: segment.isTransaction)
  }

  /// Who holds transactions open on this database; one of them has the lock.
  private func openTransactions() async throws -> [Blocker] {
    try await Connection.with(target.pinned, applicationName: "dbtool apply (watch)") { connection in
      try await connection.query(
        """
        SELECT a.pid, coalesce(a.application_name, ''), coalesce(a.usename, '')::pg_catalog.text,
               pg_catalog.date_trunc('second', pg_catalog.now() - a.xact_start)::pg_catalog.text, pg_catalog.left(a.query, 100)
          FROM pg_catalog.pg_stat_activity a
         WHERE a.datname = pg_catalog.current_database() AND a.xact_start IS NOT NULL
           AND a.pid <> pg_catalog.pg_backend_pid()
           AND a.application_name NOT LIKE 'dbtool apply%'
         ORDER BY a.xact_start LIMIT 5
        """
      ).map { row in
        Blocker(
          .process(try row.int(0), application: try row.string(1)), role: try row.string(2), age: try row.string(3),
          query: try row.string(4))
      }
    }
  }

  // MARK: Outside of transactions

  private func runAlone(_ statement: ScriptStatement, _ connection: Connection, _ report: Report) async throws {
    if !wasInterrupted {
      // What an earlier run of the same migration did is nothing that this one could go on from.
      if segment.directive == .backfill { try await Backfill.forget(file, index, connection) }
      try await History.record(file, attempting: index, of: count, connection)
    }
    do {
      switch segment.directive {
      case .backfill:
        let backfill = try Backfill(statement, at: index, of: file, maxLag: options.maxLag)
        try await backfill.run(connection) {
          report(.backfill($0))
        } tell: {
          report(.notice($0))
        }
      case .perPartition:
        if let build = PartitionwiseBuild(statement) {
          let isLeft = try await build.run(connection) { done, count in
            report(.progress("partition \(done) of \(count)"))
          }
          if isLeft {
            try await connection.asSession { try await Patience.brief($0) { try await $0.query(statement.sql) } }
          }
        } else {
          try await runOnce(statement, connection)
        }
      case nil: try await runOnce(statement, connection)
      }
    } catch let error as PostgresError {
      throw failure(statement, try await told(in: error, of: statement.sql, connection))
    } catch let error as PartitionwiseBuild.Occupied {
      throw ApplyError.occupied(
        file: file.fileName, line: statement.line, sql: statement.sql, reason: error.reason)
    }
    try await connection.transaction { connection in
      if segment.directive == .backfill { try await Backfill.forget(file, index, connection) }
      try await History.record(file, done: index + 1, of: count, connection)
    }
  }

  private func runOnce(_ statement: ScriptStatement, _ connection: Connection) async throws {
    let standalone = StandaloneStatement(statement.sql)
    var sql = [statement.sql]
    if wasInterrupted {
      switch try await standalone.continuation(connection) {
      case .isDone: sql = []
      case .again(let before): sql = before + sql
      case .instead(let others): sql = others
      case .unknown:
        switch options.interrupted {
        case .ask:
          throw ApplyError.cannotTell(file: file.fileName, line: statement.line, sql: statement.sql)
        case .skip: sql = []
        case .again: break
        }
      case .occupied(let reason):
        throw ApplyError.occupied(file: file.fileName, line: statement.line, sql: statement.sql, reason: reason)
      }
    }
    let known = try await standalone.before(connection)
    do {
      for sql in sql { try await runStubbornly(sql, standalone, known, connection) }
    } catch let error as PostgresError where error.kind == .server && standalone.leavesNothingWhenRefused {
      // The server has said no, so nothing of it was done, and the next apply begins with it; unless what it left could not be
      // taken away.
      if try await standalone.remains(of: error, besides: known, connection).isEmpty {
        try await History.recordRefusal(file, connection)
      }
      throw error
    }
  }

  /// A deadlock ends a concurrent build, and what is left of it is in the way of the next.
  private func runStubbornly(
    _ sql: String, _ standalone: StandaloneStatement, _ known: Set<String>, _ connection: Connection
  ) async throws {
    if standalone.mayBePartlyDone {
      try await connection.asSession { try await $0.queryAlone(sql) }
      return
    }
    try await Patience.retry { _ in
      do { try await connection.asSession { try await $0.queryAlone(sql) } } catch let error as PostgresError
        where error.kind != .connection
      {
        // The first error is the one to tell. What cannot be taken away now, the next apply finds.
        for remains in try await standalone.remains(of: error, besides: known, connection) {
          do { try await connection.asSession { try await $0.query(remains) } } catch let error as PostgresError
            where error.kind == .server
          {}
        }
        throw error
      }
    }
  }
}
