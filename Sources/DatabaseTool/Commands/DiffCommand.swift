internal import ArgumentParser
internal import Catalog
internal import Escaping
internal import FoundationEssentials
internal import Migrations
internal import Planning
internal import Postgres
internal import SchemaDSL

struct DiffCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Print what leads from one state to another.",
    discussion: """
      A state is a database URL, a .sql file or a folder of them, or one of: empty, schema (the declarations), lock, \
      migrations. With --format sql the output is what `psql -v ON_ERROR_STOP=1` runs on the first state as it is.
      """)

  @Option(help: ArgumentHelp("The state to start from.", valueName: "state"))
  var from: String

  @Option(help: ArgumentHelp("The state to arrive at.", valueName: "state"))
  var to: String

  enum Format: String, ExpressibleByArgument, CaseIterable { case sql, text, json, migration }
  @Option(help: "How to print: sql, text, json, or migration, a file for migrations/, which is proved.")
  var format: Format = .text

  @Flag(help: "Exit with 2 when the states differ.")
  var check = false

  @Flag(help: "Run the plan on a scratch copy and compare the result.")
  var prove = false

  @Flag(help: "Refuse (exit 3) when either state has objects of kinds that dbtool does not model.")
  var strict = false

  @Option(
    help: ArgumentHelp(
      "How to change live tables: direct, in as few transactions as can be, or online (see dbtool plan --help); proves it."
    ))
  var strategy: StrategyOptions.Strategy = .direct

  @OptionGroup var renames: RenameOptions
  @OptionGroup var source: SourceOptions
  @OptionGroup var projectOptions: ProjectOptions

  func run() async throws {
    try await reporting(loading: source) {
      var workflow = DiffWorkflow(
        from: try StateArgument(from), to: try StateArgument(to), project: try projectOptions.project(.folder))
      workflow.renames = renames.mode
      workflow.isStrict = strict
      if case .online = strategy { workflow.strategy = .everything }
      try await workflow.run(format, check: check, prove: prove || strategy == .online || format == .migration)
    }
  }
}

struct DumpCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump",
    abstract: "Print a state as SQL that rebuilds it: diff --from empty --to STATE.")

  @Argument(help: ArgumentHelp("A database URL or another state (see dbtool diff --help).", valueName: "state"))
  var state: String

  @Flag(help: "Refuse (exit 3) when it has objects of kinds that dbtool does not model.")
  var strict = false

  @OptionGroup var source: SourceOptions
  @OptionGroup var projectOptions: ProjectOptions

  func run() async throws {
    try await reporting(loading: source) {
      var workflow = DiffWorkflow(
        from: .empty, to: try StateArgument(state), project: try projectOptions.project(.folder))
      workflow.isStrict = strict
      try await workflow.run(.sql, check: false, prove: false)
    }
  }
}

/// What `diff` and `dump` share.
struct DiffWorkflow {
  let from: StateArgument
  let to: StateArgument
  let project: Project
  var renames = RenameMode.off
  var isStrict = false
  var strategy = OnlineStrategy.Scope.nothing

  func run(_ format: DiffCommand.Format, check: Bool, prove: Bool) async throws {
    var (states, before, after) = try await read()
    var leftOut: [String] = []
    for (state, catalog) in [(from, before), (to, after)] {
      if let text = catalog.leftOutText(of: state), format != .json { format.tell(text) }
      if case .url = state { leftOut += catalog.leftOut }
    }
    let unmodeled = Set(before.unmodeled).union(after.unmodeled).sorted()
    for object in unmodeled { format.warn("not modelled, so not compared: \(object.kind) \(object.name)") }
    if isStrict, !unmodeled.isEmpty {
      Console.error.failure("\(unmodeled.count) objects of kinds that dbtool does not model, and --strict was given")
      throw ExitCode(3)
    }
    let windows = before.windows.union(after.windows)
    (before, after) = (before.withoutWindowPartitions(of: windows), after.withoutWindowPartitions(of: windows))
    if !from.isDeclared || !to.isDeclared {
      // What only declarations know cannot be compared with a server; roles are the server's.
      let isForeign = { (fact: Fact) in fact.id.kind == .role || fact.id.kind.isDeclaredOnly }
      before.remove(where: isForeign)
      after.remove(where: isForeign)
    }
    var plan = Plan(steps: [])
    if !before.agrees(with: after) {
      (before, after) = try await states.reconciled(before, after)
      for failure in await states.takeFailedComparisons() { format.warn("\(failure)") }
      let isDeclared = if case .schema = to { true } else { false }
      plan = try await states.plan(
        from: before, to: after,
        renaming: renames.renames(from: before, to: after, states, isDeclared: isDeclared))
    }
    var workflow = PlanWorkflow(project: project, states: states)
    workflow.strategy = strategy
    workflow.locate(&plan)
    var proof: Proof?
    if prove, !plan.isEmpty {
      await states.expect(plan.steps)
      proof = try await workflow.prove(
        &plan, on: try await from.template(before, project, states), from: before, to: after)
    }
    if let proof, !proof.holds, format == .migration {
      throw ToolError("the plan does not converge, so it is not written; dbtool diff --prove shows the differences")
    }
    try verifySingle(plan)
    print(plan, proof, format, leftOut: Array(Set(leftOut)).sorted())
    if let proof, !proof.holds { throw ToolError("the plan does not converge; the differences are above") }
    if check, !plan.isEmpty { throw ExitCode(2) }
  }

