internal import FoundationEssentials
internal import Migrations
package import Postgres

/// Why seeds were not loaded.
package enum SeedError: Error, CustomStringConvertible {
  case noEnvironment(String, known: [String])
  case production(String)
  case badCSVName(String)
  case noTable(path: String, table: String)
  case noHeader(String)
  case transaction(path: String, line: Int)
  case failed(path: String, line: Int?, PostgresError)

  package var description: String {
    switch self {
    case .noEnvironment(let name, let known):
      return "there are no seeds for the environment \(name): seeds/\(name) does not exist. "
        + "Known: \(known.joined(separator: ", "))."
    case .production(let name):
      return "this database is marked as production; it takes the seeds of common and production, not those of \(name)."
    case .badCSVName(let path):
      return "\(path): a CSV file is named for its table, for example 010_webinar.attendees.csv"
    case .noTable(let path, let table): return "\(path): there is no table \(table)"
    case .transaction(let path, let line):
      return
        "\(path), line \(line): a seed file is one transaction, together with its history; take BEGIN and COMMIT out."
    case .noHeader(let path): return "\(path): the first line has to name the columns"
    case .failed(let path, let line, let error):
      return
        "\(path)\(line.map { ", line \($0)" } ?? ""): \(error)\nNothing of this file was kept; files before it are loaded."
    }
  }
}

