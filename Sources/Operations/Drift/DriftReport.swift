package import Catalog
internal import Introspection
package import Migrations
package import Postgres

/// How a live database differs from what the project's migrations lead to.
package struct DriftReport: Sendable {
  package var findings: [DriftFinding]
  /// Things to know about the comparison itself.
  package var notes: [String]
  package var unmodeled: [UnmodeledObject]

  package init(findings: [DriftFinding], notes: [String], unmodeled: [UnmodeledObject]) {
    self.findings = findings
    self.notes = notes
    self.unmodeled = unmodeled
  }

  /// Whether something is found that is at least this bad, and not waived.
  package func hasFindings(from severity: Diagnostic.Severity = .warning) -> Bool {
    findings.contains { $0.waiver == nil && $0.severity >= severity }
  }

  /// Reads a live database in one snapshot, read only, and compares it with what is expected of it.
  ///
  /// - Throws: `PostgresError`.
  package static func make(
    states: States, expected lock: Catalog, _ connection: Connection
  ) async throws -> DriftReport {
    let jobs = lock.facts.keys.filter { $0.kind == .cronJob }
    let manager = PartitionManager(catalog: lock)
    let (live, seen) = try await states.reader.read(connection) { connection in
      Observations(
        jobs: try await Self.jobs(connection),
        missing: try await manager.missing(connection), faults: try await manager.faults(connection),
        failingJobs: try await PartitionManager.failingJobs(jobs.map(\.name), connection),
        server: try await ServerFindings.make(lock, excluding: states.reader.excludedSchemas, connection),
        detached: try await PartitionManager.detached(connection))
    }
    var findings = seen.server
    if seen.jobs != .readable, !jobs.isEmpty {
      let reason = seen.jobs == .absent ? "pg_cron is not installed there" : "this role cannot see the jobs of pg_cron"
      findings.append(
        DriftFinding(
          .note, code: seen.jobs == .absent ? "no-pg-cron" : "unreadable-jobs", "extension pg_cron",
          "\(reason): \(jobs.count) declared job\(jobs.count == 1 ? " is" : "s are") not checked"))
    }
    let retired = retired(in: live, lock, seen.detached)
    let compared = try await sides(states, live, lock, retired, hasJobs: seen.jobs == .readable)
    let differences = CatalogDifference.compare(expected: compared.expected, actual: compared.actual)
    // A window whose table is missing is told once.
    let missing = seen.missing.filter { live.contains($0.table) }.map(missingPartition)
    let faults = (seen.faults + seen.failingJobs).map(\.finding)
    findings =
      differences.map { finding($0, compared.expected, compared.actual) } + missing + faults + findings
    for (table, parts) in Dictionary(grouping: retired, by: \.value).sorted(by: { $0.key < $1.key }) {
      let names = parts.map(\.key.sqlName).sorted().joined(separator: ", ")
      findings.append(
        DriftFinding(
          .note, code: "retired-partition", "\(table)",
          "once partitions of \(table.sqlName), now tables of their own: \(names)",
          subject: table))
    }
    for index in findings.indices {
      findings[index].location = findings[index].subject.flatMap { states.location(of: $0) }
    }
    return DriftReport(
      findings: findings, notes: await states.takeFailedComparisons(), unmodeled: live.unmodeled)
  }

  /// What a database is and what it should be, without what is nobody's to compare.
  ///
  /// - Throws: `PostgresError`.
  package static func comparands(
    states: States, expected lock: Catalog, _ connection: Connection
  ) async throws -> (actual: Catalog, expected: Catalog) {
    let (live, (jobs, detached)) = try await states.reader.read(connection) {
      (try await Self.jobs($0), try await PartitionManager.detached($0))
    }
    return try await sides(states, live, lock, retired(in: live, lock, detached), hasJobs: jobs == .readable)
  }

  private static func sides(
    _ states: States, _ live: Catalog, _ lock: Catalog, _ retired: [FactID: FactID], hasJobs: Bool
  ) async throws -> (actual: Catalog, expected: Catalog) {
    let windows = lock.windows
    let expected = lock.withoutWindowPartitions(of: windows).removing { $0.id.kind == .cronJob && !hasJobs }
    // Roles are the server's, and hosting platforms have settings of their own; only those that the project declares are
    // its business.
    let actual = live.withoutWindowPartitions(of: windows).removing {
      [.role, .setting].contains($0.id.kind) && !expected.contains($0.id)
        || retired[$0.id] != nil
    }
    guard CatalogDifference.compare(expected: expected, actual: actual).contains(where: \.concernsExpressions) else {
      return (actual.notNullAsKnown(to: expected), expected.notNullAsKnown(to: actual))
    }
    // The same expression in other words is no drift; PostgreSQL says whether it is. The live database's are others'.
    return try await SourceTrust.withOthers { try await states.reconciled(actual, expected) }
  }

  /// The tables that were partitions until a window made tables of their own of them, and that are to stay.
  ///
  /// - Parameter detached: those that dbtool remembers; what the database's own functions detach is known by its name.
  private static func retired(
    in live: Catalog, _ expected: Catalog, _ detached: Set<FactID>
  ) -> [FactID: FactID] {
    let windows = expected.windows.compactMap { expected[$0].map(Window.init) }
    guard !windows.isEmpty else { return [:] }
    var result: [FactID: FactID] = [:]
    for fact in live.facts.values
    where fact.id.kind == .table && fact.partitionParent == nil && !expected.contains(fact.id) {
      let window = windows.first { ($0.retirement == .detach || detached.contains(fact.id)) && $0.names(fact.id) }
      if let window { result[fact.id] = window.table }
    }
    return result
  }

  /// What drift looks at beside the catalog: jobs, partitions, the server.
  private struct Observations: Sendable {
    var jobs: Jobs
    var missing: [PartitionManager.Slot]
    var faults: [PartitionManager.Fault]
    var failingJobs: [PartitionManager.Fault]
    var server: [DriftFinding]
    var detached: Set<FactID>
  }

  static func finding(
    _ difference: CatalogDifference, _ expected: Catalog, _ actual: Catalog
  ) -> DriftFinding {
    let verdict = DriftVerdict(difference, expected: expected[difference.id], actual: actual[difference.id])
    return DriftFinding(
      verdict.severity, code: verdict.code, "\(difference.id)", "\(difference.kind.rawValue) \(difference.id)",
      subject: difference.id, difference: difference)
  }

  private static func missingPartition(_ slot: PartitionManager.Slot) -> DriftFinding {
    let partition = Quote.qualified(slot.table.schema, slot.partition)
    return DriftFinding(
      .error, code: "missing-partition", "table \(partition)",
      "missing partition \(partition) of \(slot.table.sqlName)", subject: slot.table,
      help: "run dbtool partitions apply")
  }

  /// Whether the jobs of pg_cron can be compared.
  private enum Jobs { case absent, unreadable, readable }

  /// A role that is bound by the policy of `cron.job` sees its own jobs only; one that sees none at all is not whose they are.
  private static func jobs(_ connection: Connection) async throws -> Jobs {
    let row = try await connection.query("SELECT \(CronTable.job.exists), \(CronTable.job.isReadable)")[0]
    guard try row.bool(0) else { return .absent }
    guard try row.bool(1) else { return .unreadable }
    let sees = try await connection.query(
      "SELECT NOT pg_catalog.row_security_active('cron.job') OR EXISTS (SELECT FROM ONLY cron.job)")[0]
    return try sees.bool(0) ? .readable : .unreadable
  }
}
