internal import Catalog
internal import Migrations
package import Postgres

/// Partitions that a window no longer keeps: detached beside the clients, and then kept as tables, dropped, or written to
/// files and dropped.
///
/// What is begun is remembered in `dbtool.retired`, by the partition's OID, so that it is ended by the next run, whatever
/// has interrupted this one.
extension PartitionManager {
  /// Retires what is expired, and what an earlier run has begun. Nothing here keeps a partition from being created: do
  /// that first.
  ///
  /// - Parameters:
  ///   - archive: where what is to be archived is written; opened only when there is something.
  ///   - patience: how long a detach waits for transactions that may still see the partition.
  /// - Returns: what was done, and what could not be.
  /// - Throws: `PostgresError` when the database cannot be read.
  package func retire(
    _ connection: Connection, archive: ArchivePlace? = nil, patience: Duration = .seconds(60),
    _ report: (Outcome) -> Void = { _ in }
  ) async throws -> [Outcome] {
    let disputes = disputed.map { table in
      Outcome(
        partition: "", text: "",
        failure: "nothing of \(table.sqlName) was retired: schema.lock and the declarations differ about its window. "
          + "Run dbtool plan, which writes the lock.")
    }
    disputes.forEach(report)
    if try await expired(connection).isEmpty {
      guard try await !unfinished(connection).isEmpty else { return disputes }
    }
    // An apply may be about to change these partitions, or their table.
    do {
      return try await disputes
        + AdvisoryLock.with(connection, .change, for: "partitions apply") { lock in
          try await retire(connection, lock, archive, patience, report)
        }
    } catch ApplyError.busy(let who) {
      let outcome = Outcome(
        partition: "", text: "",
        failure:
          "nothing was retired: another run of dbtool is at work on this database: \(who). Run this again after it.")
      report(outcome)
      return disputes + [outcome]
    }
  }

  private func retire(
    _ connection: Connection, _ lock: AdvisoryLock, _ archive: ArchivePlace?, _ patience: Duration,
    _ report: (Outcome) -> Void
  ) async throws -> [Outcome] {
    try await History.ensure(connection)
    // Only now: another run may have retired them while this one waited for the lock.
    let expired = try await expired(connection)
    try await History.writing(.retired, to: connection) { connection in
      for partition in expired { try await Self.remember(partition, connection) }
    }
    var outcomes: [Outcome] = []
    let begun = try await asWindowsAre(unfinished(connection), connection)
    let known = Set(expired.map(\.oid))
    let claims = try await RememberedPartition.claims(on: begun.map(\.oid).filter { !known.contains($0) }, connection)
    for retiring in begun {
      var outcome = Outcome(partition: retiring.name, text: "")
      var isLost = false
      do {
        if let claim = claims[retiring.oid] { throw claim }
        let retirement = Retirement(retiring: retiring, lock: lock, archive: archive, patience: patience)
        guard let text = try await retirement.run(connection) else { continue }
        outcome.text = text
      } catch let error as PostgresError where error.kind == .server {
        outcome.failure = error.message + (error.detail.map { ": \($0)" } ?? "")
      } catch let error as PartitionError { outcome.failure = error.description } catch let error as ArchiveError {
        outcome.failure = error.description
      } catch let error as ApplyError {
        // Another run may be at it by now.
        outcome.failure = error.description
        isLost = true
      }
      if outcome.failure != nil, let state = try await state(retiring, connection) {
        outcome.failure = (outcome.failure ?? "") + state
      }
      report(outcome)
      outcomes.append(outcome)
      if isLost { break }
    }
    return outcomes
  }

  private static func remember(_ partition: Expired, _ connection: Connection) async throws {
    try await connection.query(
      """
      INSERT INTO dbtool.retired AS r (partition_oid, parent, schema_name, partition_name, action, bound)
      VALUES ($1::bigint, $2, $3, $4, $5, $6)
      -- Another partition may have had this OID; and one that was retired may have been attached again.
      ON CONFLICT (partition_oid) DO UPDATE
        SET parent = excluded.parent, schema_name = excluded.schema_name, partition_name = excluded.partition_name,
            action = excluded.action, bound = excluded.bound, archive = NULL, rows = NULL, checksum = NULL,
            finished_at = NULL,
            started_at = CASE WHEN r.finished_at IS NULL AND r.partition_name = excluded.partition_name
                                   AND r.schema_name = excluded.schema_name AND r.bound = excluded.bound
                              THEN r.started_at ELSE excluded.started_at END
      """,
      [
        String(partition.oid), partition.table.sqlName, partition.partition.schema, partition.partition.name,
        partition.action, partition.bound,
      ])
  }

  /// What became of a partition that could not be retired, for people.
  private func state(_ retiring: Retiring, _ connection: Connection) async throws -> String? {
    let rows = try await connection.query(
      """
      SELECT CASE WHEN i.inhdetachpending THEN 'half detached, with all its rows; the next run goes on'
                  WHEN c.relispartition THEN 'attached as before, with all its rows'
                  ELSE 'a table of its own now, with all its rows' END
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid
       WHERE c.oid = $1::bigint::oid AND c.relname = $2 AND n.nspname = $3
      """, [String(retiring.oid), retiring.relation, retiring.schema])
    return try rows.first.map { " (it is \(try $0.string(0)))" }
  }

