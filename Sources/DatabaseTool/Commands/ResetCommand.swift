internal import ArgumentParser
internal import Escaping
internal import Migrations
internal import Operations
internal import Postgres
internal import SchemaDSL

struct ResetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reset",
    abstract: "Drop a development database and build it anew.",
    discussion: """
      Drops the database, creates it, applies every migration, creates the partitions, and with --seed loads the seeds. \
      Refuses a database that is marked as production, and one that it does not recognise: not the embedded one, and not \
      marked as a development database of this project (dbtool apply --environment development marks it).
      """)

  @Flag(help: "Load the seeds afterwards.")
  var seed = false

  @Option(help: ArgumentHelp("Which seeds, beside the common ones.", valueName: "name"))
  var environment = "development"

  @Flag(help: "Also drop a database that is not marked as one of this project for development.")
  var allowUnrecognized = false

  @Flag(help: "Also drop a database that is marked as production.")
  var allowProduction = false

  @OptionGroup var databaseOptions: DatabaseOptions
  @OptionGroup var projectOptions: ProjectOptions

  func run() async throws {
    try await reporting {
      let project = try projectOptions.project()
      let (files, lock) = try verifiedFiles(project)
      let (target, isEmbedded) = try await databaseOptions.resolve(project)
      try await checkAllowed(target, project, isEmbedded)
      let console = Console.output
      try await recreate(target)
      console.line("created \(target)")
      if isEmbedded {
        try await project.prepare(try project.server())
      } else {
        try await project.provide(to: target)
      }
      try await ApplyWorkflow(project: project, target: target, files: files, lock: lock)
        .run(upTo: nil, environment: environment, console)
      if seed { try await SeedWorkflow.run(project, target, environment, console) }
    }
  }

  private func checkAllowed(_ target: ConnectionTarget, _ project: Project, _ isEmbedded: Bool) async throws {
    let settings: (project: String?, environment: String?)
    do {
      settings = try await Connection.with(target) { connection in
        (try await History.setting("project", connection), try await History.setting("environment", connection))
      }
    } catch let error as PostgresError where error.kind == .connection && error.message.contains("does not exist") {
      // Nothing to lose.
      return
    }
    if settings.environment == "production", !allowProduction {
      throw ToolError(
        "\(target) is marked as production; nothing was changed. --allow-production drops it all the same.")
    }
    if isEmbedded || allowUnrecognized || allowProduction { return }
    if settings.project != project.database.name {
      throw ToolError(
        "\(target) was not made by this project (\(project.database.name)); nothing was changed. "
          + "--allow-unrecognized drops it all the same.")
    }
    // Every database that migrations were applied to is the project's; only a mark says that nobody will miss it.
    if settings.environment == nil {
      throw ToolError(
        "\(target) is not marked as a development database; nothing was changed. If it is one, mark it with "
          + "dbtool apply --environment development; --allow-unrecognized drops it all the same.")
    }
  }

  /// A database with subscriptions cannot be dropped. Their slots stay where they are.
  private func dropSubscriptions(_ target: ConnectionTarget) async throws {
    do {
      try await Connection.with(target) { connection in
        let names = try await connection.query(
          """
          SELECT s.subname FROM pg_catalog.pg_subscription s
            JOIN pg_catalog.pg_database d ON d.oid = s.subdbid AND d.datname = pg_catalog.current_database()
          """)
        for row in names {
          let name = Quote.identifier(try row.string(0))
          try await connection.execute("ALTER SUBSCRIPTION \(name) DISABLE")
          try await connection.execute("ALTER SUBSCRIPTION \(name) SET (slot_name = NONE)")
          try await connection.execute("DROP SUBSCRIPTION \(name)")
        }
      }
    } catch let error as PostgresError where error.sqlState == "3D000" {
      // There is no such database yet.
    }
  }

  private func recreate(_ target: ConnectionTarget) async throws {
    guard let name = target.databaseName else { throw ToolError("the connection string names no database") }
    let maintenance = name == "postgres" ? "template1" : "postgres"
    try await dropSubscriptions(target)
    try await Connection.with(target.database(maintenance)) { connection in
      try await connection.execute("DROP DATABASE IF EXISTS \(Quote.identifier(name)) WITH (FORCE)")
      try await connection.execute("CREATE DATABASE \(Quote.identifier(name))")
    }
  }
}

struct SeedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seed",
    abstract: "Load the seeds of an environment.",
    discussion: """
      Loads seeds/common and seeds/<environment>: .sql files, and .csv files named for their table, in the order of their \
      names. app.environment and app.scale are set meanwhile. A file that did not change since it was loaded is passed \
      over.
      """)

  @Option(help: ArgumentHelp("Which seeds, beside the common ones.", valueName: "name"))
  var environment = "development"

  @Option(help: ArgumentHelp("How much of what can be had in any amount, for example 0.1.", valueName: "number"))
  var scale = 1.0

  @OptionGroup var databaseOptions: DatabaseOptions
  @OptionGroup var projectOptions: ProjectOptions

  func validate() throws {
    guard scale > 0, scale <= 1000 else { throw ValidationError("--scale is a number above 0, at most 1000") }
  }

  func run() async throws {
    try await reporting {
      let project = try projectOptions.project()
      let (target, _) = try await databaseOptions.resolve(project)
      try await SeedWorkflow.run(project, target, environment, scale: scale, Console.output)
    }
  }
}

enum SeedWorkflow {
  static func run(
    _ project: Project, _ target: ConnectionTarget, _ environment: String, scale: Double = 1, _ console: Console
  ) async throws {
    let clock = ContinuousClock()
    let start = clock.now
    let outcome = try await ApplyLock.with(target) { _ in
      try await Connection.with(target, applicationName: "dbtool seed") { connection in
        let runner = SeedRunner(folder: project.seedsFolder, environment: environment, scale: scale)
        return try await runner.run(connection) {
          console.note("  \($0)")
        }
      }
    }
    console.line(
      "seeds of \(environment): \(outcome.loaded.count) files loaded, \(outcome.unchanged.count) unchanged, in "
        + "\(durationText(start.duration(to: clock.now).seconds))")
  }
}
