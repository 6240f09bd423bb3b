internal import ArgumentParser
internal import Escaping
internal import FoundationEssentials
internal import Migrations
internal import Postgres
internal import SchemaDSL

/// Where the project is.
struct ProjectOptions: ParsableArguments {
  @Option(
    name: .customLong("project"),
    help: ArgumentHelp(
      "The project's folder.",
      discussion: "It holds migrations/, seeds/ and schema.lock. Default: the nearest folder above with one of them.",
      valueName: "folder"))
  var folder: String?

  /// What a command needs of a project's folder.
  enum Need {
    /// Nothing of what is in it.
    case folder
    /// That it is this program's, if it is anybody's.
    case declarations
    /// The same, and migrations, or a place for them.
    case migrations
  }

  /// The project, in which there is what is needed.
  ///
  /// - Throws: `ToolError`, `ProjectError`.
  func project(_ need: Need = .declarations) throws -> Project {
    let project = try found()
    if need == .folder { return project }
    try project.verifyDatabase()
    if need == .migrations { try project.verifyMigrations() }
    return project
  }

  private func found() throws -> Project {
    let manager = FileManager.default
    if let folder {
      guard manager.fileExists(atPath: folder) else { throw ToolError("the folder \(folder) does not exist") }
      return Project(database: Context.database, root: absolute(folder))
    }
    var candidate = manager.currentDirectoryPath
    while true {
      if ["schema.lock", "migrations", "Package.swift"].contains(where: {
        manager.fileExists(atPath: "\(candidate)/\($0)")
      }) {
        return Project(database: Context.database, root: candidate)
      }
      guard let slash = candidate.lastIndex(of: "/"), candidate != "/" else { break }
      candidate = slash == candidate.startIndex ? "/" : String(candidate[..<slash])
    }
    return Project(database: Context.database, root: manager.currentDirectoryPath)
  }

  private func absolute(_ path: String) -> String {
    var path = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    // As completion leaves it; what is made of it is compared with other paths.
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }
}

/// Which database a command works on.
struct DatabaseOptions: ParsableArguments {
  static let discussion = """
    Default: DATABASE_URL, or else the project's embedded PostgreSQL. Keep passwords out of it: use ~/.pgpass, \
    PGPASSWORD or a service file.
    """

  @Option(
    help: ArgumentHelp(
      "The database, as a libpq connection string or URL.", discussion: Self.discussion, valueName: "url"))
  var database: String?

  /// The database, and whether it is the project's own embedded one, which is started.
  func resolve(_ project: Project) async throws -> (target: ConnectionTarget, isEmbedded: Bool) {
    let given = database ?? ProcessInfo.processInfo.environment["DATABASE_URL"].flatMap { $0.isEmpty ? nil : $0 }
    if let given { return (try await ConnectionTarget(given).onOneServer(), false) }
    let server = try project.server()
    if server.isReady { return (server.target.pinned, true) }
    if !server.isRunning { Console.error.note("starting the embedded PostgreSQL \(try server.installation().version)") }
    try await server.start()
    try await project.prepare(server)
    return (server.target.pinned, true)
  }
}

/// Which databases a command works on.
struct DatabasesOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A database, as a libpq connection string or URL. May be repeated.", discussion: DatabaseOptions.discussion,
      valueName: "url"))
  var database: [String] = []

  /// The databases; one where none was named.
  func resolve(_ project: Project) async throws -> [ConnectionTarget] {
    guard database.isEmpty else { return try database.map { try ConnectionTarget($0) } }
    var options = DatabaseOptions()
    options.database = nil
    return [try await options.resolve(project).target]
  }
}

/// Whether what others wrote is loaded where the operating system does not confine it.
struct SourceOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Load what others wrote even where the operating system cannot confine the scratch server.",
      discussion: "Needed on systems without Landlock only."))
  var trustSource = false

  /// Runs work on the project's own that may load what others wrote on the way.
  func vouching(_ body: () async throws -> Void) async throws {
    guard trustSource else { return try await body() }
    try await SourceTrust.$current.withValue(.vouchedFor) { try await body() }
  }

  /// Runs work that loads what others wrote.
  func loading(_ body: () async throws -> Void) async throws {
    try await SourceTrust.$current.withValue(trustSource ? .vouchedFor : .others) { try await body() }
  }
}

/// Reads the name of an environment.
///
/// - Throws: `ValidationError` for what is none.
func environmentMark(_ name: String, option: String = "--environment") throws -> EnvironmentMark {
  guard let mark = EnvironmentMark(name) else {
    throw ValidationError(
      "\(option) takes a name with letters, digits, _, - and . that begins with a letter or a digit, for example staging."
    )
  }
  return mark
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable { case text, json }

/// A refusal with nothing more to it than its sentence.
struct ToolError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

extension ValidationError {
  /// What a migration may be called.
  init(migrationName example: String) {
    self.init(
      "A migration's name has letters, digits, _ and - (at most \(MigrationFile.longestName)), for example \(example).")
  }
}

/// Runs a command's work: errors become one clear text on standard error, and exit code 1. What a scratch server has left out
/// is told in one line, however much it was.
func reporting(_ body: () async throws -> Void) async throws {
  let journal = LeftOutJournal()
  func tell() { if let summary = journal.summary { Console.error.note("note: \(summary)") } }
  do {
    try await LeftOutJournal.$current.withValue(journal) { try await body() }
    tell()
  } catch let code as ExitCode {
    tell()
    throw code
  } catch {
    tell()
    Console.error.failure(error)
    throw ExitCode(1)
  }
}

/// The same for a command of the project's own that compares it with a live database on the way.
func reporting(comparing source: SourceOptions, _ body: () async throws -> Void) async throws {
  try await reporting { try await source.vouching(body) }
}

/// The same for a command that loads what others wrote.
func reporting(loading source: SourceOptions, _ body: () async throws -> Void) async throws {
  try await reporting { try await source.loading(body) }
}
