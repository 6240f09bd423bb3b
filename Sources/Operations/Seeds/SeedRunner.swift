internal import Escaping
internal import FoundationEssentials
internal import Migrations
package import Postgres

/// Loads `seeds/common` and `seeds/<environment>`: SQL, and CSV by COPY. A file that did not change since it was loaded is
/// passed over.
package struct SeedRunner: Sendable {
  package struct Outcome: Sendable {
    package var loaded: [(path: String, rows: Int)] = []
    package var unchanged: [String] = []
  }

  private struct File {
    /// Its folder in `seeds`, and its name.
    var path: String
    /// From the project's folder on: what people call it.
    var shown: String { "seeds/\(path)" }
    var content: SeedSource.Content
  }

  private let root: String
  private let environment: String
  private let scale: Double

  /// - Parameters:
  ///   - root: the project's folder, which holds `seeds`.
  ///   - scale: how much of what can be had in any amount, as `app.scale`; 1 is the usual amount.
  package init(project root: String, environment: String, scale: Double = 1) {
    self.root = root
    self.environment = environment
    self.scale = scale
  }

  /// - Throws: `SeedError` where there are no such seeds, or they lie elsewhere.
  package static func verify(_ environment: String, in root: String) throws {
    _ = try SeedRunner(project: root, environment: environment).paths()
  }

  /// - Throws: `SeedError`, `PostgresError`.
  package func run(_ connection: Connection, _ report: @Sendable (String) -> Void = { _ in }) async throws -> Outcome {
    let (folder, paths) = try self.paths()
    guard let wanted = EnvironmentMark(environment) else { throw SeedError.badEnvironment }
    if let mark = try await DatabaseMarks(connection).environment, !mark.takesSeeds(of: wanted) {
      throw SeedError.otherEnvironment(environment, mark: mark)
    }
    let files = try paths.map { File(path: $0, content: try content("seeds/\($0)")) }
    try await History.ensure(connection)
    // What is common to all environments is loaded once, whichever it was loaded for.
    let known = try await History.rows(of: .seeds, ["path", "checksum", "environment", "applied_at"], connection)
    guard let known else { throw try await History.unreadable(connection) }
    let loaded = Dictionary(
      known.map { (path: $0[0] ?? "", checksum: $0[1] ?? "", isOwn: $0[2] == folder, at: $0[3] ?? "") }
        .filter { $0.isOwn || $0.path.hasPrefix("common/") }
        // Instants as PostgreSQL prints them in UTC are in order as texts are.
        .sorted { ($0.at, $0.isOwn ? 1 : 0) < ($1.at, $1.isOwn ? 1 : 0) }
        .map { ($0.path, $0.checksum) }
    ) { $1 }
    var outcome = Outcome()
    for file in files {
      let digests = [file.content.digest, file.content.digestOfFile].compactMap { $0?.description }
      if let there = loaded[file.path], digests.contains(there) {
        outcome.unchanged.append(file.path)
        continue
      }
      let rows = try await load(file, of: folder, isKnown: loaded[file.path] != nil, connection, report)
      outcome.loaded.append((file.path, rows))
      report("\(file.path): \(countText(rows, "row"))")
    }
    return outcome
  }

  // MARK: Files

  /// The files in order, the common ones first, then by name; and the environment's folder, which may have another of its
  /// names.
  private func paths() throws -> (folder: String, paths: [String]) {
    guard let mark = EnvironmentMark(environment) else { throw SeedError.badEnvironment }
    let there = try names(in: "seeds") ?? []
    guard let folder = ([environment] + mark.names).first(where: there.contains) else {
      throw SeedError.noEnvironment(environment, known: there.filter { $0 != "common" && EnvironmentMark($0) != nil })
    }
    var paths: [String] = []
    for part in folder == "common" ? ["common"] : ["common", folder] {
      for name in try names(in: "seeds/\(part)") ?? []
      where [".sql", ".csv"].contains(where: name.lowercased().hasSuffix) {
        // Neither loaded nor passed over in silence.
        guard name.hasSuffix(".sql") || name.hasSuffix(".csv") else {
          throw SeedError.badEnding("seeds/\(part)/\(name)")
        }
        _ = try SeedSource.resolved("seeds/\(part)/\(name)", in: root)
        paths.append("\(part)/\(name)")
      }
    }
    return (folder, paths)
  }

  /// What a folder holds, by name.
  ///
  /// - Returns: nil when there is none.
  /// - Throws: `SeedError` where it lies elsewhere, is no folder, or cannot be read.
  private func names(in folder: String) throws -> [String]? {
    let manager = FileManager.default
    guard (try? manager.attributesOfItem(atPath: "\(root)/\(folder)")) != nil else { return nil }
    let resolved = try SeedSource.resolved(folder, in: root)
    do { return try manager.contentsOfDirectory(atPath: resolved).sorted() } catch {
      throw SeedError.unreadable(folder, reason: "it is no folder that can be listed")
    }
  }

  private static let scaleSetting = "app.scale"

  private func content(_ path: String) throws -> SeedSource.Content {
    // What knows of the scale is another file at another scale.
    try SeedSource.content(path, in: root, with: scale == 1 ? nil : (Self.scaleSetting, "\(scale)"))
  }

  // MARK: Loading

  /// One file, one transaction, with its history. What it makes of the session ends with it: each begins in the same one, also
  /// when the files before it are passed over.
  private func load(
    _ file: File, of folder: String, isKnown: Bool, _ connection: Connection, _ report: @Sendable (String) -> Void
  ) async throws -> Int {
    do { return try await loadWhole(file, of: folder, isKnown: isKnown, connection, report) } catch let error
      as PostgresError
      where error.kind == .server
    {
      // What was put off until the end: deferred constraints and triggers.
      throw SeedError.failed(path: file.shown, line: nil, error)
    }
  }

  private func loadWhole(
    _ file: File, of folder: String, isKnown: Bool, _ connection: Connection, _ report: @Sendable (String) -> Void
  ) async throws -> Int {
    // What the file says has the session's own settings, and the history dbtool's.
    try await connection.asSession { connection in
      try await connection.transaction { connection in
        try await connection.query(
          "SELECT pg_catalog.set_config('app.environment', $1, true), pg_catalog.set_config($2, $3, true)",
          [folder, Self.scaleSetting, String(scale)])
        let rows: Int
        let late: [String]
        if file.path.hasSuffix(".csv") {
          let csv = try SeedTable(file.shown, in: root)
          rows = try await csv.copy(connection, isKnown: isKnown) { report("\(file.path): \($0)") }
          late = try await connection.pinned { try await SequencePositions.advance(writing: csv.table, $0) }
        } else {
          let statements = try statements(file)
          rows = try await script(statements, of: file, connection, report)
          late = try await connection.pinned {
            try await SequencePositions.advance(by: statements.map(\.sql), $0)
          }
        }
        for line in late { report("\(file.path): \(line)") }
        // The file must not have changed between its digest and its rows.
        guard try content(file.shown).digest == file.content.digest else {
          throw SeedError.changedMeanwhile(file.shown)
        }
        try await History.writing(.seeds, to: connection) { connection in
          try await connection.query(
            """
            INSERT INTO dbtool.seeds (path, checksum, environment, rows) VALUES ($1, $2, $3, $4::bigint)
            ON CONFLICT (path, environment) DO UPDATE
              SET checksum = excluded.checksum, rows = excluded.rows, applied_at = pg_catalog.now()
            """, [file.path, file.content.digest.description, folder, String(rows)])
        }
        try await connection.resetInTransaction()
        return rows
      }
    }
  }

  /// Reports how far it is every few seconds: seeds for a load test take minutes.
  private func script(
    _ statements: [ScriptStatement], of file: File, _ connection: Connection, _ report: @Sendable (String) -> Void
  ) async throws -> Int {
    var (rows, done) = (0, 0)
    var reported = ContinuousClock.now
    do {
      for try await result in connection.results(of: statements.map { Statement($0.sql) }) {
        rows += result.commandTag.hasPrefix("SELECT") ? 0 : result.affected
        done += 1
        if reported.duration(to: .now) > .seconds(2), done < statements.count {
          report("\(file.path): \(done) of \(statements.count) statements, \(countText(rows, "row")) so far")
          reported = .now
        }
      }
    } catch let error as PostgresError where error.kind == .server && done < statements.count {
      throw SeedError.failed(path: file.shown, line: statements[done].line, error)
    }
    return rows
  }

  /// The text as a whole is needed no longer than until it is split.
  private func statements(_ file: File) throws -> [ScriptStatement] {
    let statements: [ScriptStatement]
    do { statements = try Script.split(try text(file)) } catch let error as ScriptError {
      throw SeedError.failed(path: file.shown, line: error.line, PostgresError(.server, error.message))
    }
    if let statement = statements.first(where: { Script.isTransactionCommand($0.sql) }) {
      throw SeedError.transaction(path: file.shown, line: statement.line)
    }
    return statements
  }

  private func text(_ file: File) throws -> String {
    let source = try SeedSource(file.shown, in: root)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(source.size)
    while let piece = try source.next() { bytes += piece }
    // A NUL would end the text for PostgreSQL, and the rest would be passed over.
    guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
      throw SeedError.notText(file.shown)
    }
    return text
  }
}