  /// Refuses text that holds more than one statement. What a lock says is printed without being loaded, so nothing else would notice.
  private func verifySingle(_ plan: Plan) throws {
    for step in plan.steps where step.subject.kind != .raw && step.subject.kind != .external {
      for statement in step.statements where try Script.splitWithRows(statement).count > 1 {
        throw ToolError(
          "what \(from) and \(to) say of \(step.subject) makes more than one statement, so nothing is printed. If that is from "
            + "schema.lock, somebody changed it by hand: take it back from git.")
      }
    }
  }

  private func print(_ plan: Plan, _ proof: Proof?, _ format: DiffCommand.Format, leftOut: [String]) {
    let console = Console.output
    var output = PlanOutput(plan: plan, proof: proof)
    output.leftOut = leftOut
    switch format {
    case .sql:
      console.emit(plan.script(beginning: proof == nil && !plan.isEmpty ? [Self.untried] : []))
      // What the text form says, beside SQL that may go elsewhere.
      for hazard in plan.hazards {
        format.warn("\(hazard.isRefused ? "refused " : "")\(hazard.code.rawValue): \(hazard.message)")
      }
      for note in plan.notes { format.tell("note: \(note)") }
    case .migration:
      guard let proof else { return }
      for (part, isContract) in plan.parts {
        console.emit(
          MigrationWriter.text(for: part, proof: proof, title: "from \(from) to \(to)", isContract: isContract))
      }
    case .json: if let text = try? JSON.text(output.machine) { console.emit(text + "\n") }
    case .text:
      console.write(plan.isEmpty ? "no difference\n" : output.text(console))
      if proof == nil, !plan.isEmpty { console.note("proof: \(Self.untried)") }
    }
  }

  private static let untried = "not tried on a server; dbtool diff --prove runs it on a scratch copy"

  /// Both states, as they can be compared.
  private func read() async throws -> (States, Catalog, Catalog) {
    let database = try await StateArgument.database(for: [from, to], project)
    var owners: Set<String> = []
    for case .url(let target) in [from, to] where [from, to].contains(where: \.isPath) {
      owners.insert(try await States.owner(of: target))
    }
    var states = States(database: database, owners: owners)
    var (before, after) = try await catalogs(states)
    // pg_dump names the owner of everything, also where that is the database's.
    let found = [
      try await from.usualOwner(states, unless: after, owners), try await to.usualOwner(states, unless: before, owners),
    ].compactMap { $0 }
    if !found.isEmpty {
      states = States(database: database, owners: owners.union(found))
      if from.isPath { before = try await from.catalog(project, states) }
      if to.isPath { after = try await to.catalog(project, states) }
    }
    return (states, before, after)
  }

  /// Both states; of two live databases at once.
  private func catalogs(_ states: States) async throws -> (Catalog, Catalog) {
    guard case .url(let first) = from, case .url(let second) = to else {
      return (try await from.catalog(project, states), try await to.catalog(project, states))
    }
    async let after = states.live(second)
    return (try await states.live(first), try await after)
  }
}

extension DiffCommand.Format {
  /// SQL may be read together with what is said about it, so that is said in comments.
  private var isSQL: Bool { self == .sql || self == .migration }

  func tell(_ text: TerminalText) { Console.error.note(isSQL ? text.asSQLComment : text) }

  func warn(_ text: TerminalText) {
    if isSQL {
      let warning: TerminalText = "warning: \(text)"
      Console.error.line(warning.asSQLComment)
    } else {
      Console.error.warning(text)
    }
  }
}
