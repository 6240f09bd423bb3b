package import Postgres

/// Why migrations were not applied.
package enum ApplyError: Error, CustomStringConvertible {
  case busy(String)
  case stragglers([Blocker])
  case changedAfterApplying(file: String)
  case unknownVersion(String, name: String)
  case renamedSince(String, name: String, file: String)
  case partlyReplaced(file: String)
  case noSuchVersion(String)
  case statement(
    file: String, line: Int, sql: String, PostgresError, segmentsDone: Int, segments: Int, isTransaction: Bool)
  case outcomeUnknown(file: String, lines: ClosedRange<Int>, PostgresError)
  case lockLost(String)
  /// The lock is on another server, or in another database of the same name.
  case elsewhere
  /// A pooler has given a connection to the lock, and has no other.
  case onlyConnection(String)
  case backfill(file: String, line: Int, reason: String)
  case cannotTell(file: String, line: Int, sql: String)
  case occupied(file: String, line: Int, sql: String, reason: String)
  case historyDoesNotFit(file: String, done: Int, of: Int, parts: Int)
  case needsSession(file: String, line: Int, sql: String)
  case sessionLost(file: String, line: Int, sql: String, done: Int)
  case lagIsHidden(role: String)

  private static func progress(_ done: Int, of segments: Int) -> String {
    if segments == 1 { return "The migration has no other part." }
    return "\(done == 0 ? "None" : "\(done)") of the migration's \(segments) parts \(done < 2 ? "is" : "are") done."
  }

  package var description: String {
    switch self {
    case .busy(let who):
      return
        "another dbtool apply, seed or retirement is at work on this database: \(who); then run this again."
    case .stragglers(let blockers):
      let lines = blockers.map { "  \($0.description)\n    \($0.ending)" }
      return
        "an earlier dbtool apply is at work on this database still:\n\(Secrets.hidden(in: lines.joined(separator: "\n")))\n"
        + "Wait until it has ended, or end it as said here; then run this again. Nothing was applied."
    case .changedAfterApplying(let file):
      return "migrations/\(file) was applied to this database with other contents. Take the applied version back from "
        + "git; write a new migration for what should change. Nothing was applied."
    case .unknownVersion(let version, let name):
      return
        "this database has migration \(version)_\(name), which is not among the files here. Pull the newest files; "
        + "nothing was applied."
    case .renamedSince(let version, let name, let file):
      return
        "this database has migration \(version)_\(name), which is migrations/\(file) now. Say dbtool repair, which puts that into its "
        + "history; nothing was applied."
    case .partlyReplaced(let file):
      return "migrations/\(file) takes the place of migrations of which this database has only some. Apply the others "
        + "first, from the commit before dbtool squash; nothing was applied."
    case .noSuchVersion(let version):
      return "there is no migration \(version). dbtool status lists them."
    case .statement(let file, let line, let sql, let error, let done, let segments, let isTransaction):
      let first = Secrets.hidden(inStatement: sql).split(separator: "\n").filter { !$0.hasPrefix("--") }.prefix(6)
        .joined(separator: "\n  ")
      return "migrations/\(file), line \(line): \(error)\n  \(first)\n"
        + (isTransaction
          ? "The transaction was rolled back. "
          : "The statement ran outside a transaction; the next apply checks what it left behind. ")
        + Self.progress(done, of: segments)
        + " Fix the cause and run dbtool apply again" + (done > 0 ? ": it continues with this part." : ".")
    case .outcomeUnknown(let file, let lines, let error):
      let place = lines.count == 1 ? "line \(lines.lowerBound)" : "lines \(lines.lowerBound) to \(lines.upperBound)"
      return "the connection was lost in migrations/\(file), \(place): \(error.message). "
        + "Run dbtool apply again: it looks at what was done and goes on from there. If a server or a pooler ends it each time, "
        + "its message says what to change; behind a pooler, dbtool needs two connections at once, one of them in a transaction."
    case .lockLost(let reason):
      return "the connection that keeps other applies away was lost (\(reason)); dbtool stopped between two parts. "
        + "Run dbtool apply again: it goes on where it stopped."
    case .elsewhere:
      return
        "one session is on another server than the other, so the lock that keeps other applies away is of no use: the host's name "
        + "leads to several servers. Nothing was changed. Name one server, and run this again."
    case .onlyConnection(let reason):
      return
        "a pooler is in between, and gave no second connection (\(reason)). dbtool needs two at once: one keeps "
        + "other applies away while the other works. Nothing was changed. Let the pool have more (default_pool_size and "
        + "max_db_connections of pgbouncer), wait until others give theirs back, or use a direct connection."
    case .backfill(let file, let line, let reason):
      return "migrations/\(file), line \(line): this backfill cannot be done in batches: \(reason)"
    case .cannotTell(let file, let line, let sql):
      return "migrations/\(file), line \(line): an earlier apply was interrupted in this statement, and nothing tells "
        + "whether it was carried out:\n  \(Secrets.hidden(inStatement: sql))\nLook at what it changes. If it was, say dbtool apply --skip-interrupted; "
        + "if not, dbtool apply --repeat-interrupted."
    case .occupied(let file, let line, let sql, let reason):
      return
        "migrations/\(file), line \(line): \(reason); then run dbtool apply again:\n  \(Secrets.hidden(inStatement: sql))"
    case .historyDoesNotFit(let file, let done, let count, let parts):
      return
        "dbtool.migrations says that \(done) of \(count) parts of migrations/\(file) are done, and the file has \(parts): somebody "
        + "has changed it. Look at what the database has, and set segments_done (and finished_at, where all are done) to that; "
        + "nothing was applied."
    case .sessionLost(let file, let line, let sql, let done):
      return
        "migrations/\(file), line \(line): an earlier apply ended after part \(done), and what this statement gave to its session "
        + "ended with it:\n  \(Secrets.hidden(inStatement: sql))\nNothing was changed. Carry out the other parts by hand, then say "
        + "dbtool repair --applied \(file.prefix { $0 != "_" })."
    case .needsSession(let file, let line, let sql):
      return "migrations/\(file), line \(line): this statement needs a session of its own, and a pooler is in between, "
        + "which gives each transaction another one:\n  \(Secrets.hidden(inStatement: sql))\nApply with a direct connection. Nothing was applied."
    case .lagIsHidden(let role):
      return "--max-lag was given, and the role \(role) may not see how far replicas are behind. Grant it "
        + "pg_read_all_stats, or leave --max-lag out. Nothing was applied."
    }
  }
}
