import FoundationEssentials
import Glibc
import Postgres
import TestSupport
import Testing

/// Commands on a database in which somebody has locked a table, or has taken a lock or a name of dbtool's.
@Suite(.serialized) struct LockedDatabaseTests {
  private static let migration = """
    CREATE SCHEMA ev;
    CREATE TABLE ev.x (id bigint PRIMARY KEY, a integer CHECK (a > 0));
    CREATE VIEW ev.v AS SELECT a FROM ev.x;
    """

  /// A command whose standard error can be read while it runs.
  private struct Run {
    let running: ChildProcess.Running
    let project: TestProject
    let file: String
    let arguments: [String]

    init(_ project: TestProject, _ arguments: [String]) throws {
      file = "said-\(UInt64.random(in: 0...UInt64.max))"
      self.project = project
      self.arguments = arguments
      try project.write("#!/bin/sh\nexec '\(project.binary)' \"$@\" 2>'\(project.root)/\(file)'\n", to: "run-\(file)")
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: "\(project.root)/run-\(file)")
      running = try project.using("\(project.root)/run-\(file)").start(arguments)
    }

    var said: String { (try? project.read(file)) ?? "" }

    func says(_ text: String) async throws {
      try await Waiting.until("\(text) is said by \(arguments); so far: \(said)") { said.contains(text) }
    }
  }

  private func connect(_ hostile: HostileProject, as user: String = "postgres", _ name: String) async throws
    -> Connection
  {
    try await Connection.open(try ConnectionTarget(hostile.url("library", as: user)).unpinned, applicationName: name)
  }

  @Test func everythingThatReadsADatabaseSaysWhoIsInItsWay() async throws {
    let hostile = try await HostileProject(["20260101000000_a": Self.migration])
    defer { hostile.project.remove() }
    let url = hostile.url("library")
    let apply = try await hostile.on("library", "apply")
    try #require(apply.status == 0, "\(apply.output)")
    let locker = try await connect(hostile, "night job")
    let pid = try await locker.query("SELECT pg_backend_pid()")[0].int(0)
    for arguments in [
      ["dump", url], ["fingerprint", url], ["drift", "--database", url], ["diff", "--from", url, "--to", "schema"],
      ["import", url, "--project", "fresh", "--into", "imported", "--no-mark"], ["status", "--database", url],
      ["docs", "--format", "mermaid", "--database", url],
      ["types", "--language", "typescript", "--database", url], ["plan", "--database", url],
      ["partitions", "status", "--database", url], ["partitions", "apply", "--database", url],
      ["apply", "--database", url], ["reset", "--drop-database", "library", "--database", url],
    ] {
      try renew("\(hostile.project.root)/fresh")
      let calm = arguments[0] == "reset" ? nil : try await hostile.project.dbtool(arguments)
      try renew("\(hostile.project.root)/fresh")
      try await locker.execute("BEGIN; LOCK TABLE ev.x, dbtool.settings, dbtool.migrations")
      let run = try Run(hostile.project, arguments)
      try await run.says("behind process \(pid) (night job) of the role postgres, open for ")
      #expect(run.said.contains("waiting for a lock on "), "\(arguments): \(run.said)")
      try await locker.execute("ROLLBACK")
      let outcome = await hostile.project.finish(run.running)
      if let calm { #expect(outcome.status == calm.status, "\(arguments): \(outcome.output)\(run.said)") }
    }
    await locker.close()
  }

  /// A folder without anything in it.
  private func renew(_ folder: String) throws {
    try? FileManager.default.removeItem(atPath: folder)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  /// A COMMIT that waits for a standby waits for no lock, and for ever.
  @Test func aStandbyThatIsWaitedForIsNamed() async throws {
    let hostile = try await HostileProject(["20260101000000_a": Self.migration])
    defer { hostile.project.remove() }
    try await hostile.execute(
      "ALTER SYSTEM SET synchronous_standby_names = 'elsewhere'; SELECT pg_catalog.pg_reload_conf()", in: "postgres")
    let run = try Run(hostile.project, ["apply", "--database", hostile.url("library")])
    try await run.says("waiting for a standby to confirm the COMMIT (synchronous_standby_names is 'elsewhere')")
    try await hostile.execute(
      "ALTER SYSTEM RESET synchronous_standby_names; SELECT pg_catalog.pg_reload_conf()", in: "postgres")
    let outcome = await hostile.project.finish(run.running)
    #expect(outcome.status == 0, "\(outcome.output)\(run.said)")
  }

  /// Whoever may connect can call himself `dbtool apply`.
  @Test func anApplyWaitsForNobodyWhoOnlyCallsHimselfSo() async throws {
    let hostile = try await HostileProject(["20260101000000_a": Self.migration])
    defer { hostile.project.remove() }
    try await hostile.execute("CREATE ROLE mallory LOGIN", in: "postgres")
    let impostor = try await connect(hostile, as: "mallory", "dbtool apply")
    try await impostor.execute("BEGIN; SELECT 1")
    let apply = try await hostile.on("library", "apply")
    #expect(apply.status == 0 && !apply.output.contains("earlier apply"), "\(apply.output)")
    await impostor.close()
  }

  /// One of a trusted role may be what an apply that was killed has left.
  @Test func anEarlierApplyIsWaitedForWithAdvice() async throws {
    let hostile = try await HostileProject(["20260101000000_a": Self.migration])
    defer { hostile.project.remove() }
    let earlier = try await connect(hostile, "dbtool apply")
    let pid = try await earlier.query("SELECT pg_backend_pid()")[0].int(0)
    // It does nothing within its transaction: nothing tells that it will ever end.
    try await earlier.execute("BEGIN; SELECT 1")
    let refused = try await hostile.on("library", "apply")
    #expect(
      refused.status == 1 && refused.output.contains("SELECT pg_catalog.pg_terminate_backend(\(pid))")
        && refused.output.contains("Nothing was applied"), "\(refused.output)")
    try await earlier.execute("ROLLBACK")
    // It is at work.
    let work = Task { _ = try? await earlier.query("SELECT pg_sleep(600)") }
    try await Waiting.forSessions(at: "pg_sleep", on: try ConnectionTarget(hostile.url("library")))
    let run = try Run(hostile.project, ["apply", "--database", hostile.url("library")])
    try await Waiting.until("the apply waits") {
      try await hostile.ask(
        """
        SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dbtool apply' AND pid <> \(pid)
           AND query LIKE '%virtualxid%'
        """, in: "library") == "1"
    }
    try await hostile.execute("SELECT pg_catalog.pg_terminate_backend(\(pid))", in: "library")
    let outcome = await hostile.project.finish(run.running)
    #expect(outcome.status == 0 && outcome.output.contains("waiting for an earlier apply: process \(pid) of the role"))
    await work.value
    await earlier.close()
  }

  /// Whoever may connect can take an advisory lock.
  @Test func whoHasTheLockIsToldAndHowItEnds() async throws {
    let hostile = try await HostileProject(["20260101000000_a": Self.migration])
    defer { hostile.project.remove() }
    try await hostile.execute("CREATE ROLE mallory LOGIN", in: "postgres")
    let holder = try await connect(hostile, as: "mallory", "psql")
    let pid = try await holder.query("SELECT pg_backend_pid()")[0].int(0)
    for key in ["6578804, 2", "6578804, 1"] {
      try await holder.execute("SELECT pg_advisory_lock(\(key))")
      if key.hasSuffix("2") {
        let refused = try await hostile.on("library", "apply")
        #expect(
          refused.status == 1 && refused.output.contains("psql, process \(pid) of mallory from local")
            && refused.output.contains("That role can act neither as you nor as the database's owner")
            && refused.output.contains("end it (SELECT pg_catalog.pg_terminate_backend(\(pid)))"), "\(refused.output)")
      } else {
        let run = try Run(hostile.project, ["apply", "--database", hostile.url("library")])
        try await run.says("waiting for an advisory lock, behind process \(pid) (psql) of the role mallory, open for ")
        try await run.says("SELECT pg_catalog.pg_terminate_backend(\(pid))")
        try await holder.execute("SELECT pg_advisory_unlock_all()")
        let outcome = await hostile.project.finish(run.running)
        #expect(outcome.status == 0, "\(outcome.output)\(run.said)")
      }
      try await holder.execute("SELECT pg_advisory_unlock_all()")
    }
    await holder.close()
  }

  private static let ending = #"ROLLBACK PREPARED E'it''s\u001bmine'"#

  /// A prepared transaction has no session, and is named all the same.
  @Test func aPreparedTransactionIsNamed() async throws {
    let hostile = try await HostileProject(["20260101000000_a": Self.migration])
    defer { hostile.project.remove() }
    try await hostile.execute("ALTER SYSTEM SET max_prepared_transactions = 4", in: "postgres")
    for command in ["stop", "start"] {
      let outcome = try await hostile.project.dbtool("postgres", command)
      try #require(outcome.status == 0, "\(outcome.output)")
    }
    try await hostile.execute(
      "CREATE TABLE public.kept (a int); CREATE VIEW public.seen AS SELECT a FROM public.kept", in: "library")
    let holder = try await connect(hostile, as: "postgres", "psql")
    try await holder.execute(
      "BEGIN; SELECT pg_advisory_xact_lock(6578804, 2); LOCK TABLE public.kept; PREPARE TRANSACTION E'it''s\\u001bmine'"
    )
    let refused = try await hostile.on("library", "apply")
    #expect(
      refused.status == 1 && refused.output.contains(#"the prepared transaction it's\u{1b}mine of postgres"#)
        && refused.output.contains(Self.ending), "\(refused.output)")
    let run = try Run(hostile.project, ["fingerprint", hostile.url("library")])
    try await run.says(#"behind the prepared transaction it's\u{1b}mine of the role postgres, open for "#)
    try await run.says(Self.ending)
    // As somebody would who copies it from the terminal.
    try await holder.execute(Self.ending)
    let outcome = await hostile.project.finish(run.running)
    #expect(outcome.status == 0, "\(outcome.output)\(run.said)")
    await holder.close()
  }

  /// What waits in a lock's queue has all who come later wait behind it.
  @Test(arguments: [SIGINT, SIGTERM]) func nothingOfACommandThatIsInterruptedStaysOnTheServer(signal: Int32)
    async throws
  {
    let hostile = try await HostileProject(["20260101000000_a": Self.migration])
    defer { hostile.project.remove() }
    let apply = try await hostile.on("library", "apply")
    try #require(apply.status == 0, "\(apply.output)")
    let locker = try await connect(hostile, "night job")
    try await locker.execute("BEGIN; LOCK TABLE ev.x")
    let run = try Run(hostile.project, ["fingerprint", hostile.url("library")])
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    try await Waiting.until("it waits") { try await hostile.ask(waiting, in: "library") == "1" }
    kill(run.running.pid, signal)
    let outcome = await hostile.project.finish(run.running)
    // For what it waits it may have said by then.
    #expect(
      outcome.status == 128 + Int(signal) && !run.said.contains("error"), "\(outcome.status): \(run.said)")
    // The lock is held still.
    try await Waiting.until("nobody waits") { try await hostile.ask(waiting, in: "library") == "0" }
    await locker.close()
  }

  @Test func aServerThatDoesNotAnswerIsNamed() async throws {
    let server = FakeServer(version: nil)
    defer { server.stop() }
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    let url = "postgresql://somebody:secret@127.0.0.1:\(server.port)/library?connect_timeout=4"
    let run = try Run(project, ["status", "--database", url])
    try await run.says("waiting for ")
    #expect(
      run.said.contains("127.0.0.1") && run.said.contains("to answer") && !run.said.contains("secret"), "\(run.said)")
    let outcome = await project.finish(run.running)
    #expect(outcome.status == 1)
  }
}
