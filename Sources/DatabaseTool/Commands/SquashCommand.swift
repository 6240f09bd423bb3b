internal import ArgumentParser
internal import Catalog
internal import Escaping
internal import Migrations
internal import Postgres

struct SquashCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "squash",
    abstract: "Make one proved baseline of old migrations.",
    discussion: """
      The migrations before a version become one, planned anew from what they lead to. It is proved: with what comes after it, it \
      leads to the same, fact for fact. A database that has all of them takes it for applied at its next dbtool apply; one that has \
      only some is refused, and needs the others first.

      Rows that the migrations leave in a fresh database, and positions of sequences, would be lost: such migrations are refused, \
      unless --keep-data has them written into the baseline, as they are on the scratch server. Migrations that change what belongs \
      to others (a trigger of auth.users) stay as they are: squash what comes before them.
      """)

  @Option(help: ArgumentHelp("The first migration that stays.", valueName: "version"))
  var before: String

  @Option(help: ArgumentHelp("The baseline's name.", valueName: "name"))
  var name = "baseline"

  @Flag(help: "Write the rows that the migrations leave into the baseline.")
  var keepData = false

  @Flag(help: "Show what would be done; write nothing.")
  var dryRun = false

  @OptionGroup var project: ProjectOptions

  func validate() throws {
    guard MigrationFile.isName(name) else {
      throw ValidationError(migrationName: "baseline")
    }
    guard before.count == 14, before.allSatisfy(\.isNumber) else {
      throw ValidationError("--before takes a version: the 14 digits that a migration's name begins with.")
    }
  }

  func run() async throws {
    try await reporting {
      let project = try project.project(.migrations)
      let gate = try await project.holdFiles()
      defer { _ = gate }
      let (files, lock) = try verifiedFiles(project)
      let workflow = SquashWorkflow(
        project: project, old: files.filter { $0.version < before }, rest: files.filter { $0.version >= before },
        lock: lock.catalog, name: name, keepsData: keepData)
      let baseline = try await workflow.baseline()
      let console = Console.output
      console.line(
        "\(countText(workflow.old.count, "migration")) \(workflow.old.count == 1 ? "becomes" : "become") \(baseline.fileName)"
      )
      console.line("proved: with the \(workflow.rest.count) after it, it leads to what they all lead to")
      if dryRun { return }
      try workflow.write(baseline)
      console.line("next: dbtool apply, where they were applied")
    }
  }
}
