internal import ArgumentParser
internal import Catalog
internal import Escaping
internal import FoundationEssentials
internal import Importing
internal import Introspection
internal import Migrations
internal import Operations
internal import Planning
internal import Postgres
internal import SchemaDSL

struct DriftCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drift",
    abstract: "Tell how live databases differ from schema.lock.",
    discussion: """
      Reads each database in one snapshot, read only, and compares it fact for fact. Exit 0 without drift, 2 with drift. \
      Each finding says what is missing, extra or different, with both values and the declaring line. An error lets \
      somebody in, breaks clients or loses a guarantee; a warning is any other drift; a note is what no migration can change.

      What is known stands in \(Waiver.fileName), one JSON object a line: \
      {"code": "extra-index", "object": "index public.books_tmp_idx", "owner": "anna", "reason": "…", "expires": "2027-01-31"}. \
      Without code, all findings about the object are meant; a * at its end stands for anything. An expired waiver is an error.
      """)

  @Option(help: "How to print: text, json, github (annotations), sarif or markdown.")
  var format: FindingFormat = .text

  @Option(
    help: ArgumentHelp(
      "The least that is drift: note, warning or error. Less is told and not counted.", valueName: "severity"))
  var failOn: Diagnostic.Severity = .warning

  @Flag(help: "Print the plan, as SQL, that would bring the database back.")
  var fix = false

  @Flag(help: "Print what would have to be declared if the database were right.")
  var accept = false

  @OptionGroup var databaseOptions: DatabasesOptions
  @OptionGroup var source: SourceOptions
  @OptionGroup var projectOptions: ProjectOptions

  func validate() throws {
    if fix || accept, databaseOptions.database.count > 1 {
      throw ValidationError("--fix and --accept are about one database; name one.")
    }
    if fix, accept { throw ValidationError("Either the database is brought back (--fix) or taken over (--accept).") }
  }

  func run() async throws {
    try await reporting(loading: source) {
      let project = try projectOptions.project(.migrations)
      let (files, lock) = try verifiedFiles(project)
      guard project.hasLock else { throw ToolError("there is no schema.lock yet; dbtool plan --name <name> writes it") }
      let waivers = try Self.waivers(project)
      let targets = try await databaseOptions.resolve(project)
      let database = project.database
      // The declarations are needed for their lines only, and are rendered while the server works.
      let states = Task { States(database: database) }
      if fix || accept, let target = targets.first {
        let states = await states.value
        let (found, wanted) = try await Self.sides(states, target, files, lock.catalog)
        if fix {
          try await printFix(project, states, found, wanted)
        } else {
          let drift = try await AcceptedDrift(
            expected: wanted, actual: found, states: states, database: database.name)
          Console.output.write(drift.text(states, Console.output))
        }
        return
      }
      var results: [DriftOutput.Result] = []
      for target in targets {
        do {
          var report = try await Self.report(await states.value, target, files, lock.catalog)
          report.waive(by: waivers, today: UTCTime.day(Date()))
          results.append(DriftOutput.Result(target: target, outcome: .success(report)))
        } catch  where targets.count > 1 {
          // One that cannot be read does not hide the others.
          results.append(DriftOutput.Result(target: target, outcome: .failure(error)))
        }
      }
      let output = DriftOutput(results: results, threshold: failOn, sources: SourceFiles(root: project.root))
      try output.write(format, to: Console.output)
      if results.contains(where: \.isFailure) { throw ExitCode(1) }
      if output.isDrift { throw ExitCode(2) }
    }
  }

  /// What the database is expected to be: all that the migrations lead to, or what comes before a contract that waits.
  private static func expected(
    _ states: States, _ target: ConnectionTarget, _ files: [MigrationFile], _ lock: Catalog, _ connection: Connection
  ) async throws -> (Catalog, waiting: MigrationFile?) {
    try await DatabaseMarks.verifyComparable(target, project: Context.database.name, connection)
    guard let waiting = try await Applier(target: target, files: files).awaitedContract(connection) else {
      return (lock, nil)
    }
    return (try await states.catalog(after: files.filter { $0.version < waiting.version }, within: lock), waiting)
  }

  private static func report(
    _ states: States, _ target: ConnectionTarget, _ files: [MigrationFile], _ lock: Catalog
  ) async throws -> DriftReport {
    try await Connection.with(target) { connection in
      let (expected, waiting): (Catalog, waiting: MigrationFile?)
      do { (expected, waiting) = try await Self.expected(states, target, files, lock, connection) } catch let error
        as HistoryError
      {
        guard case .unreadable = error else { throw error }
        return try await likeliest(states, files, lock, "\(error)", connection)
      }
      var report = try await DriftReport.make(states: states, expected: expected, connection)
      if let waiting { report.notes.append("compared with what comes before \(waiting.fileName), which waits") }
      return report
    }
  }

  /// Whether a contract waits, a role that may not read the history sees only by what the database has.
  private static func likeliest(
    _ states: States, _ files: [MigrationFile], _ lock: Catalog, _ reason: String, _ connection: Connection
  ) async throws -> DriftReport {
    var best = try await DriftReport.make(states: states, expected: lock, connection)
    best.notes.append(reason)
    for waiting in files.reversed() where waiting.isContract {
      let before = try await states.catalog(after: files.filter { $0.version < waiting.version }, within: lock)
      var report = try await DriftReport.make(states: states, expected: before, connection)
      guard report.findings.count { $0.severity > .note } < best.findings.count(where: { $0.severity > .note }) else {
        continue
      }
      report.notes += [reason, "compared with what comes before \(waiting.fileName), which seems to wait"]
      best = report
    }
    return best
  }

  static func waivers(_ project: Project) throws -> [Waiver] {
    let path = "\(project.root)/\(Waiver.fileName)"
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw ToolError("\(Waiver.fileName) cannot be read")
    }
    return try Waiver.all(in: text)
  }

  /// What the database is, and what it should be, without what is nobody's to compare.
  private static func sides(
    _ states: States, _ target: ConnectionTarget, _ files: [MigrationFile], _ lock: Catalog
  ) async throws -> (found: Catalog, wanted: Catalog) {
    try await Connection.with(target) { connection in
      let expected: Catalog
      do { expected = try await Self.expected(states, target, files, lock, connection).0 } catch is HistoryError {
        // Whether something waits is not known; the way to all of it is shown then.
        expected = lock
      }
      let sides = try await DriftReport.comparands(states: states, expected: expected, connection)
      return (sides.actual, sides.expected)
    }
  }

  /// The way back, as SQL for psql.
  private func printFix(_ project: Project, _ states: States, _ found: Catalog, _ wanted: Catalog) async throws {
    let before = found.removing { $0.id.kind == .role }
    let after = wanted.removing { $0.id.kind == .role || $0.id.kind.isDeclaredOnly }
    var plan = try await states.plan(from: before, to: after)
    guard !plan.isEmpty else {
      Console.error.note("no drift that SQL can bring back")
      return
    }
    let workflow = PlanWorkflow(project: project, states: states, renames: .off)
    workflow.locate(&plan)
    // Both may speak of roles that this machine does not know.
    var start = SchemaImport.withRolesInUse(found)
    for fact in SchemaImport.withRolesInUse(wanted).facts.values where fact.id.kind == .role && !start.contains(fact.id)
    {
      start.insert(fact)
    }
    await states.expect(plan.steps)
    let proof = try await workflow.prove(
      &plan, on: try await states.rebuiltTemplate(start), from: before, to: after)
    guard proof.holds else {
      throw ToolError("the way back does not converge on a scratch copy; dbtool diff --prove shows the differences")
    }
    for step in plan.refusedHazards { Console.error.warning("\(step.code.rawValue): \(step.message)") }
    // Somebody runs it on a database in use: what it would wait for, clients would wait for too.
    Console.output.emit("SET lock_timeout = '\(MigrationWriter.lockTimeout)';\n" + plan.script)
  }
}

extension Diagnostic.Severity: ExpressibleByArgument {
  package static var allValueStrings: [String] { [Self.note, .warning, .error].map(\.rawValue) }
}
