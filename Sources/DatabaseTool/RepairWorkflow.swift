internal import Catalog
internal import Escaping
internal import Migrations
internal import Operations
internal import Postgres

/// What is wrong with a database's history, and may be put right.
struct RepairWorkflow {
  let project: Project
  let files: [MigrationFile]
  /// Where the files lead.
  let lock: Catalog
  let target: ConnectionTarget
  /// What somebody says.
  var applied: [String] = []
  var reverted: [String] = []

  /// - Throws: `ToolError` where the database is not what the files lead to, or somebody names what there is not.
  func correction() async throws -> History.Correction {
    let entries = try await Connection.with(target) { try await History.entries($0) }
    var correction = History.Correction()
    correction.forgotten = try said(reverted, among: entries.map(\.version), "the history has no migration")
    var rest = entries.filter { !reverted.contains($0.version) }
    let comparison = HistoryComparison(files, rest)
    var taken: Set<String> = []
    for entry in comparison.lines.filter({ $0.state == .notHere }).compactMap(\.entry) {
      guard let file = comparison.moved(entry, besides: taken) else { continue }
      taken.insert(file.version)
      correction.renamed.append((entry.version, file))
    }
    for version in try said(applied, among: files.map(\.version), "there is no file of migration")
    where !taken.contains(version) {
      let entry = rest.first { $0.version == version }
      guard let file = files.first(where: { $0.version == version }) else { continue }
      if let entry, entry.isFinished, file.has(digest: entry.checksum) { continue }
      // The migrations that a squashed one stands for are adopted with it.
      let parts = Set([version] + file.replaced.flatMap(\.versions))
      correction.forgotten += rest.filter { parts.contains($0.version) && $0.version != version }.map(\.version)
      rest.removeAll { parts.contains($0.version) }
      if entry == nil { correction.adopted.append(file) } else { correction.rewritten.append(file) }
    }

    let known = Set(correction.renamed.flatMap { [$0.version, $0.file.version] } + applied)
    let lines = HistoryComparison(files, rest).lines.filter { !known.contains($0.version) }
    let doubtful = lines.filter { [.notHere, .changed].contains($0.state) }
    if !doubtful.isEmpty {
      try await verify(lines, doubtful)
      for line in doubtful {
        if let file = line.file { correction.rewritten.append(file) } else { correction.forgotten.append(line.version) }
      }
    }
    return correction
  }

  /// Versions that were named, each once.
  private func said(_ versions: [String], among known: [String], _ reason: String) throws -> [String] {
    for version in versions where !known.contains(version) {
      throw ToolError("\(reason) \(version); dbtool status lists them")
    }
    return Set(versions).sorted()
  }

  /// That the database is what the files lead to which the history knows, in whatever wording.
  private func verify(_ lines: [HistoryComparison.Line], _ doubtful: [HistoryComparison.Line]) async throws {
    let states = States(database: project.database)
    let pending = Set(lines.filter { $0.state == .pending }.map(\.version))
    let there = files.filter { !pending.contains($0.version) }
    let expected = try await states.catalog(after: there, within: lock)
    let (actual, wanted) = try await Connection.with(target) {
      try await DriftReport.comparands(states: states, expected: expected, $0)
    }
    let differences = CatalogDifference.compare(expected: wanted, actual: actual)
    guard !differences.isEmpty else { return }
    let names = doubtful.map { "\($0.version)_\($0.name)" }.joined(separator: ", ")
    throw ToolError(
      "the history has \(names), which the files have otherwise or not at all, and the database is not what the files lead "
        + "to:" + differences.prefix(10).map { "\n  \($0.kind.rawValue) \($0.id)" }.joined()
        + (differences.count > 10 ? "\n  and \(differences.count - 10) more" : "")
        + "\nNothing was changed. Take the files back from git, or say what is true: --applied, --reverted.")
  }

  /// What the Supabase CLI has applied, of which there has to be a file each.
  func versionsOfSupabase() async throws -> [String] {
    guard let entries = try await Connection.with(target, { try await SupabaseHistory.entries($0) }) else {
      throw ToolError("\(target) has no history of the Supabase CLI (supabase_migrations.schema_migrations)")
    }
    let known = Set(files.map(\.version))
    let missing = entries.filter { !known.contains($0.version) }
    guard missing.isEmpty else {
      throw ToolError(
        "there are no files of \(missing.map { "\($0.version)_\($0.name)" }.joined(separator: ", ")). Copy "
          + "supabase/migrations/*.sql into migrations/ and prove them: dbtool plan --update-lock. Nothing was changed."
      )
    }
    return entries.map(\.version)
  }

  static func text(_ correction: History.Correction) -> [String] {
    correction.renamed.map { "\($0.version) is \($0.file.fileName) now" }
      + correction.rewritten.map { "\($0.fileName): applied, which the history has otherwise" }
      + correction.forgotten.map { "\($0): no longer in the history" }
      + correction.adopted.map { "\($0.fileName): applied" }
  }

  /// What somebody has said may not be so.
  func tellDrift(_ console: Console) async throws {
    if applied.isEmpty, reverted.isEmpty { return }
    let states = States(database: project.database)
    let done = try await Connection.with(target) { HistoryComparison(files, try await History.entries($0)) }.lines
      .filter { [.applied, .appliedInParts].contains($0.state) }.compactMap(\.file)
    let expected = try await states.catalog(after: done, within: lock)
    let count = try await Connection.with(target) { connection in
      let (actual, wanted) = try await DriftReport.comparands(states: states, expected: expected, connection)
      return CatalogDifference.compare(expected: wanted, actual: actual).count
    }
    console.line(
      count == 0
        ? "the database is what its history leads to"
        : "the database differs from what its history leads to: \(countText(count, "difference")); dbtool drift lists them"
    )
  }
}
