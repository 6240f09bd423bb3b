package import Catalog
package import Migrations
package import Postgres

/// How a live database differs from what the project's migrations lead to.
package struct DriftReport: Sendable {
  package struct Finding: Sendable {
    package var difference: CatalogDifference
    package var location: SourceLocation?
  }

  package var findings: [Finding]
  /// Partitions that a declared window lacks.
  package var missingPartitions: [PartitionManager.Slot]
  /// What is wrong with partitions that windows look after, and with jobs.
  package var faults: [PartitionManager.Fault] = []
  /// Things to know that are no drift.
  package var notes: [String]
  package var unmodeled: [UnmodeledObject]

  package var isClean: Bool { findings.isEmpty && missingPartitions.isEmpty && faults.isEmpty }

  /// Compares a live database, which was read in one snapshot, with what is expected of it.
  ///
  /// - Throws: `PostgresError`.
  package static func make(
    states: States, expected lock: Catalog, live: Catalog, _ connection: Connection
  ) async throws -> DriftReport {
    let windows = lock.windows
    var expected = lock.withoutWindowPartitions(of: windows)
    var notes: [String] = []
    let jobs = expected.facts.keys.filter { $0.kind == .cronJob }
    if !jobs.isEmpty, try await !hasCron(connection) {
      expected = expected.removing { $0.id.kind == .cronJob }
      notes.append(
        "pg_cron is not installed there: \(jobs.count) declared job\(jobs.count == 1 ? " is" : "s are") not checked")
    }
    notes += try await ServerNotes.make(expected, connection)
    // Roles are the server's, and hosting platforms have settings of their own; only those that the project declares are
    // its business.
    let actual = live.withoutWindowPartitions(of: windows).removing {
      [.role, .setting].contains($0.id.kind) && !expected.contains($0.id)
    }
    var differences = CatalogDifference.compare(expected: expected, actual: actual)
    if differences.contains(where: \.concernsExpressions) {
      // The same expression in other words is no drift; PostgreSQL says whether it is.
      let (a, b) = try await states.reconciled(actual, expected)
      differences = CatalogDifference.compare(expected: b, actual: a)
    }
    let findings = differences.map {
      Finding(difference: $0, location: states.location(of: $0.id))
    }
    // A window whose table is missing is told once.
    let there = lock.removing { $0.id.kind == .table && !live.contains($0.id) }
    let manager = PartitionManager(catalog: there)
    let missing = try await manager.missing(connection)
    var report = DriftReport(findings: findings, missingPartitions: missing, notes: notes, unmodeled: live.unmodeled)
    report.faults =
      try await manager.faults(connection)
      + PartitionManager.failingJobs(expected.facts.keys.filter { $0.kind == .cronJob }.map(\.name), connection)
    return report
  }

  private static func hasCron(_ connection: Connection) async throws -> Bool {
    try await connection.query("SELECT to_regclass('cron.job') IS NOT NULL")[0].bool(0)
  }
}
