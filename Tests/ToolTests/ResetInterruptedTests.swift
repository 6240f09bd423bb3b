import Foundation
import Postgres
import TestSupport
import Testing

/// A reset that is killed half way, two at once, and what stands in its way.
@Suite(.serialized) struct ResetInterruptedTests {
  private static let migrations: KeyValuePairs = [
    "20260101000000_a": "CREATE TABLE public.a (id integer PRIMARY KEY);\nINSERT INTO public.a VALUES (1);\n"
  ]
  private static let names =
    "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE datname LIKE 'dev%' OR datname LIKE 'dbtool_new%'"

  private static func prepared() async throws -> HostileProject {
    let hostile = try await HostileProject(migrations)
    try await hostile.execute("CREATE DATABASE dev", in: "postgres")
    let apply = try await hostile.on("dev", "apply", "--environment", "development")
    try #require(apply.status == 0, "\(apply.output)")
    return hostile
  }

  /// Runs `body` while a statement about the database waits: from another database it keeps `DROP DATABASE` waiting.
  private func whileDropWaits(
    _ hostile: HostileProject, _ body: (ChildProcess.Running, Connection) async throws -> Void
  ) async throws {
    try await Connection.with(try ConnectionTarget(hostile.url("postgres"))) { obstacle in
      try await obstacle.execute("BEGIN")
      try await obstacle.execute("COMMENT ON DATABASE dev IS 'kept'")
      let running = try hostile.project.start("reset", "--database", hostile.url("dev"))
      try await Waiting.forSessions(
        at: "DROP DATABASE", waits: true, on: try ConnectionTarget(hostile.url("postgres")))
      try await body(running, obstacle)
    }
  }

  /// Kills it before the old database goes. The server would drop that all the same once it can, unless its process is ended.
  private func end(_ running: ChildProcess.Running, _ hostile: HostileProject, _ obstacle: Connection) async throws {
    kill(running.pid, SIGKILL)
    _ = await hostile.project.finish(running)
    try await obstacle.execute(
      """
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE query LIKE 'DROP DATABASE%' AND pid <> pg_backend_pid()
      """)
    try await obstacle.execute("ROLLBACK")
  }

  /// The name of the new database that a reset leaves which is killed before the old one goes.
  private func leftBehind(_ hostile: HostileProject) async throws -> String {
    try await whileDropWaits(hostile) { running, obstacle in try await end(running, hostile, obstacle) }
    return try await hostile.ask("SELECT datname FROM pg_database WHERE datname LIKE 'dbtool_new%'", in: "postgres")
  }

  @Test func oneThatIsKilledBeforeTheOldOneGoesIsFinishedByTheNext() async throws {
    let hostile = try await Self.prepared()
    defer { hostile.project.remove() }
    try await whileDropWaits(hostile) { running, obstacle in
      try await end(running, hostile, obstacle)
    }
    #expect(try await hostile.ask(Self.names, in: "postgres").hasPrefix("dbtool_new_"))
    let next = try await hostile.on("dev", "reset")
    #expect(next.status == 0 && next.output.contains("1 table"), "\(next.output)")
    #expect(try await hostile.ask(Self.names, in: "postgres") == "dev")
    #expect(try await hostile.ask("SELECT count(*)::text FROM public.a", in: "dev") == "1")
  }

