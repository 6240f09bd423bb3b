internal import ArgumentParser
internal import Catalog
internal import Escaping
internal import FoundationEssentials
internal import Migrations
internal import Operations
internal import Postgres
internal import SchemaDSL

struct PartitionsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "partitions",
    abstract: "Keep the partitions that declared windows want.",
    discussion: """
      plan says what would be created and retired; apply does it; status lists what there is. Clients are not blocked: a \
      partition is made apart and attached empty, and detached concurrently. What is to be created is created first, and \
      whatever becomes of one partition, the others are seen to. Safe to run again, and when two run at once. archives lists \
      what was archived; restore makes a table of it again.
      """,
    subcommands: [Plan.self, Apply.self, Status.self, Archives.self, Restore.self], defaultSubcommand: Apply.self)

  /// What all of them need.
  struct Options: ParsableArguments {
    @Option(help: "How to print: text or json.")
    var format: OutputFormat = .text

    @OptionGroup var databaseOptions: DatabaseOptions
    @OptionGroup var projectOptions: ProjectOptions

    func with<Result: Sendable>(
      _ body: @Sendable (PartitionManager, Connection) async throws -> Result
    ) async throws -> Result {
      let project = try projectOptions.project(.migrations)
      let (_, lock) = try verifiedFiles(project)
      let rendering = Rendering(Context.database)
      let manager = PartitionManager(
        catalog: lock.catalog, declarations: rendering.overlay,
        of: Set(rendering.statements.map(\.object).filter { $0.kind == .table }))
      let (target, _) = try await databaseOptions.resolve(project)
      return try await Connection.with(target, applicationName: "dbtool partitions") { connection in
        let marks = try await DatabaseMarks(connection)
        try marks.verify(target, project: project.databaseName)
        try PartitionsCommand.refuseOtherClock(marks.environment)
        return try await body(manager, connection)
      }
    }
  }

  /// Tells of a rehearsal's clock, and refuses it for a database whose rows count: somebody may have forgotten that the variable
  /// is set.
  private static func refuseOtherClock(_ environment: EnvironmentMark?) throws {
    guard let moment = SessionSettings.rehearsal else { return }
    if let environment, !environment.isDisposable {
      throw ToolError(
        "DBTOOL_NOW is set (\(VisibleText.line(moment))), and this database is marked as \(environment.shown): its partitions are "
          + "created and retired by its own clock. Unset DBTOOL_NOW, or rehearse on a database marked as development or test."
      )
    }
    Console.error.note("DBTOOL_NOW is set: \(VisibleText.line(moment)) is taken for the present")
  }

  struct Plan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Say what would be created and retired. Exit 2 when there is something to do.")
    @OptionGroup var options: Options

    struct Line: Encodable {
      var action: String
      var table: String
      var partition: String
      var bound: String
    }

    func run() async throws {
      try await reporting {
        let lines = try await options.with { manager, connection in
          let missing = try await manager.missing(connection).map {
            Line(action: "create", table: $0.table.sqlName, partition: $0.partition, bound: $0.bound)
          }
          return try await missing
            + manager.expired(connection).map {
              Line(
                action: $0.action, table: $0.table.sqlName, partition: $0.partition.name,
                bound: $0.bound + ($0.isPending ? ", half detached" : ""))
            }
            + manager.begun(connection).map {
              Line(action: "finish", table: $0.parent, partition: $0.relation, bound: $0.bound)
            }
        }
        let console = Console.output
        if options.format == .json {
          console.emit(try JSON.text(lines) + "\n")
        } else {
          if lines.isEmpty { console.line("nothing to do") }
          var table = TextTable()
          for line in lines { table.add(line.action, line.partition, "of \(line.table)", line.bound) }
          table.print(to: console)
        }
        if !lines.isEmpty { throw ExitCode(2) }
      }
    }
  }

  struct Apply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Create what the windows need, then retire what they no longer keep.")
    @OptionGroup var options: Options

    @Option(
      help: ArgumentHelp(
        "The folder for partitions that are to be archived; made where it is missing.",
        discussion: """
          Each becomes a file of rows and a description of its table, named for database, partition and time. Nothing is \
          overwritten; a partition is dropped only once its archive was read again from the disk.
          """, valueName: "folder"))
    var archiveTo: String?

    @Flag(help: "Create only; retire nothing.")
    var createOnly = false

    struct Line: Encodable {
      var partition: String
      var done: String?
      var failure: String?
    }

    func run() async throws {
      try await reporting {
        let (format, createOnly) = (options.format, createOnly)
        let archive = archiveTo.map { path -> ArchivePlace in { try DiskFolder(path) } }
        let outcomes = try await options.with { manager, connection in
          let report = { (outcome: PartitionManager.Outcome) in
            guard format == .text else { return }
            if let failure = outcome.failure {
              let place = outcome.partition.isEmpty ? "" : "\(outcome.partition): "
              Console.error.failure("\(place)\(lines: failure, continuation: "  ")")
            } else {
              Console.output.line("\(outcome.text): \(outcome.partition)")
            }
          }
          let created = try await manager.create(connection, report)
          return createOnly ? created : try await created + manager.retire(connection, archive: archive, report)
        }
        if format == .json {
          Console.output.emit(
            try JSON.text(
              outcomes.map {
                Line(partition: $0.partition, done: $0.failure == nil ? $0.text : nil, failure: $0.failure)
              }) + "\n")
        } else if outcomes.isEmpty {
          Console.output.line("nothing to do")
        }
        if outcomes.contains(where: { $0.failure != nil }) { throw ExitCode(1) }
      }
    }
  }

  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the windows: their partitions, rows and bytes, and when inserts would start to fail.")
    @OptionGroup var options: Options

    struct Line: Encodable {
      var table: String
      var unit: String
      var timeZone: String
      var ahead: Int
      var keep: Int
      var partitions: Int
      var missing: [String]
      var estimatedRows: Int
      var bytes: Int
      var rowsInDefault: Bool
      var insertsFailFrom: String?
    }

    func run() async throws {
      try await reporting {
        let coverage = try await options.with { try await $0.coverage($1) }
        let console = Console.output
        if options.format == .json {
          let lines = coverage.map {
            Line(
              table: $0.table.sqlName, unit: $0.unit, timeZone: $0.timeZone, ahead: $0.ahead, keep: $0.keep,
              partitions: $0.partitions, missing: $0.missing.map(\.partition), estimatedRows: $0.rows, bytes: $0.bytes,
              rowsInDefault: $0.hasRowsInDefault, insertsFailFrom: $0.insertsFailFrom)
          }
          console.emit(try JSON.text(lines) + "\n")
          return
        }
        if coverage.isEmpty { console.line("no window is declared") }
        var table = TextTable()
        for window in coverage {
          table.add(
            window.table.sqlName,
            "a \(window.unit) each\(window.timeZone == "UTC" ? "" : " in \(window.timeZone)"), \(window.keep) kept, "
              + "\(window.ahead) ahead",
            "\(countText(window.partitions, "partition")), about \(countText(window.rows, "row")), \(sizeText(window.bytes))",
            (window.missing.isEmpty
              ? window.insertsFailFrom.map { "complete until \($0)" }
                ?? (window.partitions == 0 ? "not partitioned yet: dbtool apply" : "a default takes the rest")
              : "missing: \(window.missing.map(\.partition).joined(separator: ", "))")
              + (window.hasRowsInDefault ? "; rows in the default partition" : ""))
        }
        table.print(to: console)
      }
    }
  }
}
