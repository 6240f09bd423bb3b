internal import ArgumentParser
internal import Catalog
internal import Escaping
internal import FoundationEssentials
internal import Migrations
internal import Operations
internal import Postgres
internal import SchemaDSL

struct ApplyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract: "Apply pending migrations to a database.",
    discussion: """
      Verifies every migration file against schema.lock, then applies what the database does not have yet, a transaction \
      at a time, recording each in the transaction that did it. One apply at a time per database. When it is interrupted, \
      run it again: it goes on where it stopped. Afterwards it creates the partitions that declared windows need.

      Before it begins, it compares what is about to be changed or dropped with what the migrations before have made, and \
      refuses (exit 3) where somebody else has changed that meanwhile.
      """)

  @Argument(
    help: ArgumentHelp(
      "A plan that dbtool plan --out has written: applied as it is, or not at all (exit 4).", valueName: "plan"))
  var planFile: String?

  @Flag(help: "Show what would be applied; change nothing.")
  var dryRun = false

  @Option(help: ArgumentHelp("Stop after this version.", valueName: "version"))
  var to: String?

  @Option(
    help: ArgumentHelp(
      "Mark the database, for example as production; reset and seed act by its mark.",
      discussion: "One that is marked otherwise is refused; dbtool mark changes a mark.", valueName: "name"))
  var environment: String?

  @Option(
    help: ArgumentHelp("Multiply the timeouts of the migrations, for example by 5 at night.", valueName: "factor"))
  var timeoutScale = 1.0

  @Option(
    help: ArgumentHelp("Let backfills wait while a replica is further behind than this.", valueName: "seconds"))
  var maxLag: Double?

  @Flag(help: "Stop before a migration whose header names hazards, and ask; without a terminal, exit 3 there.")
  var pauseOnHazard = false

  @Flag(help: "Apply contracts too: every client is ready for what they take away.")
  var contract = false

  @Flag(help: "Apply although what is about to be changed is not what the migrations before have made.")
  var allowDrift = false

  @Flag(help: "Take the statement in which an earlier apply was interrupted for carried out.")
  var skipInterrupted = false

  @Flag(help: "Carry out again the statement in which an earlier apply was interrupted.")
  var repeatInterrupted = false

  @Flag(
    help: "Make stand-ins for what External presets say that every database brings, for a database of CI that does not."
  )
  var standIns = false

  @OptionGroup var databaseOptions: DatabaseOptions
  @OptionGroup var projectOptions: ProjectOptions
  @OptionGroup var source: SourceOptions

  func validate() throws {
    if let environment { _ = try environmentMark(environment) }
    if skipInterrupted, repeatInterrupted {
      throw ValidationError("Say either --skip-interrupted or --repeat-interrupted.")
    }
    guard timeoutScale > 0, timeoutScale.isFinite else {
      throw ValidationError("--timeout-scale takes a number above 0.")
    }
    if let planFile, !FileManager.default.fileExists(atPath: planFile) {
      throw ValidationError("There is no plan \(planFile). A database is named by --database.")
    }
    if planFile != nil, to != nil { throw ValidationError("A plan says how far it goes; leave --to out.") }
    if let maxLag, !(maxLag >= 0) { throw ValidationError("--max-lag takes seconds: 0 or more.") }
  }

  private var applyOptions: Applier.Options {
    var options = Applier.Options()
    options.timeoutScale = timeoutScale
    options.maxLag = maxLag
    options.contracts = contract
    options.interrupted = skipInterrupted ? .skip : repeatInterrupted ? .again : .ask
    return options
  }

  func run() async throws {
    try await reporting(comparing: source) {
      let project = try projectOptions.project(.migrations)
      let (files, lock) = try verifiedFiles(project)
      let mark = try environment.map { try environmentMark($0) }
      let (target, isEmbedded) = try await databaseOptions.resolve(project)
      // Before anything is made there.
      try await Connection.with(target) {
        try await DatabaseMarks($0).verify(target, project: project.databaseName, environment: mark)
      }
      if standIns, !dryRun { try await project.provide(to: target) }
      let plan = try planFile.map { try PlanFile(path: $0) }
      if dryRun {
        try await plan?.verify(project, target)
        try await preview(files, target)
        return
      }
      let stop = pauseOnHazard ? try await hazardous(files, target) : nil
      // Up to the one that is not to be applied.
      let last = try stop.map { file in
        guard let index = files.firstIndex(where: { $0.version == file.version }), index > 0 else { throw ExitCode(3) }
        return files[index - 1].version
      }
      var workflow = ApplyWorkflow(
        project: project, target: target, files: files, lock: lock, options: applyOptions)
      workflow.looksForDrift = !allowDrift
      try await workflow.run(
        upTo: last ?? to, environment: mark, usualEnvironment: isEmbedded ? .development : nil,
        precondition: { try await plan?.verify(project, target) }, Console.output)
      if stop != nil { throw ExitCode(3) }
    }
  }

  /// The first pending migration with hazards that nobody agrees to.
  private func hazardous(_ files: [MigrationFile], _ target: ConnectionTarget) async throws -> MigrationFile? {
    let applier = Applier(target: target, files: files, options: applyOptions)
    let pending = try await Connection.with(target) { try await applier.agenda($0, upTo: to) }.pending
    for entry in pending where !entry.file.hazards.isEmpty {
      Console.error.warning("\(entry.file.fileName) has hazards:")
      for hazard in entry.file.hazards { Console.error.note("  \(hazard)") }
      guard Console.isAnswered("Apply it? [y/N] ") else {
        Console.error.failure("stopped before \(entry.file.fileName); apply without --pause-on-hazard goes on.")
        return entry.file
      }
    }
    return nil
  }

  private func preview(_ files: [MigrationFile], _ target: ConnectionTarget) async throws {
    let console = Console.output
    let applier = Applier(target: target, files: files, options: applyOptions)
    let (agenda, warnings) = try await Connection.with(target) { connection in
      let agenda = try await applier.agenda(connection, upTo: to)
      return (agenda, try await PublishedChanges(agenda.pending).warnings(connection))
    }
    let pending = agenda.pending
    if pending.isEmpty, agenda.waiting.isEmpty { console.line("nothing to apply: \(target) is up to date") }
    for entry in pending {
      let (file, done) = (entry.file, entry.done)
      let segments = try file.segments()
      let statements = segments.dropFirst(done).reduce(0) { $0 + $1.statements.count }
      console.line(
        "would apply \(file.fileName): \(countText(statements, "statement")) in \(countText(segments.count - done, "part"))"
      )
      for line in file.header.lines.dropFirst() { console.note("  \(line.dropFirst(3))") }
    }
    for warning in warnings { console.warning("\(warning)") }
    agenda.tell(console)
  }
}

