internal import Postgres

/// What is in a statement's way.
package struct Blocker: Sendable, Hashable {
  package var pid: Int
  package var application: String
  /// How long its transaction has been open.
  package var age: String
  package var query: String

  package var description: String {
    "process \(pid)\(application.isEmpty ? "" : " (\(application))"), open for \(age): \(query)"
  }
}

/// Tells, while a statement runs, who is in its way and how far it is: from a connection of its own.
///
/// PostgreSQL: `pg_blocking_pids`, `pg_stat_progress_create_index`, `pg_stat_progress_cluster`.
struct Watcher: Sendable {
  let target: ConnectionTarget
  /// The process that works, where there is no pooler in between.
  let pid: Int?
  let report: @Sendable (Observation) -> Void

  enum Observation: Sendable {
    case blocked([Blocker])
    case progress(String)
  }

  /// Before the first look, so that what is quick is not watched at all; shorter than any lock timeout.
  private static let patience = Duration.milliseconds(400)

  /// Runs `body` and watches it.
  func during<Result>(_ body: () async throws -> Result) async rethrows -> Result {
    let task = Task { await watch() }
    defer { task.cancel() }
    return try await body()
  }

  private func watch() async {
    do {
      try await Task.sleep(for: Self.patience)
      try await Connection.with(target, applicationName: "dbtool apply (watch)") { connection in
        var told: [Blocker] = []
        var phase = ""
        while !Task.isCancelled {
          let results = try await connection.pipeline([
            Statement(Self.blockersQuery, [pid.map(String.init)]),
            Statement(Self.progressQuery, [pid.map(String.init)]),
          ])
          let blockers = try results[0].get().map { row in
            Blocker(
              pid: try row.int(0), application: try row.string(1), age: try row.string(2),
              query: try row.string(3).replacing("\n", with: " "))
          }
          if !blockers.isEmpty, Set(blockers.map(\.pid)) != Set(told.map(\.pid)) { report(.blocked(blockers)) }
          told = blockers
          if let now = try results[1].get().first?.string(0), now != phase {
            report(.progress(now))
            phase = now
          }
          try await Task.sleep(for: .seconds(1))
        }
      }
    } catch {
      // Watching is a courtesy: the work goes on without it.
    }
  }

  private static let worker = """
    a.datname = pg_catalog.current_database() AND a.backend_type = 'client backend'
    AND CASE WHEN $1::int IS NULL THEN a.application_name = 'dbtool apply' ELSE a.pid = $1::int END
    """
  private static let blockersQuery = """
    SELECT DISTINCT b.pid, coalesce(b.application_name, ''),
           coalesce(date_trunc('second', pg_catalog.now() - b.xact_start)::text, 'a while'),
           pg_catalog.left(coalesce(b.query, ''), 100)
      FROM pg_catalog.pg_stat_activity a
     CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(a.pid)) AS p (pid)
      JOIN pg_catalog.pg_stat_activity b ON b.pid = p.pid
     WHERE \(worker) ORDER BY 1
    """
  /// In tenths, so that a line is not printed for each block.
  private static let progressQuery = """
    SELECT p.phase || CASE WHEN p.total > 0 THEN ', ' || 10 * (10 * p.done / p.total) || ' %' ELSE '' END
      FROM (SELECT pid, command || ': ' || phase AS phase, greatest(blocks_done, tuples_done) AS done,
                   CASE WHEN blocks_done >= tuples_done THEN blocks_total ELSE tuples_total END AS total
              FROM pg_catalog.pg_stat_progress_create_index
            UNION ALL
            SELECT pid, command || ': ' || phase, heap_blks_scanned, heap_blks_total
              FROM pg_catalog.pg_stat_progress_cluster) AS p
      JOIN pg_catalog.pg_stat_activity a ON a.pid = p.pid
     WHERE \(worker)
    """
}
