internal import ArgumentParser
internal import Catalog
internal import Escaping
internal import Migrations
internal import Operations
internal import Postgres
internal import SchemaDSL

struct RepairCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair",
    abstract: "Bring a database's history together with the files, where both are the same in fact.",
    discussion: """
      Changes the history (schema dbtool) and nothing else. Migrations that dbtool rebase has moved, or that were renamed, are \
      recognised by their contents. Others that the history has and the files have not, or have otherwise, are corrected only if the \
      database is what the files lead to; the schema is compared for that. What only somebody can know is said: --applied, --reverted.

      A Supabase project goes over to dbtool with --from-supabase, once its files are in migrations/ and dbtool plan \
      --update-lock has proved them, and back with --to-supabase.
      """)

  @Option(help: ArgumentHelp("Take this migration for applied. May be repeated.", valueName: "version"))
  var applied: [String] = []

  @Option(help: ArgumentHelp("Take this migration for not applied. May be repeated.", valueName: "version"))
  var reverted: [String] = []

  @Flag(help: "Take for applied what the Supabase CLI's history has.")
  var fromSupabase = false

  @Flag(help: "Write what is applied into the Supabase CLI's history.")
  var toSupabase = false

  @Flag(help: "Show what would be changed; change nothing.")
  var dryRun = false

  @OptionGroup var databaseOptions: DatabaseOptions
  @OptionGroup var projectOptions: ProjectOptions
  @OptionGroup var source: SourceOptions

  func validate() throws {
    if fromSupabase, toSupabase { throw ValidationError("Say either --from-supabase or --to-supabase.") }
    if dryRun, toSupabase { throw ValidationError("--to-supabase only adds lines; leave --dry-run out.") }
  }

  func run() async throws {
    try await reporting(comparing: source) {
      let project = try projectOptions.project(.migrations)
      let (files, lock) = try verifiedFiles(project)
      let (target, _) = try await databaseOptions.resolve(project)
      try await Connection.with(target) {
        try await DatabaseMarks($0).verify(target, project: project.databaseName)
      }
      let console = Console.output
      if toSupabase {
        let count = try await Connection.with(target) { try await SupabaseHistory.write(files, $0) }
        console.line(
          "wrote \(countText(count, "migration")) into the history of the Supabase CLI in \(target)")
        return
      }
      var workflow = RepairWorkflow(project: project, files: files, lock: lock.catalog, target: target)
      workflow.applied = try applied + (fromSupabase ? await workflow.versionsOfSupabase() : [])
      workflow.reverted = reverted
      if dryRun {
        _ = try await tell(workflow, console)
        return
      }
      // What the history says is looked at while nobody adds to it.
      let isRepaired = try await ApplyLock.with(target) { lock in
        guard let correction = try await tell(workflow, console) else { return false }
        try await Connection.with(target) { connection in
          try await lock.verify(connection)
          try await History.correct(correction, connection)
        }
        return true
      }
      if isRepaired { try await workflow.tellDrift(console) }
    }
  }

  /// - Returns: what has to be done; nil for nothing.
  private func tell(_ workflow: RepairWorkflow, _ console: Console) async throws -> History.Correction? {
    let correction = try await workflow.correction()
    for line in RepairWorkflow.text(correction) { console.line("\(line)") }
    guard correction.isEmpty else { return correction }
    console.line("nothing to repair: the history of \(workflow.target) is that of the files")
    return nil
  }
}
