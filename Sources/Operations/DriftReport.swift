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
  /// Months that a declared window lacks.
  package var missingPartitions: [PartitionManager.Slot]
  /// Things to know that are no drift.
  package var notes: [String]
  package var unmodeled: [UnmodeledObject]

  package var isClean: Bool { findings.isEmpty && missingPartitions.isEmpty }

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
    notes += try await unlikeDeclared(expected, connection)
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
    let missing = try await PartitionManager(catalog: there).missing(connection)
    return DriftReport(findings: findings, missingPartitions: missing, notes: notes, unmodeled: live.unmodeled)
  }

  /// What the server has otherwise than declared, and no migration can change.
  private static func unlikeDeclared(_ expected: Catalog, _ connection: Connection) async throws -> [String] {
    let settings = expected.facts.values.filter { $0.id.kind == .serverSetting }.sorted { $0.id < $1.id }
    let extensions = expected.facts.values.filter { $0.id.kind == .external && !$0.text(.name).isEmpty }
      .sorted { $0.id < $1.id }
    guard !settings.isEmpty || !extensions.isEmpty else { return [] }
    var notes: [String] = []
    // The server takes 256MB and 262144kB for the same; who knows the parameter's unit is pg_settings.
    let rows = try await connection.query(
      """
      SELECT d.name, d.value, current_setting(d.name, true)
        FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS d (name, value, place)
        LEFT JOIN pg_catalog.pg_settings s ON s.name = d.name
       WHERE s.name IS NULL OR NOT coalesce(
               CASE WHEN s.unit LIKE '%B'
                 THEN pg_catalog.pg_size_bytes(d.value) = s.setting::numeric * pg_catalog.pg_size_bytes(
                        CASE WHEN s.unit ~ '^[0-9]' THEN s.unit ELSE '1' || s.unit END) END,
               CASE WHEN s.vartype IN ('integer', 'real') AND s.unit IS NULL THEN d.value::numeric = s.setting::numeric END,
               d.value = current_setting(d.name, true))
       ORDER BY d.place
      """,
      [
        ArrayText.encode(settings.map(\.id.name)), ArrayText.encode(settings.map { $0.text(.text) }),
      ])
    for row in rows {
      let (name, declared) = (try row.string(0), try row.string(1))
      let actual = try row.optionalString(2)
      notes.append(
        actual.map { "the server has \(name) = \($0) where \(declared) is declared (ALTER SYSTEM changes it)" }
          ?? "the server has no setting \(name); \(declared) is declared")
    }
    let there = try await connection.query(
      "SELECT extname FROM pg_catalog.pg_extension WHERE extname = ANY ($1::text[])",
      [ArrayText.encode(extensions.map { $0.text(.name) })])
    let installed = Set(try there.map { try $0.string(0) })
    for fact in extensions where !installed.contains(fact.text(.name)) {
      notes.append("\(fact.text(.name)) is not installed there: \(fact.text(.text)) is skipped")
    }
    return notes
  }

  private static func hasCron(_ connection: Connection) async throws -> Bool {
    try await connection.query("SELECT to_regclass('cron.job') IS NOT NULL")[0].bool(0)
  }
}
