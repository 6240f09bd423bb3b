internal import Catalog
internal import Migrations
package import Postgres

/// Partitions that a window no longer keeps: detached beside the clients, and then kept as tables, dropped, or written to
/// files and dropped.
///
/// What is begun is remembered in `dbtool.retired`, by the partition's OID, so that it is ended by the next run, whatever
/// has interrupted this one.
extension PartitionManager {
  /// How long a detach waits for transactions that may still see the partition; the next run goes on.
  private static let patience = "60s"

  private static let memory = """
    CREATE SCHEMA IF NOT EXISTS dbtool;
    CREATE TABLE IF NOT EXISTS dbtool.retired (
      partition_oid bigint PRIMARY KEY,
      parent text NOT NULL,
      schema_name text NOT NULL,
      partition_name text NOT NULL,
      action text NOT NULL,
      bound text NOT NULL,
      archive text,
      rows bigint,
      checksum text,
      started_at timestamptz NOT NULL DEFAULT now(),
      finished_at timestamptz);
    """

  /// Retires what is expired, and what an earlier run has begun. Nothing here keeps a partition from being created: do
  /// that first.
  ///
  /// - Parameter archive: the folder for what is to be archived.
  /// - Returns: what was done, and what could not be.
  /// - Throws: `PostgresError` when the database cannot be read.
  package func retire(
    _ connection: Connection, archive: String? = nil, _ report: (Outcome) -> Void = { _ in }
  ) async throws -> [Outcome] {
    let expired = try await expired(connection)
    if try await connection.query("SELECT to_regclass('dbtool.retired') IS NULL")[0].bool(0) {
      if expired.isEmpty { return [] }
      try await connection.execute("SET client_min_messages = warning; \(Self.memory)")
    }
    let isAlone = try await connection.query("SELECT pg_try_advisory_lock($1::int, 2)", [String(0x64_6274)])
    guard try isAlone[0].bool(0) else {
      let outcome = Outcome(partition: "", text: "", failure: "another run retires partitions of this database")
      report(outcome)
      return [outcome]
    }
    for partition in expired {
      try await connection.query(
        """
        INSERT INTO dbtool.retired (partition_oid, parent, schema_name, partition_name, action, bound)
        VALUES ($1::bigint, $2, $3, $4, $5, $6)
        -- Another partition may have had this OID.
        ON CONFLICT (partition_oid) DO UPDATE
          SET parent = excluded.parent, schema_name = excluded.schema_name, partition_name = excluded.partition_name,
              action = excluded.action, bound = excluded.bound, archive = NULL, rows = NULL, checksum = NULL,
              finished_at = NULL
        """,
        [
          String(partition.oid), partition.table.sqlName, partition.partition.schema, partition.partition.name,
          partition.action, partition.bound,
        ])
    }
    var outcomes: [Outcome] = []
    for retiring in try await unfinished(connection) {
      var outcome = Outcome(partition: retiring.name, text: "")
      do { outcome.text = try await retire(retiring, connection, archive) } catch let error as PostgresError
        where error.kind == .server
      {
        outcome.failure = error.message + (error.detail.map { ": \($0)" } ?? "")
      } catch let error as PartitionError { outcome.failure = error.description }
      report(outcome)
      outcomes.append(outcome)
    }
    try await connection.query("SELECT pg_advisory_unlock($1::int, 2)", [String(0x64_6274)])
    return outcomes
  }

  /// The tables that were detached and left where they are.
  ///
  /// - Returns: nothing where the role may not read what is remembered.
  static func detached(_ connection: Connection) async throws -> Set<FactID> {
    guard try await History.mayRead("retired", connection) else { return [] }
    return Set(
      try await connection.query(
        """
        SELECT n.nspname, c.relname
          FROM dbtool.retired r JOIN pg_catalog.pg_class c ON c.oid = r.partition_oid::oid AND c.relname = r.partition_name
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE r.finished_at IS NOT NULL AND r.action IN ('stay', 'detach')
        """
      ).map { FactID(.table, schema: try $0.string(0), name: try $0.string(1)) })
  }