/// Loads `seeds/common` and `seeds/<environment>`: SQL, and CSV by COPY. A file that did not change since it was loaded is
/// passed over.
package struct SeedRunner: Sendable {
  package struct Outcome: Sendable {
    package var loaded: [(path: String, rows: Int)] = []
    package var unchanged: [String] = []
  }

  private struct File {
    var path: String
    var fullPath: String
    /// What is loaded, with the scale that it depends on.
    var source: SourceText
  }

  private let folder: String
  private let environment: String
  private let scale: Double

  /// - Parameter scale: how much of what can be had in any amount, as `app.scale`; 1 is the usual amount.
  package init(folder: String, environment: String, scale: Double = 1) {
    self.folder = folder
    self.environment = environment
    self.scale = scale
  }

  /// - Throws: `SeedError`, `PostgresError`.
  package func run(_ connection: Connection, _ report: @Sendable (String) -> Void = { _ in }) async throws -> Outcome {
    let files = try self.files()
    try await History.ensure(connection)
    if try await History.setting("environment", connection) == "production", environment != "production" {
      throw SeedError.production(environment)
    }
    let known = try await connection.query(
      "SELECT path, checksum FROM dbtool.seeds WHERE environment = $1", [environment])
    var loaded: [String: String] = [:]
    for row in known { loaded[try row.string(0)] = try row.string(1) }
    var outcome = Outcome()
    for file in files {
      if loaded[file.path].map(file.source.has) ?? false {
        outcome.unchanged.append(file.path)
        continue
      }
      let rows = try await load(file, connection, report)
      outcome.loaded.append((file.path, rows))
      report("\(file.path): \(rows) rows")
    }
    return outcome
  }

  /// The files in order: the common ones first, then by name.
  private func files() throws -> [File] {
    let manager = FileManager.default
    var files: [File] = []
    for part in ["common", environment] {
      guard let names = try? manager.contentsOfDirectory(atPath: "\(folder)/\(part)") else {
        if part == "common" { continue }
        let known = (try? manager.contentsOfDirectory(atPath: folder)) ?? []
        throw SeedError.noEnvironment(environment, known: known.filter { $0 != "common" }.sorted())
      }
      for name in names.sorted() where name.hasSuffix(".sql") || name.hasSuffix(".csv") {
        let full = "\(folder)/\(part)/\(name)"
        guard let data = manager.contents(atPath: full) else {
          throw MigrationError.unreadable("seeds/\(part)/\(name)")
        }
        // What knows of the scale is another file at another scale.
        let text = String(decoding: data, as: UTF8.self)
        files.append(
          File(
            path: "\(part)/\(name)", fullPath: full,
            source: SourceText(scale == 1 || !text.contains(Self.scaleSetting) ? text : text + "\(scale)")))
      }
    }
    return files
  }

  private static let scaleSetting = "app.scale"

  /// One file, one transaction, with its history.
  private func load(_ file: File, _ connection: Connection, _ report: @Sendable (String) -> Void) async throws -> Int {
    try await connection.transaction { connection in
      try await connection.query(
        "SELECT set_config('app.environment', $1, true), set_config($2, $3, true)",
        [environment, Self.scaleSetting, String(scale)])
      let rows =
        file.path.hasSuffix(".csv") ? try await copy(file, connection) : try await script(file, connection, report)
      try await connection.query(
        """
        INSERT INTO dbtool.seeds (path, checksum, environment, rows) VALUES ($1, $2, $3, $4::bigint)
        ON CONFLICT (path, environment) DO UPDATE
          SET checksum = excluded.checksum, rows = excluded.rows, applied_at = now()
        """, [file.path, file.source.digest.description, environment, String(rows)])
      return rows
    }
  }

  /// Reports how far it is every few seconds: seeds for a load test take minutes.
  private func script(_ file: File, _ connection: Connection, _ report: @Sendable (String) -> Void) async throws -> Int
  {
    guard let text = try? String(contentsOfFile: file.fullPath, encoding: .utf8) else {
      throw MigrationError.unreadable(file.path)
    }
    let statements: [ScriptStatement]
    do { statements = try Script.split(SourceText.normalised(text)) } catch let error as ScriptError {
      throw SeedError.failed(path: "seeds/\(file.path)", line: error.line, PostgresError(.server, error.message))
    }
    if let statement = statements.first(where: { Script.transactionCommand($0.sql) != nil }) {
      throw SeedError.transaction(path: "seeds/\(file.path)", line: statement.line)
    }
    var (rows, done) = (0, 0)
    var reported = ContinuousClock.now
    do {
      for try await result in connection.results(of: statements.map { Statement($0.sql) }) {
        rows += result.commandTag.hasPrefix("SELECT") ? 0 : result.affected
        done += 1
        if reported.duration(to: .now) > .seconds(2), done < statements.count {
          report("\(file.path): \(done) of \(statements.count) statements, \(rows) rows so far")
          reported = .now
        }
      }
    } catch let error as PostgresError where error.kind == .server && done < statements.count {
      throw SeedError.failed(path: "seeds/\(file.path)", line: statements[done].line, error)
    }
    return rows
  }

  /// COPY into a table of the same shape, then an upsert by primary key: the same file twice leaves the same rows.
  private func copy(_ file: File, _ connection: Connection) async throws -> Int {
    var name = file.path.split(separator: "/").last.map { String($0.dropLast(4)) } ?? ""
    if let underscore = name.firstIndex(of: "_"), name[..<underscore].allSatisfy(\.isNumber) {
      name = String(name[name.index(after: underscore)...])
    }
    let parts = name.split(separator: ".")
    guard parts.count == 2 else { throw SeedError.badCSVName("seeds/\(file.path)") }
    let table = Quote.qualified(String(parts[0]), String(parts[1]))
    guard let data = FileManager.default.contents(atPath: file.fullPath) else {
      throw MigrationError.unreadable(file.path)
    }
    let header = data.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    guard !header.isEmpty else { throw SeedError.noHeader("seeds/\(file.path)") }
    let columns = String(decoding: header, as: UTF8.self).split(separator: ",").map {
      Quote.identifier(String($0).replacing("\"", with: ""))
    }
    let key = try await connection.query(
      """
      SELECT array_agg(quote_ident(a.attname)) FROM pg_catalog.pg_index i
        JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
       WHERE i.indrelid = to_regclass($1) AND i.indisprimary HAVING to_regclass($1) IS NOT NULL
      """, [table])
    guard let row = key.first else { throw SeedError.noTable(path: "seeds/\(file.path)", table: table) }
    var reader = row.reader
    let keyColumns = try reader.strings()
    let list = columns.joined(separator: ", ")
    do {
      try await connection.execute(
        "CREATE TEMPORARY TABLE dbtool_seed ON COMMIT DROP AS SELECT \(list) FROM \(table) LIMIT 0")
      var rest = data[...]
      let count = try await connection.copy("COPY dbtool_seed (\(list)) FROM STDIN WITH (FORMAT csv, HEADER true)") {
        guard !rest.isEmpty else { return nil }
        let chunk = Array(rest.prefix(1 << 16))
        rest = rest.dropFirst(chunk.count)
        return chunk
      }
      let others = columns.filter { !keyColumns.contains($0) }
      var conflict = ""
      if !keyColumns.isEmpty {
        conflict =
          " ON CONFLICT (\(keyColumns.joined(separator: ", "))) DO "
          + (others.isEmpty
            ? "NOTHING" : "UPDATE SET " + others.map { "\($0) = excluded.\($0)" }.joined(separator: ", "))
      }
      try await connection.execute(
        "INSERT INTO \(table) (\(list)) OVERRIDING SYSTEM VALUE SELECT \(list) FROM dbtool_seed\(conflict); DROP TABLE dbtool_seed"
      )
      return count
    } catch let error as PostgresError where error.kind == .server {
      throw SeedError.failed(path: "seeds/\(file.path)", line: nil, error)
    }
  }
}
