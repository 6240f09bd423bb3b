internal import ArgumentParser
internal import Catalog
internal import Migrations
internal import Operations
internal import Postgres

struct PartitionsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "partitions",
    abstract: "Create the partitions that declared windows need, and list what there is.",
    discussion: """
      Writers are not blocked: a partition is made apart and attached empty. Safe to run again and when two run at once. \
      Bounds are months in UTC.
      """)

  @Flag(help: "List only; create nothing. Exits with 2 when a partition is missing.")
  var dryRun = false

  @Option(help: "How to print: text or json.")
  var format: OutputFormat = .text

  @OptionGroup var databaseOptions: DatabaseOptions
  @OptionGroup var projectOptions: ProjectOptions

  struct Line: Encodable {
    var table: String
    var unit: String
    var ahead: Int
    var keep: Int
    var partitions: Int
    var missing: [String]
    var estimatedRows: Int
    var bytes: Int
    var insertsFailFrom: String?
  }

  func run() async throws {
    try await reporting {
      let project = try projectOptions.project()
      let (_, lock) = try verifiedFiles(project)
      let manager = PartitionManager(catalog: lock.catalog)
      let console = Console.output
      let (target, _) = try await databaseOptions.resolve(project)
      let coverage = try await Connection.with(target, applicationName: "dbtool partitions") { connection in
        if !dryRun {
          for name in try await manager.create(connection) where format == .text { console.line("created \(name)") }
        }
        return try await manager.coverage(connection)
      }
      print(coverage, console)
      if dryRun, coverage.contains(where: { !$0.missing.isEmpty }) { throw ExitCode(2) }
    }
  }

  private func print(_ coverage: [PartitionManager.Coverage], _ console: Console) {
    if format == .json {
      let lines = coverage.map {
        Line(
          table: $0.table.sqlName, unit: $0.unit, ahead: $0.ahead, keep: $0.keep, partitions: $0.partitions,
          missing: $0.missing.map(\.partition), estimatedRows: $0.rows, bytes: $0.bytes,
          insertsFailFrom: $0.insertsFailFrom)
      }
      if let text = try? JSON.text(lines) { console.line(text) }
      return
    }
    if coverage.isEmpty { console.line("no window is declared") }
    var table = TextTable()
    for window in coverage {
      table.add(
        window.table.sqlName, "a \(window.unit) each, \(window.keep) kept, \(window.ahead) ahead",
        "\(window.partitions) partitions, about \(window.rows) rows, \(sizeText(window.bytes))",
        window.missing.isEmpty
          ? "complete until \(window.insertsFailFrom ?? "-")"
          : "missing: \(window.missing.map(\.partition).joined(separator: ", "))")
    }
    table.print(to: console)
  }
}
