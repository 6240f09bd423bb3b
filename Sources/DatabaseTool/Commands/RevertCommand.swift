internal import ArgumentParser
internal import Catalog
internal import Escaping
internal import Introspection
internal import Migrations
internal import Operations
internal import Planning
internal import Postgres

struct RevertCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revert",
    abstract: "Plan the way back to an earlier version.",
    discussion: """
      Writes a migration that restores the schema of an earlier version. The history keeps every migration. The new one is \
      planned, proved and refused as by dbtool plan. The database must have no drift. Revert the declarations as well (with git); \
      otherwise dbtool plan brings the changes again.
      """)

  @Option(help: ArgumentHelp("The version whose schema to restore, or 0 for an empty one.", valueName: "version"))
  var to: String

  @Option(help: ArgumentHelp("The migration's name. Default: revert_to_<version>.", valueName: "name"))
  var name: String?

  @Flag(help: "Show the plan; write nothing.")
  var dryRun = false

  @Option(
    help: ArgumentHelp(
      "Allow a hazard of one object, for example data-loss:app.tasks.status, or of all in a table or schema (data-loss:app). "
        + "May be repeated.", valueName: "hazard:object"))
  var allow: [AllowedHazard] = []

  @OptionGroup var strategy: StrategyOptions
  @OptionGroup var databaseOptions: DatabaseOptions
  @OptionGroup var projectOptions: ProjectOptions
  @OptionGroup var source: SourceOptions

  func validate() throws {
    if let name, !MigrationFile.isName(name) {
      throw ValidationError(migrationName: "back_to_rooms")
    }
  }

  func run() async throws {
    try await reporting(comparing: source) {
      let project = try projectOptions.project(.migrations)
      let gate = try await project.holdFiles()
      defer { _ = gate }
      let (files, lock) = try verifiedFiles(project)
      guard to == "0" || files.contains(where: { $0.version == to }) else { throw ApplyError.noSuchVersion(to) }
      let states = States(database: project.database)
      try await refuseDrift(project, states, lock.catalog)
      var workflow = PlanWorkflow(project: project, states: states, renames: .off)
      workflow.strategy = strategy.scope
      let target = try await states.catalog(after: files.filter { $0.version <= to }, within: lock.catalog)
      let renames = try RenamedNames(files.filter { $0.version > to }).back(
        Renames.likely(from: lock.catalog, to: target))
      var plan = try await states.plan(from: lock.catalog, to: target, renaming: renames)
      workflow.locate(&plan)
      guard !plan.isEmpty else {
        Console.output.line("nothing to do: the schema is that of version \(to)")
        return
      }
      let proof = try await workflow.prove(
        &plan, on: try await states.replayTemplate(files), from: lock.catalog, to: target)
      var output = PlanOutput(plan: plan, proof: proof)
      let allowed = AllowedHazards(allow, in: plan)
      output.allowed = allowed
      Console.output.write(output.text(Console.output))
      guard proof.holds else { throw ToolError("the plan does not lead there, so it is not written.") }
      if let refusal = allowed.refusal(of: plan) {
        Console.error.failure("\(refusal)")
        throw ExitCode(3)
      }
      if dryRun { return }
      let result = PlanWorkflow.Result(
        plan: plan, proof: proof, source: lock.catalog, target: target, unlisted: [], files: files)
      let written = try workflow.write(result, name: name ?? "revert_to_\(to)")
      Console.output.line(
        "wrote \((written.map { "migrations/\($0)" } + ["schema.lock"]).sentence); next: dbtool apply")
    }
  }

  private func refuseDrift(_ project: Project, _ states: States, _ expected: Catalog) async throws {
    let (target, _) = try await databaseOptions.resolve(project)
    let report = try await Connection.with(target) { connection in
      try await DatabaseMarks.verifyComparable(target, project: project.databaseName, connection)
      return try await DriftReport.make(states: states, expected: expected, connection)
    }
    let differences = report.findings.count { $0.difference != nil }
    guard differences > 0 else { return }
    Console.error.failure(
      "\(target) is not what the migrations lead to (\(countText(differences, "difference")); dbtool drift lists them). Apply what is pending, or bring it back, first."
    )
    throw ExitCode(2)
  }
}
