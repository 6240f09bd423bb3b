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
      Says what is there, drops the database, creates it, applies every migration, creates the partitions, and with --seed loads \
      the seeds. It does so with a database of this project that is marked as development or test, and with the embedded one \
      unless that is marked otherwise. For any other, --drop-database has to say its name. One that is marked as production is \
      never dropped: dbtool mark --from production changes the mark first.
      """)

  @Flag(help: "Load the seeds afterwards.")
  var seed = false

  @Option(
    help: ArgumentHelp(
      "Which seeds, beside the common ones, and what the new database is marked as.",
      discussion: "Default: what the old one was marked as, or development.", valueName: "name"))
  var environment: String?

  @Option(
    help: ArgumentHelp(
      "Drop this database, although it is not known as one for development or tests. It has to be the database's name.",
      valueName: "name"))
  var dropDatabase: String?

  @Flag(help: .hidden)
  var allowUnrecognized = false

  @Flag(help: .hidden)
  var allowProduction = false

  @OptionGroup var databaseOptions: DatabaseOptions
  @OptionGroup var projectOptions: ProjectOptions

  func validate() throws {
    if allowUnrecognized {
      throw ValidationError("--allow-unrecognized is gone. Type the database's name instead: --drop-database <name>.")
    }
    if allowProduction {
      throw ValidationError(
        "--allow-production is gone. A database that is marked as production is not dropped; if the mark is wrong, change it "
          + "first: dbtool mark --from production --to <name>.")
    }
    if let environment { _ = try environmentMark(environment) }
  }

  func run() async throws {
    try await reporting {
      let project = try projectOptions.project(.migrations)
      let (files, lock) = try verifiedFiles(project)
      let given = try environment.map { try environmentMark($0) }
      let (target, isEmbedded) = try await databaseOptions.resolve(project)
      let console = Console.output
      guard let name = target.databaseName else { throw ToolError("the connection string names no database") }
      let maintenance = target.database(name == "postgres" ? "template1" : "postgres")
      // The lock of an apply goes with the database.
      try await AdvisoryLock.with(maintenance, .replacement(of: name), for: "reset") { _ in
        let old = try await drop(target, name, maintenance, project, isEmbedded, given, console)
        try await Connection.with(target) { try await DatabaseSuccession.end($0) }
        console.line("created \(target)")
        if isEmbedded {
          try await project.prepare(try project.server())
        } else {
          try await project.provide(to: target)
        }
        try await ApplyWorkflow(project: project, target: target, files: files, lock: lock)
          .run(upTo: nil, environment: mark(given, old), console)
        if seed { try await SeedWorkflow.run(project, target, seeds(given, old), console) }
      }
    }
  }

  /// What the new database is marked as.
  private func mark(_ given: EnvironmentMark?, _ old: EnvironmentMark?) -> EnvironmentMark {
    given ?? old ?? .development
  }

  /// Whose seeds are loaded, by the name that was typed.
  private func seeds(_ given: EnvironmentMark?, _ old: EnvironmentMark?) -> String {
    environment ?? "\(mark(given, old))"
  }

  /// Drops the database, if it is there and may go, and creates it anew.
  ///
  /// - Returns: what it was marked as.
  private func drop(
    _ target: ConnectionTarget, _ name: String, _ maintenance: ConnectionTarget, _ project: Project, _ isEmbedded: Bool,
    _ given: EnvironmentMark?, _ console: Console
  ) async throws -> EnvironmentMark? {
    let claim = { @Sendable (old: EnvironmentMark?, connection: Connection) in
      try await History.ensure(connection)
      // Without the marks, which come last, it is nobody's.
      try await DatabaseSuccession.announce(name, connection)
      try await DatabaseMarks.claim(
        target, project: project.databaseName, environment: mark(given, old), connection)
    }
    let role = try await Connection.with(maintenance) { try await $0.query("SELECT CURRENT_USER")[0].string(0) }
    let isOurs = { @Sendable (connection: Connection) -> Bool? in
      guard let theirs = try await DatabaseMarks(connection).project else { return nil }
      if theirs != project.databaseName { return false }
      return try await DatabaseSuccession.isAnnounced(name, by: role, connection)
    }
    // An earlier run may have been ended between the old database and the new one, which has its marks.
    if try await Connection.with(maintenance, { try await DatabaseReplacement.finish(name, $0, isOurs: isOurs) }) {
      console.line("an interrupted reset of \(target) is finished")
      return try await Connection.with(target) { try await DatabaseMarks($0).environment }
    }
    let exists = try await Connection.with(maintenance) {
      try await !$0.query("SELECT FROM pg_catalog.pg_database WHERE datname = $1", [name]).isEmpty
    }
    guard exists else {
      if seed { try SeedRunner.verify(seeds(given, nil), in: project.root) }
      try await Connection.with(maintenance) {
        try await DatabaseReplacement(new: name).run(
          $0, isOurs: isOurs, mark: { try await claim(nil, $0) }, release: { [] })
      }
      return nil
    }
    let verdict = ResetGuard(
      project: project.databaseName, target: target, isEmbedded: isEmbedded, typedName: dropDatabase)
    // Nobody applies, seeds or marks meanwhile.
    return try await ApplyLock.with(target) { _ in
      let (identity, marks, contents) = try await Connection.with(target) { connection in
        let identity = try await ServerIdentity(name, connection)
        let found = try await verdict.verify(connection)
        return (identity, found.marks, found.contents)
      }
      // What comes afterwards has to be possible before anything goes.
      if seed { try SeedRunner.verify(seeds(given, marks.environment), in: project.root) }
      console.line("dropping \(target): it has \(contents)")
      // Who does not heed the lock may have written since. Nothing has gone yet.
      let last = try await Connection.with(target) { connection in
        try await identity.verify(name, connection)
        return try await verdict.verify(connection).marks
      }
      guard last == marks else {
        throw ToolError("\(target) was marked otherwise meanwhile; nothing was changed. Run it again.")
      }
      try await Connection.with(maintenance) { connection in
        // This is another session, and may be on another server: of several hosts or addresses any may answer.
        try await identity.verify(name, connection)
        try await DatabaseReplacement(of: name, connection).run(
          connection, isOurs: isOurs, mark: { try await claim(marks.environment, $0) },
          release: { try await dropSubscriptions(target, identity) })
      }
      return marks.environment
    }
  }

  /// What DROP DATABASE would refuse, when the subscriptions are gone already (documentation, "DROP DATABASE").
  private func verifyNothingHolds(_ target: ConnectionTarget, _ connection: Connection) async throws {
    let found = try await connection.query(
      """
      SELECT 'the prepared transaction ', x.gid FROM pg_catalog.pg_prepared_xacts x WHERE x.database = pg_catalog.current_database()
      UNION ALL
      SELECT 'the replication slot in use ', s.slot_name FROM pg_catalog.pg_replication_slots s
       WHERE s.database = pg_catalog.current_database() AND s.active
      """)
    guard !found.isEmpty else { return }
    let names = try found.map { try $0.string(0) + Quote.visibleLiteral($0.string(1)) }
    throw ToolError(
      "\(target) cannot be dropped while it has \(names.joined(separator: ", ")): end "
        + "\(names.count == 1 ? "it" : "them") first. Nothing was changed.")
  }

  /// A database with subscriptions cannot be dropped. Their slots stay where they are.
  ///
  /// - Returns: what was dropped, in words.
  private func dropSubscriptions(_ target: ConnectionTarget, _ identity: ServerIdentity) async throws -> [String] {
    try await Connection.with(target) { connection -> [String] in
      try await identity.verify(target.databaseName ?? "", connection)
      try await verifyNothingHolds(target, connection)
      let names = try await connection.query(
        """
        SELECT s.subname FROM pg_catalog.pg_subscription s
          JOIN pg_catalog.pg_database d ON d.oid = s.subdbid AND d.datname = pg_catalog.current_database()
        """)
      try await connection.transaction { connection in
        for row in names {
          let name = Quote.identifier(try row.string(0))
          try await connection.execute("ALTER SUBSCRIPTION \(name) DISABLE")
          try await connection.execute("ALTER SUBSCRIPTION \(name) SET (slot_name = NONE)")
          try await connection.execute("DROP SUBSCRIPTION \(name)")
        }
      }
      return try names.map { "the subscription \(Quote.identifier(try $0.string(0)))" }
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
      over. Sequences are taken past what was loaded with numbers of its own.

      A database that is marked as neither development nor test takes the seeds of its own environment only, beside the common ones.
      """)

  @Option(help: ArgumentHelp("Which seeds, beside the common ones.", valueName: "name"))
  var environment = "development"

  @Option(help: ArgumentHelp("How much of what can be had in any amount, for example 0.1.", valueName: "number"))
  var scale = 1.0

  @OptionGroup var databaseOptions: DatabaseOptions
  @OptionGroup var projectOptions: ProjectOptions

  func validate() throws {
    _ = try environmentMark(environment)
    guard scale > 0, scale <= 1000 else { throw ValidationError("--scale is a number above 0, at most 1000") }
  }

  func run() async throws {
    try await reporting {
      let project = try projectOptions.project(.migrations)
      try SeedRunner.verify(environment, in: project.root)
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
    let outcome = try await ApplyLock.withSession(target, applicationName: "dbtool seed") { _, connection in
      try await DatabaseMarks(connection).verify(target, project: project.databaseName)
      let runner = SeedRunner(project: project.root, environment: environment, scale: scale)
      return try await runner.run(connection) {
        console.note("  \($0)")
      }
    }
    console.line(
      "seeds of \(environment): \(countText(outcome.loaded.count, "file")) loaded, \(outcome.unchanged.count) unchanged, in "
        + "\(durationText(start.duration(to: clock.now).seconds))")
  }
}
