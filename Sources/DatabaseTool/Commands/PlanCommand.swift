internal import ArgumentParser
internal import Escaping
internal import Migrations
internal import Operations
internal import Planning
internal import Postgres

struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Show what the declarations change, prove it, and write it as a migration.",
    discussion: """
      Compares the Swift declarations with schema.lock, orders the steps, runs them on a scratch copy with rows in it, and \
      compares the result with the declarations fact for fact. Without --name nothing is written.

      Steps that lose data are refused (exit 3) unless --allow names what they lose: --allow data-loss:app.tasks.status.
      """)

  @Option(
    help: ArgumentHelp("Write the plan as migrations/<time>_<name>.sql and update schema.lock.", valueName: "name"))
  var name: String?

  @Flag(help: "Exit with 2 when declarations and migrations differ; write nothing. For CI.")
  var check = false

  @Flag(
    help: "Add migrations that were written by hand to schema.lock, with the catalog that they lead to.")
  var updateLock = false

  @Option(
    help: ArgumentHelp(
      "Allow a hazard of one object, for example data-loss:app.tasks.status, or of all in a table or schema (data-loss:app). "
        + "May be repeated.", valueName: "hazard:object"))
  var allow: [AllowedHazard] = []

  @Flag(help: "Print the SQL in full.")
  var sql = false

  @Flag(name: [.short, .long], help: "List comments and grants of new objects too.")
  var verbose = false

  @Option(help: "How to print: text or json.")
  var format: OutputFormat = .text

  @Option(
    help: ArgumentHelp(
      "Tell how large the tables are in this database that hazards are about. Nothing is changed there.",
      valueName: "url"))
  var database: String?

  @Option(
    help: ArgumentHelp(
      "Write down what dbtool apply would do to --database, for dbtool apply <file>: that, or nothing.",
      valueName: "file"))
  var out: String?

  @OptionGroup var strategy: StrategyOptions
  @OptionGroup var renames: RenameOptions
  @OptionGroup var project: ProjectOptions

  func validate() throws {
    if let name, !MigrationFile.isName(name) {
      throw ValidationError(migrationName: "add_rooms")
    }
    if out != nil, database == nil || check {
      throw ValidationError("--out is for a database: say --database, and leave --check out.")
    }
    if check, name != nil || updateLock {
      throw ValidationError("--check writes nothing; leave --name and --update-lock out.")
    }
  }

  func run() async throws {
    try await reporting {
      let project = try project.project()
      let gate = name != nil || updateLock ? try await project.holdFiles() : nil
      defer { _ = gate }
      // Before anything is made of a comparison with somebody else's tables.
      if let target = try database.map({ try ConnectionTarget($0) }) {
        try await Connection.with(target) {
          try await DatabaseMarks.verifyComparable(target, project: project.databaseName, $0)
        }
      }
      var workflow = PlanWorkflow(
        project: project, states: States(database: project.database), renames: check ? .off : renames.mode)
      workflow.strategy = strategy.scope
      let result = try await workflow.run(distrustingLock: updateLock)
      var output = PlanOutput(plan: result.plan, proof: result.proof)
      let allowed = AllowedHazards(allow, in: result.plan)
      output.allowed = allowed
      output.isVerbose = verbose
      output.estimates = try await estimates(result.plan)
      if check, result.plan.isEmpty, result.unlisted.isEmpty { try await verifyLock(workflow, result.files) }
      print(output, result)
      if let proof = result.proof, !proof.holds {
        throw ToolError("the plan does not lead to the declarations, so it is not written. The differences are above.")
      }
      if check {
        if !result.plan.isEmpty || !result.unlisted.isEmpty { throw ExitCode(2) }
        return
      }
      if let refusal = allowed.refusal(of: result.plan), !updateLock || name != nil {
        Console.error.failure("\(refusal)")
        throw ExitCode(3)
      }
      var written = result
      if result.plan.isEmpty || name != nil {
        written.target = try await workflow.inWordsOfLock(result.target)
      } else {
        written.source = try await workflow.inWordsOfLock(result.source)
      }
      try write(workflow, written)
      try await writeOut(workflow.project, isWritten: result.plan.isEmpty || name != nil)
    }
  }

  /// What two branches have written apart may not run one after the other, though the lock has what both declare.
  private func verifyLock(_ workflow: PlanWorkflow, _ files: [MigrationFile]) async throws {
    do { try await workflow.verifyLock(files) } catch let error as ToolError {
      Console.error.failure("\(error)")
      throw ExitCode(2)
    } catch let failure as ReplayFailure {
      throw ToolError(
        "the migrations do not run one after the other: \(failure)\nIf two branches were merged, dbtool rebase says what both change."
      )
    }
  }

  private func writeOut(_ project: Project, isWritten: Bool) async throws {
    guard let out, let database else { return }
    guard isWritten else { throw ToolError("what is declared is no migration yet: say --name, and --out again") }
    let plan = try await PlanFile(project, try ConnectionTarget(database))
    try plan.write(to: out)
    (format == .json ? Console.error : Console.output)
      .line("wrote \(out): \(countText(plan.migrations.count, "migration")); next: dbtool apply \(out)")
  }

  private func estimates(_ plan: Plan) async throws -> TableEstimates? {
    let tables = Set(plan.hazards.compactMap(\.table))
    guard let database else { return nil }
    let target = try ConnectionTarget(database)
    return try await Connection.with(target) { try await TableEstimates(of: tables, $0) }
  }

  private func print(_ output: PlanOutput, _ result: PlanWorkflow.Result) {
    let console = Console.output
    if format == .json {
      if let text = try? JSON.text(output.machine) { console.emit(text + "\n") }
      return
    }
    if result.plan.isEmpty {
      if result.unlisted.isEmpty { console.line("nothing to do: the migrations lead to what is declared") }
      if !updateLock, result.hasOtherStandIns { console.line("\(PlanWorkflow.otherStandIns)") }
      return
    }
    if sql { console.emit(result.plan.script) }
    console.write(output.text(console))
  }

  private func write(_ workflow: PlanWorkflow, _ result: PlanWorkflow.Result) throws {
    // Machines read standard output.
    let console = format == .json ? Console.error : Console.output
    if !result.unlisted.isEmpty, !updateLock, name == nil {
      throw MigrationError.unlisted(files: result.unlisted.map(\.fileName))
    }
    if let name {
      guard !result.plan.isEmpty else {
        console.line("nothing to write")
        if !result.unlisted.isEmpty { _ = try workflow.write(result, name: nil) }
        return
      }
      let files = try workflow.write(result, name: name)
      console.line("wrote \((files.map { "migrations/\($0)" } + ["schema.lock"]).sentence); next: dbtool apply")
    } else if updateLock {
      _ = try workflow.write(result, name: nil)
      console.line("wrote schema.lock")
      if !result.plan.isEmpty { console.line("what is declared goes further: dbtool plan --name <what_it_does>") }
    } else if !result.plan.isEmpty {
      console.line("next: dbtool plan --name <what_it_does> writes the migration")
    }
  }
}
