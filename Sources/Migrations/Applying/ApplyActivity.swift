package import Postgres

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

/// What an apply is doing, as the server sees it.
///
/// PostgreSQL: `pg_blocking_pids`, `pg_stat_progress_create_index`, `pg_stat_progress_cluster`.
package struct ApplyActivity: Sendable {
  /// The statement at work.
  package var statement: String?
  /// How long it has been.
  package var age: String?
  package var blockers: [Blocker]
  /// The phase, and how much of it is done.
  package var progress: String?

  /// - Parameter pid: the process that works; found by its name where a pooler is in between.
  static func read(_ connection: Connection, pid: Int?) async throws -> ApplyActivity {
    let parameters = [pid.map(String.init)]
    let results = try await connection.pipeline([
      Statement(blockersQuery, parameters), Statement(progressQuery, parameters), Statement(statementQuery, parameters),
    ])
    let blockers = try results[0].get().map { row in
      Blocker(
        pid: try row.int(0), application: try row.string(1), age: try row.string(2),
        query: Secrets.withoutConstants(try row.string(3)).replacing("\n", with: " "))
    }
    let statement = try results[2].get().first
    return ApplyActivity(
      statement: try statement?.string(0), age: try statement?.string(1), blockers: blockers,
      progress: try results[1].get().first?.string(0))
  }

  /// What goes on in a database; nil where nobody applies anything.
  package static func current(_ connection: Connection) async throws -> ApplyActivity? {
    let running = try await connection.query(
      """
      SELECT FROM pg_catalog.pg_locks
       WHERE locktype = 'advisory' AND classid = $1::int::oid AND objid = 2 AND granted
         AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
      """, [String(ApplyLock.space)])
    return running.isEmpty ? nil : try await read(connection, pid: nil)
  }

  private static let worker = """
    a.datname = pg_catalog.current_database() AND a.backend_type = 'client backend'
    AND CASE WHEN $1::int IS NULL THEN a.application_name = 'dbtool apply' ELSE a.pid = $1::int END
    """
  private static let statementQuery = """
    SELECT a.query, date_trunc('second', pg_catalog.clock_timestamp() - a.query_start)::text
      FROM pg_catalog.pg_stat_activity a WHERE \(worker) AND a.state = 'active' ORDER BY a.query_start LIMIT 1
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