  /// The tables that were detached and left where they are.
  ///
  /// - Returns: nothing where the role may not read what is remembered.
  static func detached(_ connection: Connection) async throws -> Set<FactID> {
    let remembered = try await RememberedPartition.all(connection).filter {
      $0.isFinished && ["stay", "detach"].contains($0.action)
    }
    return Set(
      try await remembered.present(connection).filter { $0.name == $0.partition.name }.map {
        FactID(.table, schema: $0.schema, name: $0.name)
      })
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

  /// What an earlier run has begun, and this one would end.
  ///
  /// - Throws: `PostgresError`.
  package func begun(_ connection: Connection) async throws -> [(parent: String, relation: String, bound: String)] {
    let unfinished = try await unfinished(connection)
    if unfinished.isEmpty { return [] }
    let expired = Set(try await expired(connection).map(\.oid))
    let attached = try await attached(connection)
    return unfinished.filter { !expired.contains($0.oid) && !attached.contains($0.oid) }
      .map { ($0.parent, $0.relation, $0.bound) }
  }

  /// What was begun, as the windows are now: they may have been corrected since. What is attached still, and kept now, stays; what
  /// left its table already becomes a table of its own where the window would keep it, and is gone only by the word of today.
  private func asWindowsAre(_ begun: [Retiring], _ connection: Connection) async throws -> [Retiring] {
    guard !begun.isEmpty else { return [] }
    let attached = try await attached(connection)
    let wanted = try await actions(begun, connection)
    let kept = begun.filter { wanted[$0.oid] == nil && attached.contains($0.oid) }
    if !kept.isEmpty {
      try await History.writing(.retired, to: connection) {
        try await $0.query(
          "DELETE FROM dbtool.retired WHERE finished_at IS NULL AND partition_oid = ANY ($1::bigint[])",
          [ArrayText.encode(kept.map { String($0.oid) })])
      }
    }
    var result: [Retiring] = []
    for var retiring in begun where !kept.contains(where: { $0.oid == retiring.oid }) {
      let action = wanted[retiring.oid] ?? .detach
      if action != retiring.action {
        retiring.action = action
        try await History.writing(.retired, to: connection) { [retiring] in
          try await $0.query(
            "UPDATE dbtool.retired SET action = $2 WHERE finished_at IS NULL AND partition_oid = $1::bigint",
            [String(retiring.oid), action.rawValue])
        }
      }
      result.append(retiring)
    }
    return result
  }

  /// Partitions whose detach was not begun.
  private func attached(_ connection: Connection) async throws -> Set<Int> {
    let begun = try await RememberedPartition.all(connection).filter { !$0.isFinished }
    return Set(try await begun.present(connection).filter(\.isAttached).map(\.partition.oid))
  }

  /// What the windows want done with partitions, or what was one; nothing for what they keep.
  private func actions(_ begun: [Retiring], _ connection: Connection) async throws -> [Int: Window.Retirement] {
    let retiring = windows.filter { window in
      window.retirement != .stay && !disputed.contains(window.table)
        && begun.contains { $0.parent == window.table.sqlName }
    }
    guard !retiring.isEmpty else { return [:] }
    let types = try await connection.pipeline(retiring.map { Statement(Window.keyType, [$0.table.sqlName]) })
    var questions: [(window: Window, begun: [Retiring], statement: Statement)] = []
    for (window, answer) in zip(retiring, types) {
      guard let type = try answer.get().first?.optionalString(0) else { continue }
      let bounded = begun.filter { $0.parent == window.table.sqlName }.compactMap { part in
        BoundRange(part.bound).map { (part, $0.high) }
      }
      questions.append(
        (
          window, bounded.map(\.0),
          Statement(Window.expired(type), window.parameters + [ArrayText.encode(bounded.map(\.1))])
        ))
    }
    var actions: [Int: Window.Retirement] = [:]
    let answers = try await connection.pipeline([Self.settings] + questions.map(\.statement)).dropFirst()
    for (question, answer) in zip(questions, answers) {
      for row in try answer.get() { actions[question.begun[try row.int(0) - 1].oid] = question.window.retirement }
    }
    return actions
  }

  /// - Returns: nothing where the role may not read what is remembered.
  private func unfinished(_ connection: Connection) async throws -> [Retiring] {
    let begun = try await RememberedPartition.all(connection).filter { !$0.isFinished }
    return try await begun.present(connection).filter {
      $0.name == $0.partition.name && $0.schema == $0.partition.schema
    }
    .sorted { ($0.partition.startedAt, $0.name) < ($1.partition.startedAt, $1.name) }
    .map { found in
      Retiring(
        oid: found.partition.oid, parent: found.partition.parent, schema: found.schema, relation: found.name,
        action: Window.Retirement(rawValue: found.partition.action) ?? .detach, bound: found.partition.bound)
    }
  }
}
