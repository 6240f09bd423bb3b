internal import ArgumentParser
internal import Catalog
internal import FoundationEssentials
internal import Migrations
internal import Planning
internal import Postgres

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

  enum Format: String, ExpressibleByArgument, CaseIterable { case sql, text, json }
  @Option(help: "How to print: sql, text or json.")
  var format: Format = .text

  @Flag(help: "Exit with 2 when the states differ.")
  var check = false

  @Flag(help: "Run the plan on a scratch copy and compare the result.")
  var prove = false

  @OptionGroup var projectOptions: ProjectOptions

  func run() async throws {
    try await reporting {
      try await DiffWorkflow(from: from, to: to, projectOptions).run(format, check: check, prove: prove)
    }
  }
}

struct DumpCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump",
    abstract: "Print a state as SQL that rebuilds it: diff --from empty --to STATE.")

  @Argument(help: ArgumentHelp("A database URL or another state (see dbtool diff --help).", valueName: "state"))
  var state: String

  @OptionGroup var projectOptions: ProjectOptions

  func run() async throws {
    try await reporting {
      try await DiffWorkflow(from: "empty", to: state, projectOptions).run(.sql, check: false, prove: false)
    }
  }
}

struct DiffWorkflow {
  private enum Source {
    case empty, schema, lock, migrations
    case url(ConnectionTarget)
    case path(String)
  }

  private let from: String
  private let to: String
  private let options: ProjectOptions

  init(from: String, to: String, _ options: ProjectOptions) {
    self.from = from
    self.to = to
    self.options = options
  }

  func run(_ format: DiffCommand.Format, check: Bool, prove: Bool) async throws {
    let project = try options.project()
    let states = States(database: project.database)
    let (a, b) = (try source(from), try source(to))
    var before = try await catalog(a, project, states)
    var after = try await catalog(b, project, states)
    for object in Set(before.unmodeled).union(after.unmodeled).sorted() {
      Console.error.warning("not modelled, so not compared: \(object.kind) \(object.name)")
    }
    let windows = before.windows.union(after.windows)
    (before, after) = (before.withoutWindowPartitions(of: windows), after.withoutWindowPartitions(of: windows))
    if !isDeclared(a) || !isDeclared(b) {
      // What only declarations know cannot be compared with a server; roles are the server's.
      let isForeign = { (fact: Fact) in fact.id.kind == .role || fact.id.kind.isDeclaredOnly }
      (before, after) = (before.removing(where: isForeign), after.removing(where: isForeign))
    }
    (before, after) = try await states.reconciled(before, after)
    var plan = try Planner.plan(from: before, to: after)
    PlanWorkflow(project: project, states: states).locate(&plan)
    var proof: Proof?
    if prove, !plan.isEmpty {
      let template = try await template(a, before, project, states)
      let prover = Prover(server: try await states.scratch(), reader: states.reader)
      proof = try await prover.prove(&plan, from: template, source: before, target: after)
    }
    print(plan, proof, format)
    if let proof, !proof.holds { throw ToolError("the plan does not converge; the differences are above") }
    if check, !plan.isEmpty { throw ExitCode(2) }
  }

  private func print(_ plan: Plan, _ proof: Proof?, _ format: DiffCommand.Format) {
    let console = Console.output
    let output = PlanOutput(plan: plan, proof: proof)
    switch format {
    case .sql: console.write(plan.script)
    case .json: if let text = try? JSON.text(output.machine) { console.line(text) }
    case .text: console.write(plan.isEmpty ? "no difference\n" : output.text(console))
    }
  }

  private func source(_ text: String) throws -> Source {
    switch text {
    case "empty": return .empty
    case "schema": return .schema
    case "lock": return .lock
    case "migrations": return .migrations
    default:
      if FileManager.default.fileExists(atPath: text) { return .path(text) }
      guard text.contains("://") || text.contains("=") else {
        throw ToolError(
          "\(text) is neither a file or folder, nor a database URL, nor empty, schema, lock or migrations")
      }
      return .url(try ConnectionTarget(text))
    }
  }

  private func isDeclared(_ source: Source) -> Bool {
    switch source {
    case .schema, .lock: true
    default: false
    }
  }

  private func catalog(_ source: Source, _ project: Project, _ states: States) async throws -> Catalog {
    switch source {
    case .empty: try await states.empty()
    case .schema: try await states.declared()
    case .lock: try verifiedFiles(project).1.catalog
    case .migrations: try await states.replayed(try project.migrations())
    case .url(let target): try await states.live(target)
    case .path(let path): try await states.read(template: try await states.sqlTemplate(path: path))
    }
  }

  /// A scratch database in the state, to prove on.
  private func template(_ source: Source, _ catalog: Catalog, _ project: Project, _ states: States) async throws
    -> String
  {
    switch source {
    case .empty: return try await states.replayTemplate([])
    case .schema: return try await states.declaredTemplate()
    case .lock, .migrations: return try await states.replayTemplate(try project.migrations())
    case .path(let path): return try await states.sqlTemplate(path: path)
    case .url:
      // A live database is not copied; its schema is rebuilt.
      return try await states.rebuiltTemplate(catalog)
    }
  }
}
