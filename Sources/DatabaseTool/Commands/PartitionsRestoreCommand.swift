internal import ArgumentParser
internal import Catalog
internal import Escaping
internal import FoundationEssentials
internal import Migrations
internal import Operations
internal import Postgres

extension PartitionsCommand {
  struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a table of an archived partition.",
      discussion: """
        Compares the rows with their description, makes a table with the columns, defaults and constraints that its \
        partitioned table has today, loads the rows in one transaction, reads them again, and compares. Nobody but its \
        owner may use the new table. An archive may come from anywhere: nothing that stands in it is run as SQL.
        """)

    @Argument(help: ArgumentHelp("One of the archive's two files.", valueName: "archive"))
    var archive: String

    @Option(help: ArgumentHelp("The new table. Default: the partition's own name.", valueName: "schema.name"))
    var into: String?

    @Flag(help: "Attach it to its table again. Its window may retire it again at the next dbtool partitions apply.")
    var attach = false

    @Flag(
      help: ArgumentHelp(
        "Make the table as it was when it was archived, without defaults and constraints.",
        discussion:
          "For a table that is gone, or has other columns today. Columns that PostgreSQL generated are left out."))
    var asArchived = false

    @OptionGroup var databaseOptions: DatabaseOptions
    @OptionGroup var projectOptions: ProjectOptions

    func validate() throws {
      if attach, asArchived {
        throw ValidationError("--as-archived makes a table that may be unlike the one that --attach means.")
      }
    }

    func run() async throws {
      try await reporting {
        let file = URL(filePath: archive)
        let folder = try DiskFolder(file.deletingLastPathComponent().path, isWritten: false)
        let restore = try PartitionRestore(folder, file.lastPathComponent)
        // Before a server is asked, or started.
        try restore.verify()
        let project = try projectOptions.project()
        let (target, _) = try await databaseOptions.resolve(project)
        let (into, attach, asArchived) = (into, attach, asArchived)
        try await Connection.with(target, applicationName: "dbtool partitions") { connection in
          try await DatabaseMarks(connection).verify(target, project: project.databaseName)
          let outcome = try await restore.run(connection, into: into, attach: attach, asArchived: asArchived)
          let isExpired = attach ? try await isExpired(outcome, project, connection) : nil
          tell(outcome, isExpired, restore.description)
        }
      }
    }

    /// - Returns: nil where the project declares no window of its table, or none at all.
    private func isExpired(
      _ outcome: PartitionRestore.Outcome, _ project: Project, _ connection: Connection
    ) async throws -> Bool? {
      guard let (_, lock) = try? verifiedFiles(project) else { return nil }
      return try await PartitionManager(catalog: lock.catalog).expired(connection).contains {
        $0.partition == outcome.id
      }
    }

    private func tell(_ outcome: PartitionRestore.Outcome, _ isExpired: Bool?, _ archive: ArchiveDescription) {
      let console = Console.output
      let (table, parent) = (VisibleText.line(outcome.table), VisibleText.line(archive.parentName))
      console.line(
        "restored \(countText(outcome.rows, "row")) as \(table)"
          + (outcome.isAttached ? ", a partition of \(parent) \(VisibleText.line(archive.bound))" : ""))
      if !outcome.isRemembered {
        let origin = VisibleText.line(archive.server.database)
        console.note("This database does not remember having written this archive; its description says \(origin).")
      }
      if outcome.isAttached {
        if isExpired == true {
          console.warning(
            "its window does not keep it: the next dbtool partitions apply retires it again. Have the window keep more, or "
              + "pass --create-only, for as long as it is needed.")
        } else if isExpired == nil {
          console.note(
            "Where a window keeps \(parent), the next dbtool partitions apply may retire it again.")
        }
        return
      }
      console.line(
        """
        Next: read it where it is (its owner may; GRANT SELECT ON \(table) for others),
        copy rows from it: INSERT INTO \(parent) SELECT … FROM \(table) (a default partition or one of
        their time has to be there), or DROP TABLE \(table) and restore with --attach. The archive stays.
        """)
    }
  }

  struct Archives: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the archives in a folder.",
      discussion: "With --verify every file is read and compared with its description: exit 1 when one differs.")

    @Argument(help: ArgumentHelp("The folder.", valueName: "folder"))
    var folder: String

    @Flag(help: "Read the rows too, and compare.")
    var verify = false

    @Option(help: "How to print: text or json.")
    var format: OutputFormat = .text

    struct Line: Encodable {
      var file: String
      var table: String?
      var partition: String?
      var bound: String?
      var database: String?
      var retiredAt: String?
      var rows: Int?
      var bytes: Int?
      var failure: String?
    }

    func run() async throws {
      try await reporting {
        let place = try DiskFolder(folder, isWritten: false)
        let lines = try place.names().filter { $0.hasSuffix(".copy.json") }.map { line(place, $0) }
        let console = Console.output
        if format == .json {
          console.emit(try JSON.text(lines) + "\n")
        } else {
          if lines.isEmpty { console.line("no archives") }
          var table = TextTable()
          for line in lines where line.failure == nil {
            table.add(
              line.file, line.partition ?? "", "of \(line.table ?? "")", line.bound ?? "",
              "\(countText(line.rows ?? 0, "row")), \(sizeText(line.bytes ?? 0)), retired \(line.retiredAt ?? "")")
          }
          table.print(to: console)
          for line in lines { if let failure = line.failure { Console.error.failure("\(lines: failure)") } }
        }
        if lines.contains(where: { $0.failure != nil }) { throw ExitCode(1) }
      }
    }

    private func line(_ place: DiskFolder, _ file: String) -> Line {
      var line = Line(file: VisibleText.line(file))
      do {
        let archive = try PartitionRestore(place, file)
        let description = archive.description
        line.table = VisibleText.line(description.parentName)
        line.partition = VisibleText.line(description.name)
        line.bound = VisibleText.line(description.bound)
        line.database = VisibleText.line(description.server.database)
        line.retiredAt = VisibleText.line(String(description.retiredAt.prefix(10)))
        line.rows = description.rows
        line.bytes = description.bytes
        if verify { try archive.verify() }
      } catch { line.failure = VisibleText.line("\(error)") }
      return line
    }
  }
}