  @Test func oneThatIsKilledWhenTheOldOneIsGoneIsFinishedByTheNext() async throws {
    let hostile = try await Self.prepared()
    defer { hostile.project.remove() }
    // What belongs to the database is the new one's too, and so is its mark.
    try await hostile.execute(
      """
      CREATE ROLE app; ALTER DATABASE dev OWNER TO app; ALTER DATABASE dev CONNECTION LIMIT 7;
      REVOKE CONNECT ON DATABASE dev FROM PUBLIC; ALTER DATABASE dev SET work_mem = '5MB'
      """, in: "postgres")
    #expect(try await hostile.on("dev", "mark", "--from", "development", "--to", "test").status == 0)
    let properties = """
      SELECT concat_ws(' ', d.datdba::regrole, d.datconnlimit, d.datacl, s.setconfig) FROM pg_database d
        LEFT JOIN pg_db_role_setting s ON s.setdatabase = d.oid WHERE d.datname = 'dev'
      """
    let before = try await hostile.ask(properties, in: "postgres")
    try await whileDropWaits(hostile) { running, obstacle in
      kill(running.pid, SIGKILL)
      _ = await hostile.project.finish(running)
      try await obstacle.execute("COMMIT")
    }
    try await Waiting.until("the server drops it") {
      try await hostile.ask("SELECT count(*)::text FROM pg_database WHERE datname = 'dev'", in: "postgres") == "0"
    }
    let next = try await hostile.on("dev", "reset")
    #expect(next.status == 0 && next.output.contains("is finished"), "\(next.output)")
    #expect(try await hostile.ask(Self.names, in: "postgres") == "dev")
    #expect(try await hostile.ask(properties, in: "postgres") == before)
    #expect(
      try await hostile.ask("SELECT value FROM dbtool.settings WHERE key = 'environment'", in: "dev") == "test")
  }

  /// What DROP DATABASE leaves when it is interrupted: nobody can connect to it, and it can only be dropped.
  @Test func anInterruptedDropIsEnded() async throws {
    let hostile = try await Self.prepared()
    defer { hostile.project.remove() }
    try await whileDropWaits(hostile) { running, obstacle in
      try await end(running, hostile, obstacle)
    }
    let invalid = "UPDATE pg_database SET datconnlimit = -2 WHERE datname LIKE"
    try await hostile.execute("\(invalid) 'dev'", in: "postgres")
    let next = try await hostile.on("dev", "reset")
    #expect(next.status == 0, "\(next.output)")
    #expect(try await hostile.ask(Self.names, in: "postgres") == "dev")
    // One of somebody's, of which nothing is known.
    try await hostile.execute("\(invalid) 'dev'", in: "postgres")
    let unknown = try await hostile.on("dev", "reset")
    #expect(unknown.status == 1 && unknown.output.contains("Say DROP DATABASE dev"), "\(unknown.output)")
    // And one of the new one's name.
    try await hostile.execute("DROP DATABASE dev; CREATE DATABASE dev", in: "postgres")
    #expect(try await hostile.on("dev", "apply", "--environment", "development").status == 0)
    try await whileDropWaits(hostile) { running, obstacle in
      try await end(running, hostile, obstacle)
    }
    try await hostile.execute("\(invalid) 'dbtool_new%'", in: "postgres")
    let last = try await hostile.on("dev", "reset")
    #expect(last.status == 0, "\(last.output)")
    #expect(try await hostile.ask(Self.names, in: "postgres") == "dev")
  }

  /// From its first moment under its name the new one says whose it is, so that the next reset may drop it.
  @Test func theNewOneIsMarkedBeforeItGetsItsName() async throws {
    let hostile = try await Self.prepared()
    let marks = """
      SELECT string_agg(key || '=' || CASE WHEN value <> (SELECT oid || ' dev' FROM pg_database WHERE datname = current_database())
                                           THEN value ELSE '' END, ' ' ORDER BY key) FROM dbtool.settings
      """
    defer { hostile.project.remove() }
    try await whileDropWaits(hostile) { running, obstacle in
      let new = try await hostile.ask(
        "SELECT datname FROM pg_database WHERE datname LIKE 'dbtool_new%'", in: "postgres")
      #expect(
        try await hostile.ask(marks, in: new)
          == "environment=development history_version=1 project=library succeeds=")
      // And two at once do not drop what the other makes.
      let second = try await hostile.on("dev", "reset")
      #expect(second.status != 0 && second.output.contains("dbtool reset"), "\(second.output)")
      try await obstacle.execute("COMMIT")
      let first = await hostile.project.finish(running)
      #expect(first.status == 0, "\(first.output)")
    }
    #expect(try await hostile.ask(Self.names, in: "postgres") == "dev")
    #expect(
      try await hostile.ask(marks, in: "dev") == "environment=development history_version=1 project=library")
  }

  /// A database of somebody's, to which a superuser has applied this very project: it gets the new one's name, and is no reset's.
  @Test func whatAnotherOwnerHasRenamedIsNotTakenForARemainder() async throws {
    let hostile = try await Self.prepared()
    defer { hostile.project.remove() }
    let new = try await leftBehind(hostile)
    try await hostile.execute(
      "DROP DATABASE dev; DROP DATABASE \(new); CREATE ROLE mal LOGIN CREATEDB; CREATE DATABASE theirs OWNER mal",
      in: "postgres")
    for command in [["apply", "--environment", "development"], ["reset"]] {
      let made = try await hostile.project.dbtool(command + ["--database", hostile.url("theirs")])
      try #require(made.status == 0, "\(made.output)")
      try await hostile.execute("DROP TABLE public.a", in: "theirs")
      try await hostile.execute("ALTER DATABASE theirs RENAME TO \(new)", in: "postgres", as: "mal")
      let next = try await hostile.on("dev", "reset")
      #expect(next.status == 1 && next.output.contains("\(new) is in the way"), "\(next.output)")
      #expect(try await hostile.ask(Self.names, in: "postgres") == new)
      try await hostile.execute("ALTER DATABASE \(new) RENAME TO theirs", in: "postgres")
    }
  }

  /// Its lock is held in template1.
  @Test func theDatabasePostgresIsMadeAnewAsWell() async throws {
    let hostile = try await HostileProject(Self.migrations)
    defer { hostile.project.remove() }
    #expect(try await hostile.on("postgres", "apply", "--environment", "development").status == 0)
    let reset = try await hostile.on("postgres", "reset")
    #expect(reset.status == 0, "\(reset.output)")
    #expect(try await hostile.ask("SELECT count(*)::text FROM public.a", in: "postgres") == "1")
  }

  @Test func whatHasSomebodysTablesIsNotTakenForARemainder() async throws {
    let hostile = try await Self.prepared()
    defer { hostile.project.remove() }
    let new = try await leftBehind(hostile)
    try await hostile.execute("CREATE FUNCTION public.precious() RETURNS integer LANGUAGE sql AS 'SELECT 1'", in: new)
    let next = try await hostile.on("dev", "reset")
    #expect(next.status == 1 && next.output.contains("\(new) is in the way"), "\(next.output)")
    #expect(try await hostile.ask("SELECT count(*)::text FROM public.a", in: "dev") == "1")
    #expect(try await hostile.ask("SELECT 'public.precious'::regproc::text", in: new) == "precious")
    // One that somebody has made, with this project's marks.
    try await hostile.execute(
      "DROP DATABASE dev; DROP DATABASE \(new); CREATE ROLE mal LOGIN CREATEDB; CREATE DATABASE \(new) OWNER mal",
      in: "postgres")
    #expect(try await hostile.on(new, as: "mal", "mark", "--from", "none", "--to", "development").status == 0)
    try await hostile.execute("INSERT INTO dbtool.settings VALUES ('project', 'library')", in: new, as: "mal")
    let foreign = try await hostile.on("dev", "reset")
    #expect(foreign.status == 1 && foreign.output.contains("\(new) is in the way"), "\(foreign.output)")
    #expect(try await hostile.ask(Self.names, in: "postgres") == new)
  }
}
