import FoundationEssentials
import Postgres
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// The tool as a person runs it: a process, its output, its exit code.
/// What can go wrong, and what is said then.
@Suite(.serialized) struct CommandFaultTests: PlatformSuite {
  @Test func aTamperedMigrationIsRefused() async throws {
    try await withPlatform { project in
      let name = try #require(try project.migrations.first)
      try project.write(try project.read("migrations/\(name)") + "\nSELECT 1;\n", to: "migrations/\(name)")
      for command in ["plan", "apply", "drift"] {
        let outcome = try await project.dbtool(command)
        #expect(outcome.status == 1 && outcome.output.contains("changed after it landed"), "\(outcome.output)")
      }
    }
  }

  @Test func aMissingMigrationIsNamed() async throws {
    try await withPlatform { project in
      let name = try #require(try project.migrations.first)
      try FileManager.default.removeItem(atPath: "\(project.root)/migrations/\(name)")
      let outcome = try await project.dbtool("apply")
      #expect(
        outcome.status == 1 && outcome.output.contains("\(name) is listed in schema.lock but not there"),
        "\(outcome.output)")
    }
  }

  @Test func aTruncatedLockIsRefused() async throws {
    try await withPlatform { project in
      try project.write(String(try project.read("schema.lock").prefix(5000)), to: "schema.lock")
      for command in ["plan", "apply", "drift"] {
        let outcome = try await project.dbtool(command)
        #expect(outcome.status == 1 && outcome.output.contains("schema.lock: "), "\(outcome.output)")
      }
    }
  }

  @Test func aMachineWithoutPostgresSaysWhatToInstall() async throws {
    let project = try TestProject()
    defer { project.remove() }
    let outcome = try await project.dbtool("plan", environment: ["PG_BIN": "/nonexistent"])
    #expect(outcome.status == 1)
    #expect(
      outcome.output.contains("no PostgreSQL server was found") && outcome.output.contains("apt-get install"),
      "\(outcome.output)")
  }

  @Test func anUnreachableHostIsSaid() async throws {
    try await withPlatform { project in
      let outcome = try await project.dbtool("apply", "--database", "postgres://me:secret@127.0.0.1:1/x")
      #expect(
        outcome.status == 1 && outcome.output.contains("cannot connect to database x on 127.0.0.1:1 as me"),
        "\(outcome.output)")
      #expect(!outcome.output.contains("secret"))
    }
  }

  @Test func anOldServerIsRefused() async throws {
    try await withPlatform { project in
      let server = FakeServer(version: "13.14")
      defer { server.stop() }
      for command in ["apply", "drift", "status"] {
        let outcome = try await project.dbtool(
          command, "--database", "postgres://me@127.0.0.1:\(server.port)/x?sslmode=disable")
        #expect(
          outcome.status == 1 && outcome.output.contains("PostgreSQL 13.14; dbtool works with 14 and newer"),
          "\(outcome.output)")
      }
    }
  }

  @Test func aPasswordOnTheCommandLineIsNotInTheProcessList() async throws {
    let project = try TestProject()
    defer { project.remove() }
    let server = FakeServer(version: nil)
    defer { server.stop() }
    let url = "postgres://me:hunter2@127.0.0.1:\(server.port)/x?connect_timeout=3600"
    let running = try project.start("status", "--database", url)
    // The server never answers, so that the tool stays where it is: connected.
    try await Waiting.until("dbtool connects") { server.isCalled }
    let line = try String(contentsOfFile: "/proc/\(running.pid)/cmdline", encoding: .utf8)
    kill(running.pid, SIGKILL)
    let outcome = await project.finish(running)
    #expect(line.contains("postgres://me:xxxxxxx@127.0.0.1"), "\(line)")
    #expect(!line.contains("hunter2") && !outcome.output.contains("hunter2"), "\(outcome.output)")
  }

  @Test func aWrongPasswordIsSaidAndNotShown() async throws {
    let project = try TestProject()
    defer { project.remove() }
    try project.copyPlatform()
    let server = try await Databases.server.value
    // A server that asks for passwords, on a socket in a folder of its own: there is no port that another could have.
    let data = "\(project.home)/secured"
    let user = try ProcessUser.forServers()
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    if user.needsSwitch { _ = try await ChildProcess.run("/bin/chown", [user.name, data]) }
    let initdb = try await ChildProcess.run(
      server.installation.bin + "/initdb", ["-D", data, "-U", "me", "-N", "-A", "trust"], as: user, in: "/")
    try #require(initdb.status == 0, "\(initdb.output)")
    try "local all all scram-sha-256\n".write(toFile: data + "/pg_hba.conf", atomically: false, encoding: .utf8)
    let start = try await ChildProcess.run(
      server.installation.bin + "/pg_ctl",
      ["-D", data, "-w", "-t", "600", "-l", data + "/log", "-o", "-c listen_addresses='' -k \(data)", "start"],
      as: user, in: "/")
    try #require(start.status == 0, "\(start.output)")
    defer {
      _ = try? ChildProcess.run(
        server.installation.bin + "/pg_ctl", ["-D", data, "-m", "immediate", "stop"], as: user, in: "/")
    }
    let outcome = try await project.dbtool("apply", "--database", "postgres://me:hunter2@/postgres?host=\(data)")
    #expect(outcome.status == 1 && outcome.output.contains("password authentication failed"), "\(outcome.output)")
    #expect(!outcome.output.contains("hunter2"))
  }

  @Test func ofTwoAppliesAtOnceOneWorks() async throws {
    try await withPlatform { project in
      #expect(try await project.dbtool("apply").status == 0)
      try project.write(
        "BEGIN;\n\(Obstacle.statements)\nCREATE TABLE public.slow (a int);\nCOMMIT;\n",
        to: "migrations/20990101000000_slow.sql")
      #expect(try await project.dbtool("plan", "--update-lock").status == 0)
      let obstacle = try await Obstacle(in: try await target(project))
      let first = try project.start("apply")
      try await obstacle.isReached()
      let second = try await project.dbtool("apply")
      await obstacle.remove()
      let outcome = await project.finish(first)
      #expect(
        second.status == 1 && second.output.contains("another dbtool apply, seed or retirement is at work"),
        "\(second.output)")
      #expect(outcome.status == 0, "\(outcome.output)")
      #expect(try await project.dbtool("status").output.contains("up to date"))
    }
  }

  @Test func aFailedMigrationLeavesNothingAndIsFinishedLater() async throws {
    try await withPlatform { project in
      #expect(try await project.dbtool("apply").status == 0)
      try project.write(
        "BEGIN;\nCREATE TABLE public.first (a int);\nCOMMIT;\nBEGIN;\nCREATE TABLE public.second (a int);\nINSERT INTO public.second SELECT 1 / (SELECT count(*)::int FROM pg_database WHERE datname = 'nobody');\nCOMMIT;\n",
        to: "migrations/20990101000000_fails.sql")
      // It fails on the scratch server too, so it does not get into the lock; put it there by hand, as a bad merge would.
      let digest = Digest(of: try project.read("migrations/20990101000000_fails.sql"))
      let lock = try project.read("schema.lock")
      let end = try #require(lock.ranges(of: "\nexternal ").first)
      try project.write(
        lock[..<end.lowerBound] + "\nmigration 20990101000000 fails sha256:\(digest)" + lock[end.lowerBound...],
        to: "schema.lock")
      let outcome = try await project.dbtool("apply")
      #expect(
        outcome.status == 1 && outcome.output.contains("fails.sql, line 6: division by zero"), "\(outcome.output)")
      #expect(outcome.output.contains("1 of the migration's 2 parts is done"))
      let tables = try await project.dbtool(
        "postgres", "psql", "--", "-Atc", "SELECT relname FROM pg_class WHERE relname IN ('first', 'second')")
      #expect(tables.output.contains("first") && !tables.output.contains("second"))
      #expect(try await project.dbtool("status").output.contains("part 1 of 2"))
      // The cause goes away; the rest is done, the first part not again.
      #expect(try await project.dbtool("postgres", "psql", "--", "-c", "CREATE DATABASE nobody").status == 0)
      let finished = try await project.dbtool("apply")
      #expect(finished.status == 0 && finished.output.contains("going on after part 1"), "\(finished.output)")
    }
  }

  @Test func anApplyThatIsKilledIsFinishedByTheNext() async throws {
    try await withPlatform { project in
      #expect(try await project.dbtool("apply").status == 0)
      try project.write(
        """
        BEGIN;
        CREATE TABLE public.first (a int);
        COMMIT;
        BEGIN;
        \(Obstacle.statements)
        CREATE TABLE public.second (a int);
        COMMIT;
        """, to: "migrations/20990101000000_slow.sql")
      #expect(try await project.dbtool("plan", "--update-lock").status == 0)
      let obstacle = try await Obstacle(in: try await target(project))
      let victim = try project.start("apply")
      try await obstacle.isReached()
      kill(victim.pid, SIGKILL)
      let killed = await project.finish(victim)
      #expect(killed.status != 0, "\(killed.output)")
      #expect(try await project.dbtool("status").output.contains("part 1 of 2"))
      await obstacle.remove()
      let finished = try await project.dbtool("apply")
      #expect(finished.status == 0 && finished.output.contains("going on after part 1"), "\(finished.output)")
      #expect(try await project.dbtool("status").output.contains("up to date"))
      let tables = try await project.dbtool(
        "postgres", "psql", "--", "-Atc", "SELECT count(*) FROM pg_class WHERE relname IN ('first', 'second')")
      #expect(tables.output.hasPrefix("2"), "\(tables.output)")
    }
  }

  @Test func applyStopsWhereItIsTold() async throws {
    try await withPlatform { project in
      try project.write(
        "BEGIN;\nCREATE TABLE public.later (a int);\nCOMMIT;\n", to: "migrations/20990101000000_later.sql")
      #expect(try await project.dbtool("plan", "--update-lock").status == 0)
      let last = String(try #require(try project.migrations.dropLast().last).prefix(14))
      #expect(try await project.dbtool("apply", "--to", last).status == 0)
      #expect(try await project.dbtool("status").output.contains("1 to apply"))
      #expect(try await project.dbtool("apply", "--to", "19990101000000").status == 1)
      let dryRun = try await project.dbtool("apply", "--dry-run")
      #expect(dryRun.output.contains("would apply 20990101000000_later.sql"), "\(dryRun.output)")
      #expect(try await project.dbtool("status").output.contains("1 to apply"))
    }
  }

  @Test func dumpRebuildsWhatItReads() async throws {
    try await withPlatform { project in
      #expect(try await project.dbtool("apply").status == 0)
      let url = "postgres:///platform?host=\(try await socket(project))&user=postgres"
      // A server has one database with pg_cron, and the copy is another.
      let unschedule = "SELECT cron.unschedule(jobname) FROM cron.job"
      #expect(try await project.dbtool("postgres", "psql", "--", "-c", unschedule).status == 0)
      let dump = try await project.dbtool("dump", url)
      #expect(dump.status == 0 && dump.output.contains("CREATE TABLE webinar.webinar_registrants ("))
      try project.write(dump.output, to: "dump.sql")
      #expect(try await project.dbtool("postgres", "psql", "--", "-c", "CREATE DATABASE copy").status == 0)
      let copy = url.replacing("/platform?", with: "/copy?")
      // What belongs to the hosting platform is not dumped; a copy gets it from there.
      let hosting = try await ChildProcess.run(
        "/bin/sh", ["-c", "pg_dump --schema=auth '\(url)' | psql -X -q -v ON_ERROR_STOP=1 '\(copy)'"],
        environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "HOME": project.home])
      #expect(hosting.status == 0, "\(hosting.output)")
      let psql = try await ChildProcess.run(
        "/usr/bin/env",
        ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", copy, "-f", project.root + "/dump.sql"],
        environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "HOME": project.home])
      #expect(psql.status == 0, "\(psql.output)")
      let check = try await project.dbtool("diff", "--from", copy, "--to", url, "--check")
      #expect(check.status == 0, "\(check.output)")
    }
  }

  @Test func aLockThatLostALineIsNoticed() async throws {
    try await withPlatform { project in
      try project.write(
        "BEGIN;\nCREATE INDEX extra ON webinar.sync_runs (started_at);\nCOMMIT;\n",
        to: "migrations/20990101000000_extra.sql")
      #expect(try await project.dbtool("plan", "--update-lock").status == 0)
      let lock = try project.read("schema.lock")
      try project.write(
        lock.split(separator: "\n").filter { !$0.hasPrefix("index webinar extra ") }.joined(separator: "\n") + "\n",
        to: "schema.lock")
      // The declarations agree with the lock; the migrations do not.
      #expect(try await project.dbtool("plan").output.contains("nothing to do"))
      let check = try await project.dbtool("plan", "--check")
      #expect(
        check.status == 2 && check.output.contains("not in the lock: index webinar.extra"), "\(check.output)")
      #expect(try await project.dbtool("plan", "--update-lock").status == 0)
      #expect(try project.read("schema.lock") == lock)
    }
  }

  @Test func driftWithAStrangersRoleIsStillAReport() async throws {
    try await withPlatform { project in
      #expect(try await project.dbtool("apply").status == 0)
      let tamper = """
        CREATE ROLE analytics; GRANT SELECT ON checkin.checkins TO analytics;
        ALTER FUNCTION webinar.parse_flag(text) COST 7
        """
      #expect(try await project.dbtool("postgres", "psql", "--", "-c", tamper).status == 0)
      let drift = try await project.dbtool("drift")
      #expect(drift.status == 2, "\(drift.output)")
      #expect(drift.output.contains("analytics") && drift.output.contains("parse_flag"), "\(drift.output)")
    }
  }

  @Test func theEnvironmentCannotLeadAnEmbeddedServerAstray() async throws {
    let elsewhere = ["PGHOSTADDR": "127.0.0.2", "PGSERVICE": "nowhere", "PGPORT": "1", "PGSSLMODE": "require"]
    try await withPlatform { project in
      let reset = try await project.dbtool("reset", environment: elsewhere)
      #expect(reset.status == 0, "\(reset.output)")
      #expect(try await project.dbtool("plan", environment: elsewhere).status == 0)
      // A database that the user names is where the user's environment says.
      let named = try await project.dbtool("status", "--database", "dbname=x", environment: elsewhere)
      #expect(named.status == 1 && named.output.contains("nowhere"), "\(named.output)")
    }
  }

  @Test func aSeedFileIsOneTransaction() async throws {
    try await withPlatform { project in
      try project.write("COMMIT;\nSELECT 1;\n", to: "seeds/common/900_commits.sql")
      let reset = try await project.dbtool("reset", "--seed")
      #expect(
        reset.status == 1
          && reset.output.contains("seeds/common/900_commits.sql, line 1: a seed file is one transaction"),
        "\(reset.output)")
      try project.write("SELECT 1;\n", to: "seeds/common/900_commits.sql")
      #expect(try await project.dbtool("seed").status == 0)
      #expect(try await project.dbtool("seed", "--environment", "test").status == 0)
      let again = try await project.dbtool("seed")
      #expect(again.output.contains("0 files loaded"), "\(again.output)")
    }
  }

  @Test func anotherPackageHasADbtoolOfItsOwn() async throws {
    let binary = try #require(
      ProcessInfo.processInfo.environment["DBTOOL_TEST_EXAMPLE"],
      "run the tests with make test, which builds the example")
    let project = try TestProject(binary: binary)
    defer { project.remove() }
    #expect(try await project.dbtool("plan", "--name", "start").status == 0)
    #expect(try await project.dbtool("apply").status == 0)
    let drift = try await project.dbtool("drift")
    #expect(drift.status == 0, "\(drift.output)")
  }
}
