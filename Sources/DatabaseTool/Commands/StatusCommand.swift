internal import ArgumentParser
internal import Catalog
internal import Escaping
internal import Introspection
internal import Migrations
internal import Operations
internal import Postgres
internal import SchemaDSL

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "List the migrations, here and in databases: applied, half applied, pending, unknown.")

  @Option(help: "How to print: text or json.")
  var format: OutputFormat = .text

  @OptionGroup var databases: DatabasesOptions
  @OptionGroup var projectOptions: ProjectOptions

  /// A database and what it says of the migrations.
  private struct Remote {
    var target: ConnectionTarget
    var environment: EnvironmentMark?
    var comparison: HistoryComparison
    var activity: ApplyActivity?
  }

  func run() async throws {
    try await reporting {
      let project = try projectOptions.project(.migrations)
      let files = try project.migrations()
      var remotes: [Remote] = []
      var isIncomplete = false
      // What is wrong with the files is told first: a history of other files is no surprise then.
      var areVerified = true
      do {
        let unlisted = try MigrationFile.verify(files, against: try project.lock())
        if !unlisted.isEmpty { Console.error.warning("\(MigrationError.unlisted(files: unlisted.map(\.fileName)))") }
      } catch {
        Console.error.failure(error)
        (areVerified, isIncomplete) = (false, true)
      }
      for target in try await databases.resolve(project) {
        // One that cannot be read does not hide the others.
        do { remotes.append(try await remote(target, project, files)) } catch let error as PostgresError {
          Console.error.failure(error)
          isIncomplete = true
        } catch let error as HistoryError {
          Console.error.failure("\(target): \(error)")
          isIncomplete = true
        } catch let error as MarkError {
          Console.error.failure(error)
          isIncomplete = true
        }
      }
      let console = Console.output
      if format == .json {
        console.emit(try JSON.text(MachineStatus(databases: remotes.map(machine))) + "\n")
        if isIncomplete { throw ExitCode(1) }
        return
      }
      if remotes.isEmpty { throw ExitCode(1) }
      let isOne = remotes.count == 1
      for (index, remote) in remotes.enumerated() {
        console.line("\(isOne ? "" : "\(index + 1): ")\(Self.title(remote))")
      }
      table(files, remotes).print(to: console)
      for (index, remote) in remotes.enumerated() {
        if let activity = remote.activity { show(activity, console) }
        console.line("\(isOne ? "" : "\(index + 1): ")\(summary(remote.comparison, areVerified))")
      }
      if isIncomplete { throw ExitCode(1) }
    }
  }

  private func remote(
    _ target: ConnectionTarget, _ project: Project, _ files: [MigrationFile]
  ) async throws -> Remote {
    try await Connection.with(target) { connection in
      let marks = try await DatabaseMarks(connection)
      // Beside another project's files its history would look like one that needs repair.
      try marks.verify(target, project: project.databaseName)
      return Remote(
        target: target, environment: marks.environment,
        comparison: HistoryComparison(files, try await History.entries(connection)),
        activity: try await ApplyActivity.current(connection))
    }
  }

  private static func title(_ remote: Remote) -> String {
    "\(remote.target)\(remote.environment.map { ", environment \($0.shown)" } ?? "")"
  }

  /// A line for each migration that is here or in a database.
  private func table(_ files: [MigrationFile], _ remotes: [Remote]) -> TextTable {
    let local = Set(files.map(\.version))
    var names = Dictionary(files.map { ($0.version, $0.name) }) { first, _ in first }
    for line in remotes.flatMap(\.comparison.lines) where names[line.version] == nil { names[line.version] = line.name }
    let isOne = remotes.count == 1
    var table = TextTable()
    if !names.isEmpty {
      table.add(["version", "local"] + (isOne ? ["remote", ""] : remotes.indices.map { "\($0 + 1)" }) + ["name"])
    }
    for (version, name) in names.sorted(by: { $0.key < $1.key }) {
      var cells = [version, local.contains(version) ? "here" : "-"]
      for remote in remotes {
        let line = remote.comparison.lines.first { $0.version == version }
        cells.append(line.map(Self.text) ?? "-")
        if isOne { cells.append(line?.entry.map { "\($0.appliedAt) UTC" } ?? "-") }
      }
      table.add(cells + [name])
    }
    return table
  }

  private static func text(_ line: HistoryComparison.Line) -> String {
    switch line.state {
    case .applied: "applied"
    case .appliedInParts: "applied in parts"
    case .partly(let done, let count): "part \(done) of \(count)"
    case .pending: line.file?.isContract == true ? "pending contract" : "pending"
    case .changed: "changed since"
    case .notHere: "not here"
    case .partlyReplaced: "some of its parts"
    }
  }

  private func summary(_ comparison: HistoryComparison, _ areVerified: Bool) -> String {
    guard areVerified else {
      return "the migrations here are not those of schema.lock; nothing can be applied before they are"
    }
    let open = comparison.lines.filter { line in
      if case .partly = line.state { return true }
      return line.state == .pending
    }
    if (try? comparison.verify()) == nil { return "the history is not that of the files: dbtool repair" }
    guard let first = open.first else { return "up to date" }
    return first.state == .pending && first.file?.isContract == true
      ? "\(open.count) to apply, once every client is ready for it: dbtool apply --contract"
      : "\(open.count) to apply: dbtool apply"
  }

  // MARK: JSON

  private struct MachineStatus: Encodable {
    struct Database: Encodable {
      var database: String
      var environment: String?
      var migrations: [Line]
    }
    struct Line: Encodable {
      var version: String
      var name: String
      var local: Bool
      var state: String
      var appliedAt: String?
    }
    var databases: [Database]
  }

  private func machine(_ remote: Remote) -> MachineStatus.Database {
    MachineStatus.Database(
      database: "\(remote.target)", environment: remote.environment.map { "\($0)" },
      migrations: remote.comparison.lines.map {
        MachineStatus.Line(
          version: $0.version, name: $0.name, local: $0.file != nil, state: Self.text($0),
          appliedAt: $0.entry?.appliedAt)
      })
  }

  /// What an apply in another terminal is doing.
  private func show(_ activity: ApplyActivity, _ console: Console) {
    console.line("an apply is running" + (activity.age.map { ", in this statement for \($0):" } ?? ""))
    let statement =
      activity.statement.map { Secrets.hidden(in: Secrets.hidden(inStatement: $0)) }?.split(separator: "\n").filter {
        !$0.hasPrefix("--")
      }.prefix(4)
      ?? []
    for line in statement { console.note("  \(line)") }
    if let progress = activity.progress { console.note("  \(progress)") }
    if let wait = activity.wait { console.note("  waiting for \(Secrets.hidden(in: wait.description))") }
  }
}
