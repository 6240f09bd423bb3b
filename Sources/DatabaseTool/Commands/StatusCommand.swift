internal import ArgumentParser
internal import Catalog
internal import Introspection
internal import Migrations
internal import Operations
internal import Postgres
internal import SchemaDSL

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "List the migrations: applied, half applied, pending, unknown.")

  @Option(help: "How to print: text or json.")
  var format: OutputFormat = .text

  @OptionGroup var databaseOptions: DatabaseOptions
  @OptionGroup var projectOptions: ProjectOptions

  struct Line: Encodable {
    var version: String
    var name: String
    var state: String
    var appliedAt: String?
  }

  func run() async throws {
    try await reporting {
      let project = try projectOptions.project()
      let files = try project.migrations()
      let (target, _) = try await databaseOptions.resolve(project)
      let (entries, environment, activity) = try await Connection.with(target) { connection in
        (
          try await History.entries(connection), try await History.setting("environment", connection),
          try await ApplyActivity.current(connection)
        )
      }
      let lines = lines(files, entries)
      let console = Console.output
      if format == .json {
        console.line(try JSON.text(lines))
        return
      }
      console.line("\(target)\(environment.map { ", environment \($0)" } ?? "")")
      var table = TextTable()
      for line in lines { table.add(line.version, line.state, line.appliedAt.map { "\($0) UTC" } ?? "-", line.name) }
      table.print(to: console)
      let pending = lines.count { $0.state.hasPrefix("pending") || $0.state.hasPrefix("part") }
      if let activity { show(activity, console) }
      let isContract =
        lines.first { $0.state.hasPrefix("pending") || $0.state.hasPrefix("part") }?.state == "pending contract"
      console.line(
        pending == 0
          ? "up to date"
          : isContract
            ? "\(pending) to apply, once every client is ready for it: dbtool apply --contract"
            : "\(pending) to apply: dbtool apply")
    }
  }

  /// What an apply in another terminal is doing.
  private func show(_ activity: ApplyActivity, _ console: Console) {
    console.line("an apply is running" + (activity.age.map { ", in this statement for \($0):" } ?? ""))
    let statement = activity.statement?.split(separator: "\n").filter { !$0.hasPrefix("--") }.prefix(4) ?? []
    for line in statement { console.note("  \(line)") }
    if let progress = activity.progress { console.note("  \(progress)") }
    for blocker in activity.blockers { console.note("  waiting for \(blocker.description)") }
  }

  private func lines(_ files: [MigrationFile], _ entries: [History.Entry]) -> [Line] {
    let byVersion = Dictionary(entries.map { ($0.version, $0) }) { first, _ in first }
    let known = Set(files.map(\.version))
    var lines = files.map { file -> Line in
      guard let entry = byVersion[file.version] else {
        let state = file.isContract ? "pending contract" : "pending"
        return Line(version: file.version, name: file.name, state: state, appliedAt: nil)
      }
      let state =
        entry.checksum != file.digest.description
        ? "changed since" : entry.isFinished ? "applied" : "part \(entry.segmentsDone) of \(entry.segments)"
      return Line(version: file.version, name: file.name, state: state, appliedAt: entry.appliedAt)
    }
    lines += entries.filter { !known.contains($0.version) }.map {
      Line(version: $0.version, name: $0.name, state: "not here", appliedAt: $0.appliedAt)
    }
    return lines.sorted { $0.version < $1.version }
  }
}