extension Applier.Agenda {
  /// Says what waits, for what, and how it goes on.
  func tell(_ console: Console) {
    guard let first = waiting.first else { return }
    console.line("stopped before \(first.file.fileName): it takes away what clients may still rely on.")
    for hazard in first.file.hazards { console.note("  \(hazard)") }
    if waiting.count > 1 {
      let names = waiting.dropFirst().map(\.file.fileName)
      console.note("  behind it \(names.count == 1 ? "waits" : "wait"): \(names.sentence)")
    }
    console.line("once every client is ready for it: dbtool apply --contract")
  }
}

/// The project's migrations, vouched for by the lock.
func verifiedFiles(_ project: Project) throws -> ([MigrationFile], SchemaLock) {
  let lock = try project.lock()
  let files = try project.migrations()
  let unlisted = try MigrationFile.verify(files, against: lock)
  guard unlisted.isEmpty else { throw MigrationError.unlisted(files: unlisted.map(\.fileName)) }
  return (files, lock)
}

/// Applies migrations and brings the windows up to date; shared by `apply` and `reset`.
struct ApplyWorkflow {
  let project: Project
  let target: ConnectionTarget
  let files: [MigrationFile]
  let lock: SchemaLock
  var options = Applier.Options()
  /// Whether it refuses to change what others have changed.
  var looksForDrift = false