  /// A partition on its way out.
  struct Retiring: Sendable {
    var oid: Int
    var parent: String
    var schema: String
    var relation: String
    var action: Window.Retirement
    var bound: String
    /// As SQL names it.
    var name: String { Quote.qualified(schema, relation) }
  }

  private func unfinished(_ connection: Connection) async throws -> [Retiring] {
    try await connection.query(
      """
      SELECT r.partition_oid, r.parent, n.nspname, c.relname, r.action, r.bound
        FROM dbtool.retired r JOIN pg_catalog.pg_class c ON c.oid = r.partition_oid::oid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE r.finished_at IS NULL AND c.relname = r.partition_name ORDER BY r.started_at, c.relname
      """
    ).map { row in
      var row = row.reader
      return Retiring(
        oid: try row.int(), parent: try row.string(), schema: try row.string(), relation: try row.string(),
        action: Window.Retirement(rawValue: try row.string()) ?? .detach, bound: try row.string())
    }
  }

  private func retire(_ retiring: Retiring, _ connection: Connection, _ archive: String?) async throws -> String {
    if retiring.action == .archive, archive == nil { throw PartitionError.noArchive }
    try await detach(retiring, connection)
    switch retiring.action {
    case .stay, .detach:
      try await connection.query(Self.finished, [String(retiring.oid)])
      return "detached"
    case .drop:
      try await drop(retiring, connection)
      return "dropped"
    case .archive:
      guard let archive else { throw PartitionError.noArchive }
      return try await PartitionArchive(folder: archive).store(retiring, connection)
    }
  }

  static let finished = "UPDATE dbtool.retired SET finished_at = now() WHERE partition_oid = $1::bigint"

  private func detach(_ retiring: Retiring, _ connection: Connection) async throws {
    let state = try await connection.query(
      """
      SELECT i.inhdetachpending, EXISTS (SELECT FROM pg_catalog.pg_partitioned_table p
                                          WHERE p.partrelid = i.inhparent AND p.partdefid <> 0)
        FROM pg_catalog.pg_inherits i WHERE i.inhrelid = $1::bigint::oid
      """, [String(retiring.oid)])
    guard var row = state.first?.reader else { return }
    let alter = "ALTER TABLE \(retiring.parent) DETACH PARTITION \(retiring.name)"
    if try row.bool() {
      try await waiting(alter + " FINALIZE", connection)
    } else if try row.bool() {
      // Not concurrently, where there is a default partition: so it waits for its lock only shortly.
      try await Patience.retry { _ in
        try await connection.transaction { connection in
          try await connection.execute("SET LOCAL lock_timeout = '1s'")
          try await connection.query(alter)
        }
      }
    } else {
      try await waiting(alter + " CONCURRENTLY", connection)
    }
  }

  private func waiting(_ statement: String, _ connection: Connection) async throws {
    try await connection.execute("SET statement_timeout = '\(Self.patience)'")
    let result = await connection.outcome(of: statement)
    try await connection.execute("RESET statement_timeout")
    if case .failure(let error) = result { throw error }
  }

  private func drop(_ retiring: Retiring, _ connection: Connection) async throws {
    try await Patience.retry { _ in
      try await connection.transaction { connection in
        try await connection.execute("SET LOCAL lock_timeout = '1s'")
        try await connection.query("DROP TABLE \(retiring.name)")
        try await connection.query(Self.finished, [String(retiring.oid)])
      }
    }
  }
}

extension Connection {
  /// Runs a statement, whatever becomes of it.
  fileprivate func outcome(of statement: String) async -> Result<Void, any Error> {
    do {
      try await query(statement)
      return .success(())
    } catch { return .failure(error) }
  }
}
