package import Postgres

/// What an apply is doing, as the server sees it.
///
/// PostgreSQL: `pg_blocking_pids`, `pg_stat_progress_create_index`, `pg_stat_progress_cluster`.
package struct ApplyActivity: Sendable {
  /// The statement at work.
  package var statement: String?
  /// How long it has been.
  package var age: String?
  package var wait: LockWait?
  /// The phase, and how much of it is done.
  package var progress: String?

  /// - Parameter pid: the process that works; found by its name where a pooler is in between.
  static func read(_ connection: Connection, pid: Int?) async throws -> ApplyActivity {
    let parameters = [pid.map(String.init)]
    let worker = worker(await connection.serverVersion)
    let queries = [LockWait.query(worker), progressQuery(worker), statementQuery(worker)]
    let results = try await connection.pipeline(queries.map { Statement($0, parameters) })
    let statement = try results[2].get().first
    return ApplyActivity(
      statement: try statement?.string(0), age: try statement?.string(1), wait: try LockWait(try results[0].get()),
      progress: try results[1].get().first?.string(0))
  }

  /// What goes on in a database; nil where nobody applies anything.
  ///
  /// - Throws: `PostgresError`.
  package static func current(_ connection: Connection) async throws -> ApplyActivity? {
    let running = try await connection.query(
      "SELECT FROM pg_catalog.pg_locks l WHERE \(AdvisoryKey.change.condition) AND l.granted")
    return running.isEmpty ? nil : try await read(connection, pid: nil)
  }

  /// Anybody may call himself so; an apply is what a trusted role does.
  private static func worker(_ version: ServerVersion) -> String {
    """
    a.datname = pg_catalog.current_database() AND a.backend_type = 'client backend'
    AND CASE WHEN $1::pg_catalog.int4 IS NOT NULL THEN a.pid = $1::pg_catalog.int4
             ELSE a.application_name = 'dbtool apply' AND \(TrustedRoles.condition("a.usesysid", version)) END
    """
  }

  private static func statementQuery(_ worker: String) -> String {
    """
    SELECT a.query, pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() - a.query_start)::pg_catalog.text
      FROM pg_catalog.pg_stat_activity a WHERE \(worker) AND a.state = 'active' ORDER BY a.query_start LIMIT 1
    """
  }

  /// In tenths, so that a line is not printed for each block.
  private static func progressQuery(_ worker: String) -> String {
    """
    SELECT p.phase || CASE WHEN p.total > 0 THEN ', ' || 10 * (10 * p.done / p.total) || ' %' ELSE '' END
      FROM (SELECT i.pid, i.command || ': ' || i.phase AS phase, greatest(i.blocks_done, i.tuples_done) AS done,
                   CASE WHEN i.blocks_done >= i.tuples_done THEN i.blocks_total ELSE i.tuples_total END AS total
              FROM pg_catalog.pg_stat_progress_create_index i
            UNION ALL
            SELECT c.pid, c.command || ': ' || c.phase, c.heap_blks_scanned, c.heap_blks_total
              FROM pg_catalog.pg_stat_progress_cluster c) AS p
      JOIN pg_catalog.pg_stat_activity a ON a.pid = p.pid
     WHERE \(worker)
    """
  }
}
