internal import ArgumentParser
internal import Catalog
internal import Escaping
internal import FoundationEssentials
internal import Migrations
internal import Operations
internal import Postgres

/// Refuses to change what is not what the migrations before have made: whoever wrote and proved a migration has not seen that.
struct ApplyDriftCheck {
  let project: Project
  let target: ConnectionTarget
  let files: [MigrationFile]
  let lock: Catalog

  /// - Throws: exit code 3 when there is drift in what is pending touches.
  func refuse(_ agenda: Applier.Agenda, _ connection: Connection) async throws {
    guard !agenda.pending.isEmpty else { return }
    let states = States(database: project.database)
    let check = TouchedDrift(states: states, files: files, lock: lock)
    let findings: [DriftFinding]
    do { findings = try await check.findings(agenda.pending, connection) } catch let error
      where !Self.isOfDatabase(error)
    {
      // This machine need not have a PostgreSQL, nor all that is installed there; then nobody has looked.
      throw ToolError(
        "whether somebody has changed what the pending migrations touch could not be looked for: \(error)\n"
          + "Nothing was applied. To apply without looking, pass --allow-drift.")
    }
    var report = DriftReport(findings: findings, notes: [], unmodeled: [])
    report.waive(by: try DriftCommand.waivers(project), today: UTCTime.day(Date()))
    guard report.hasFindings() else { return }
    let output = DriftOutput(
      results: [DriftOutput.Result(target: target, outcome: .success(report))], threshold: .warning,
      sources: SourceFiles(root: project.root))
    try output.write(.text, to: Console.error)
    Console.error.failure(
      "refused: objects that the pending migrations change have drifted, see above; nothing was applied. "
        + "Bring them back (dbtool drift --fix prints the way), declare them (dbtool drift --accept), or pass --allow-drift "
        + "to overwrite them.")
    throw ExitCode(3)
  }

  /// Whether the live database, or a person, is the cause.
  private static func isOfDatabase(_ error: any Error) -> Bool {
    switch error {
    case let error as PostgresError: error.kind == .connection
    case is CancellationError, is ApplyError: true
    default: false
    }
  }
}