  /// - Parameters:
  ///   - environment: what the database is marked as, or has to be.
  ///   - usualEnvironment: what it is marked as when it has no mark yet, and none was said.
  ///   - precondition: looked at under the lock that keeps other applies away.
  func run(
    upTo version: String?, environment: EnvironmentMark?, usualEnvironment: EnvironmentMark? = nil,
    precondition: @Sendable () async throws -> Void = {}, _ console: Console
  ) async throws {
    let applier = Applier(target: target, files: files, options: options)
    let drift = ApplyDriftCheck(project: project, target: target, files: files, lock: lock.catalog)
    let agenda = try await applier.apply(upTo: version, precondition: precondition) { connection, agenda in
      if looksForDrift { try await drift.refuse(agenda, connection) }
      for warning in try await PublishedChanges(agenda.pending).warnings(connection) { console.warning("\(warning)") }
      try await DatabaseMarks.claim(
        target, project: project.databaseName, environment: environment, usually: usualEnvironment, connection)
    } _: { event in
      Self.report(event, console)
    }
    let count = agenda.pending.count
    let all = version == nil || version == files.last?.version
    try await Connection.with(target) { connection in
      if all {
        let outcomes = try await PartitionManager(catalog: lock.catalog).create(connection)
        for outcome in outcomes {
          if let failure = outcome.failure { console.warning("partition \(outcome.partition): \(failure)") }
        }
        let created = outcomes.count { $0.failure == nil }
        if created > 0 { console.line("created \(countText(created, "partition"))") }
      }
    }
    if count > 0 {
      console.line("applied \(countText(count, "migration")) to \(target)")
    } else if agenda.waiting.isEmpty {
      console.line("nothing to apply: \(target) is up to date" + (all ? "" : " up to \(version ?? "")"))
    }
    agenda.tell(console)
    // Migrations behind the contract are not applied either.
    if agenda.waiting.count > 1 { throw ExitCode(2) }
  }

  private static func text(_ progress: Backfill.Progress) -> String {
    let total = progress.total > 0 ? " of about \(progress.total)" : ""
    var text =
      "\(progress.rows)\(total) row\(max(progress.rows, progress.total) == 1 ? "" : "s"), \(Int(progress.rowsPerSecond))/s"
    let left = Double(progress.total - progress.rows) / max(1, progress.rowsPerSecond)
    if left > 0 { text += ", \(durationText(left)) left" }
    return text
  }

  private static func report(_ event: Applier.Event, _ console: Console) {
    switch event {
    case .started(let file, let segments, let resumedAt):
      let resumed = resumedAt > 0 ? ", going on after part \(resumedAt)" : ""
      console.line("applying \(file.fileName) (\(countText(segments, "part"))\(resumed))")
    case .segment(_, let done, let total, let seconds):
      if total > 1 { console.note("  part \(done) of \(total) done in \(durationText(seconds))") }
    case .retry(_, let attempt, let reason, let blockers):
      console.warning("\(reason); attempt \(attempt), trying again")
      for blocker in blockers { console.note("  \(Secrets.hidden(in: blocker.description))") }
    case .blocked(let wait): console.note("  waiting for \(Secrets.hidden(in: wait.description))")
    case .stragglers(let blockers):
      for blocker in blockers {
        console.note("  waiting for an earlier apply: \(Secrets.hidden(in: blocker.description))")
        console.note("    if nothing is to come of it: \(blocker.ending)")
      }
    case .progress(let text): console.note("  \(text)")
    case .backfill(let progress):
      console.note("  \(text(progress))")
    case .notice(let text):
      console.note("  \(text)")
    case .finished(_, let seconds):
      console.note("  done in \(durationText(seconds))")
    }
  }
}
