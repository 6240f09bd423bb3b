import FoundationEssentials
import Migrations
import Postgres
import TestSupport
import Testing

/// What a database is marked as, who may change that, and what may be dropped.
@Suite(.serialized) struct MarkTests {
  /// A small project whose migration is applied to its embedded database.
  private func applied(_ arguments: String...) async throws -> TestProject {
    let project = try TestProject(binary: try TestBinary.example())
    try project.write(
      "CREATE TABLE a (id int);\nINSERT INTO a VALUES (1), (2);\n", to: "migrations/20260101000000_a.sql")
    let plan = try await project.dbtool("plan", "--update-lock")
    try #require(plan.status == 0, "\(plan.output)")
    let apply = try await project.dbtool(["apply"] + arguments)
    try #require(apply.status == 0, "\(apply.output)")
    return project
  }

  private func url(_ project: TestProject, _ database: String) async throws -> String {
    "postgres:///\(database)?host=\(try await CommandTests().socket(project))&user=postgres"
  }

  private func psql(_ project: TestProject, _ sql: String) async throws -> String {
    let outcome = try await project.dbtool("postgres", "psql", "--", "-X", "-v", "ON_ERROR_STOP=1", "-Atc", sql)
    try #require(outcome.status == 0, "\(outcome.output)")
    return outcome.output.trimmedTrailing
  }

  private func mark(_ project: TestProject) async throws -> String {
    try await psql(project, "SELECT value FROM dbtool.settings WHERE key = 'environment'")
  }

  @Test(arguments: [
    ("production", EnvironmentMark.production), ("PROD", .production), ("Live", .production), ("stage", .staging),
    ("PreProd", .staging), ("dev", .development), ("local", .development), ("CI", .test), ("testing", .test),
    ("Demo-2", .custom("demo-2")),
  ])
  func namesAreComparedWithoutCaseAndByTheirAliases(name: String, mark: EnvironmentMark) {
    #expect(EnvironmentMark(name) == mark)
    #expect(EnvironmentMark(stored: " \(name)\n") == mark)
    #expect(EnvironmentMark("\(mark)") == mark)
  }

  @Test(arguments: [
    "", " ", "../outside", "/etc", "a/b", ".", "..", ".hidden", "-x", "a b", "a\nb", "pr\u{43E}d", "none", "a\u{0}",
  ])
  func whatIsNoNameIsNone(name: String) { #expect(EnvironmentMark(name) == nil) }

  @Test func applyReplacesNoMark() async throws {
    let project = try await applied("--environment", "Production")
    defer { project.remove() }
    #expect(try await mark(project) == "production")
    try project.write("CREATE TABLE b (id int);\n", to: "migrations/20260102000000_b.sql")
    #expect(try await project.dbtool("plan", "--update-lock").status == 0)
    let other = try await project.dbtool("apply", "--environment", "development")
    #expect(other.status == 1 && other.output.contains("marked as production, not as development"), "\(other.output)")
    #expect(other.output.contains("dbtool mark --from production --to development"), "\(other.output)")
    #expect(try await mark(project) == "production")
    #expect(try await psql(project, "SELECT to_regclass('b') IS NULL") == "t")
    // The same by another of its names is no change.
    #expect(try await project.dbtool("apply", "--environment", "PROD").status == 0)
    #expect(try await psql(project, "SELECT to_regclass('b') IS NULL") == "f")
    #expect(try await mark(project) == "production")
  }

  @Test(arguments: ["Production", "prod", "LIVE"])
  func whatAnOlderDbtoolWroteIsUnderstood(stored: String) async throws {
    let project = try await applied()
    defer { project.remove() }
    _ = try await psql(project, "UPDATE dbtool.settings SET value = '\(stored)' WHERE key = 'environment'")
    for arguments in [["reset"], ["reset", "--drop-database", "library"]] {
      let reset = try await project.dbtool(arguments)
      #expect(reset.status == 1 && reset.output.contains("is marked as production"), "\(reset.output)")
    }
    #expect(try await psql(project, "SELECT count(*) FROM a") == "2")
    #expect(try await project.dbtool("status").output.contains("environment production"))
    #expect(try await project.dbtool("mark", "--from", "production", "--to", "test").status == 0)
    #expect(try await mark(project) == "test")
  }

  @Test func aMarkChangesOnlyFromWhatItIs() async throws {
    let project = try await applied("--environment", "staging")
    defer { project.remove() }
    let wrong = try await project.dbtool("mark", "--from", "development", "--to", "production")
    #expect(
      wrong.status == 1 && wrong.output.contains("is marked as staging, and --from says development"), "\(wrong.output)"
    )
    #expect(try await project.dbtool("mark", "--from", "none", "--to", "production").status == 1)
    #expect(try await mark(project) == "staging")
    let right = try await project.dbtool("mark", "--from", "Stage", "--to", "Prod")
    #expect(right.status == 0 && right.output.contains("is marked as production"), "\(right.output)")
    #expect(try await mark(project) == "production")
    _ = try await psql(project, "DELETE FROM dbtool.settings WHERE key = 'environment'")
    #expect(try await project.dbtool("mark", "--from", "production", "--to", "test").status == 1)
    #expect(try await project.dbtool("mark", "--from", "none", "--to", "demo").status == 0)
    #expect(try await mark(project) == "demo")
    for arguments in [
      [], ["--from", "a"], ["--to", "a"], ["--from", "a", "--to", "../b"],
      ["--from", "a", "--to", "none"],
    ] {
      let usage = try await project.dbtool(["mark"] + arguments)
      #expect(usage.status == 64, "\(arguments): \(usage.output)")
    }
  }

  /// What somebody has written by hand can be named, in the words that dbtool itself prints.
  @Test func aMarkThatIsNoNameCanBeChanged() async throws {
    let project = try await applied()
    defer { project.remove() }
    let texts = [
      "Our demo!", "it's", "-x", "--to", "$(touch /tmp/dbtool-mark)", "`id`", "none", "None", "", " ", "a\tb", "a\nb",
      "\u{1b}[31mred", "\"", "\\", "ÉCOLE", "*", "../outside", "a;b", "#x", "~", "\u{202e}x",
      String(repeating: "x", count: 200),
    ]
    for text in texts {
      _ = try await psql(
        project,
        "INSERT INTO dbtool.settings VALUES ('environment', \(Quote.literal(text))) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
      )
      let wrong = try await project.dbtool("mark", "--from", "somethingElse", "--to", "test")
      #expect(wrong.status == 1 && wrong.output.contains("and --from says somethingElse; nothing"), "\(wrong.output)")
      // As a shell reads what is printed.
      let advice = String(try #require(wrong.output.split(separator: "is named with ").last)).trimmedTrailing.dropLast()
      let right = try await ChildProcess.run(
        "/bin/bash", ["-c", "\(project.binary) mark \(advice) --to staging"],
        environment: [
          "HOME": project.home, "DBTOOL_STATE_DIR": project.home + "/state", "NO_COLOR": "1", "PATH": "/usr/bin:/bin",
        ], in: project.root)
      #expect(right.status == 0, "\(text.debugDescription): \(advice): \(right.output)")
      #expect(try await mark(project) == "staging", "\(text.debugDescription)")
    }
    #expect(!FileManager.default.fileExists(atPath: "/tmp/dbtool-mark"))
    // A database without a mark is named with none, too.
    _ = try await psql(project, "DELETE FROM dbtool.settings WHERE key = 'environment'")
    let wrong = try await project.dbtool("mark", "--from", "test", "--to", "demo")
    #expect(wrong.status == 1 && wrong.output.contains("is named with --from none."), "\(wrong.output)")
    #expect(try await project.dbtool("mark", "--from", "none", "--to", "demo").status == 0)
  }

  /// One that is marked otherwise while reset looks keeps all that it has.
  @Test func resetTakesNothingFromWhatIsMarkedMeanwhile() async throws {
    let project = try await applied("--environment", "development")
    defer { project.remove() }
    let target = try ConnectionTarget(try await url(project, "library"))
    try await Connection.with(target) { connection in
      try await connection.execute(
        "SET client_min_messages = error; CREATE SUBSCRIPTION s CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false)"
      )
      // Its rows cannot be counted now: that is where it is met.
      try await connection.execute("BEGIN; LOCK TABLE public.a")
      let reset = try project.start("reset")
      try await Waiting.forSessions(at: "pg_relation_size", waits: true, on: target)
      try await connection.execute("UPDATE dbtool.settings SET value = 'staging' WHERE key = 'environment'; COMMIT")
      let outcome = await project.finish(reset)
      #expect(outcome.status == 1 && outcome.output.contains("staging"), "\(outcome.output)")
      #expect(try await connection.query("SELECT subname FROM pg_subscription")[0].string(0) == "s")
      #expect(try await connection.query("SELECT count(*) FROM public.a")[0].int(0) == 2)
    }
  }

  /// Seeds that are not there are no reason to lose what is.
  @Test func resetLooksForItsSeedsBeforeItDrops() async throws {
    let project = try await applied("--environment", "development")
    defer { project.remove() }
    _ = try await psql(project, "INSERT INTO a VALUES (3)")
    let reset = try await project.dbtool("reset", "--seed")
    #expect(reset.status == 1 && reset.output.contains("no seeds for the environment development"), "\(reset.output)")
    #expect(try await psql(project, "SELECT count(*) FROM a") == "3")
  }

  @Test func aDatabasesNameIsPrintedForTheShell() async throws {
    let project = try await applied()
    defer { project.remove() }
    let name = "$(touch /tmp/dbtool-name) it's"
    _ = try await psql(project, "CREATE DATABASE \(Quote.identifier(name))")
    let url = "host=\(try await CommandTests().socket(project)) user=postgres dbname='$(touch /tmp/dbtool-name) it\\'s'"
    let refused = try await project.dbtool("reset", "--database", url)
    #expect(refused.status == 1, "\(refused.output)")
    #expect(refused.output.contains(#"--drop-database '$(touch /tmp/dbtool-name) it'\''s'"#), "\(refused.output)")
    #expect(try await project.dbtool("reset", "--database", url, "--drop-database", name).status == 0)
  }

  /// One that is marked at the same moment by somebody else is not marked over.
  @Test func twoMarksAtOnceAreOne() async throws {
    let project = try await applied()
    defer { project.remove() }
    let url = try await url(project, "other")
    _ = try await psql(project, "CREATE DATABASE other")
    let marks = ["staging", "production", "demo", "test"]
    let outcomes = try await withThrowingTaskGroup(of: (String, Int).self) { group in
      for mark in marks {
        group.addTask { (mark, try await project.dbtool("apply", "--environment", mark, "--database", url).status) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let marked = try await Connection.with(try ConnectionTarget(url)) {
      try await $0.query("SELECT value FROM dbtool.settings WHERE key = 'environment'")[0].string(0)
    }
    #expect(outcomes.filter { $0.1 == 0 }.map(\.0) == [marked])
  }

  @Test(arguments: ["staging", "demo", "live-2"])
  func resetNeedsTheNameOfWhatItDoesNotKnow(environment: String) async throws {
    let project = try await applied("--environment", environment)
    defer { project.remove() }
    let refused = try await project.dbtool("reset")
    #expect(refused.status == 1 && refused.output.contains("--drop-database library"), "\(refused.output)")
    // What would go.
    for part in ["1 table", "2 rows", "MiB", "the mark \(environment)", "the project library", "20260101000000_a"] {
      #expect(refused.output.contains(part), "\(part): \(refused.output)")
    }
    let wrong = try await project.dbtool("reset", "--drop-database", "librarY")
    #expect(wrong.status == 1 && wrong.output.contains("not its name"), "\(wrong.output)")
    _ = try await psql(project, "INSERT INTO a VALUES (3)")
    let reset = try await project.dbtool("reset", "--drop-database", "library")
    #expect(
      reset.status == 0 && reset.output.contains("dropping") && reset.output.contains("3 rows"), "\(reset.output)")
    // The new one is what the old one was.
    #expect(try await mark(project) == environment)
    #expect(try await psql(project, "SELECT count(*) FROM a") == "2")
  }

  @Test func resetDropsWhatIsForDevelopmentOrTests() async throws {
    let project = try await applied()
    defer { project.remove() }
    for environment in ["test", "development"] {
      #expect(try await project.dbtool("reset", "--environment", environment).status == 0)
      #expect(try await mark(project) == environment)
      #expect(try await project.dbtool("reset").status == 0)
      #expect(try await mark(project) == environment)
    }
    // Not by the embedded server, but by its mark.
    _ = try await psql(project, "CREATE DATABASE other")
    let url = try await url(project, "other")
    #expect(try await project.dbtool("apply", "--environment", "CI", "--database", url).status == 0)
    #expect(try await project.dbtool("reset", "--database", url).status == 0)
    // One that is not there is made.
    let fresh = url.replacing("/other?", with: "/fresh?")
    #expect(try await project.dbtool("reset", "--database", fresh).status == 0)
  }

  @Test func theNameAnswersForStrangersAndNeverForProduction() async throws {
    let project = try await applied()
    defer { project.remove() }
    _ = try await psql(project, "CREATE DATABASE \"Odd name\"")
    let url = try await url(project, "Odd%20name")
    let stranger = try await project.dbtool("reset", "--database", url)
    #expect(stranger.status == 1 && stranger.output.contains("was not made by this project"), "\(stranger.output)")
    #expect(try await project.dbtool("apply", "--database", url).status == 0)
    let unmarked = try await project.dbtool("reset", "--database", url)
    #expect(
      unmarked.status == 1 && unmarked.output.contains("not marked as a database for development"), "\(unmarked.output)"
    )
    let target = try ConnectionTarget(url)
    func set(_ key: String, _ value: String) async throws {
      try await Connection.with(target) { try await History.set(key, value, $0) }
    }
    try await set("project", "shop")
    try await set("environment", "test")
    let others = try await project.dbtool("reset", "--database", url)
    #expect(others.status == 1 && others.output.contains("another project, shop"), "\(others.output)")
    try await set("environment", "prod")
    let production = try await project.dbtool("reset", "--database", url, "--drop-database", "Odd name")
    #expect(production.status == 1 && production.output.contains("marked as production"), "\(production.output)")
    try await set("environment", "test")
    #expect(try await project.dbtool("reset", "--database", url, "--drop-database", "Odd name").status == 0)
    for option in ["--allow-production", "--allow-unrecognized"] {
      let gone = try await project.dbtool("reset", option)
      #expect(gone.status == 64 && gone.output.contains("\(option) is gone"), "\(gone.output)")
    }
  }

  /// What cannot be read is not taken for unmarked, be it the project's own.
  @Test func aHistoryThatCannotBeReadIsNotDropped() async throws {
    let project = try await applied()
    defer { project.remove() }
    _ = try await psql(
      project,
      "ALTER TABLE dbtool.settings RENAME TO kept; CREATE VIEW dbtool.settings AS SELECT key, 1/0 AS value FROM dbtool.kept"
    )
    for arguments in [["reset"], ["reset", "--drop-database", "library"]] {
      let reset = try await project.dbtool(arguments)
      #expect(reset.status == 1 && reset.output.contains("cannot be read or trusted"), "\(reset.output)")
    }
    #expect(try await psql(project, "SELECT count(*) FROM a") == "2")
  }

  /// A mark that is being written decides, though the check began before.
  @Test func resetWaitsForNobodyWhoAppliesOrMarks() async throws {
    let project = try await applied()
    defer { project.remove() }
    let target = try ConnectionTarget(try await url(project, "library"))
    let reset = try await ApplyLock.with(target) { _ in try await project.dbtool("reset") }
    #expect(reset.status == 1 && reset.output.contains("is at work on this database"), "\(reset.output)")
    #expect(try await psql(project, "SELECT count(*) FROM a") == "2")
  }

  @Test func otherSeedsAreForDevelopmentOnly() async throws {
    let project = try await applied()
    defer { project.remove() }
    for name in ["common", "development", "staging", "production", "demo"] {
      try FileManager.default.createDirectory(
        atPath: project.root + "/seeds/\(name)", withIntermediateDirectories: true)
      try project.write("INSERT INTO a VALUES (10);\n", to: "seeds/\(name)/010_a.sql")
    }
    #expect(try await project.dbtool("seed", "--environment", "demo").status == 0)
    for (other, own) in [("staging", "Stage"), ("Production", "live"), ("demo", "DEMO")] {
      let current = try await mark(project)
      #expect(try await project.dbtool("mark", "--from", current, "--to", other).status == 0)
      for stranger in ["development", "staging", "production", "demo"]
      where EnvironmentMark(stranger) != EnvironmentMark(other) {
        let before = try await psql(project, "SELECT count(*) FROM a")
        let seed = try await project.dbtool("seed", "--environment", stranger)
        #expect(seed.status == 1 && seed.output.contains("this database is marked as"), "\(seed.output)")
        #expect(try await psql(project, "SELECT count(*) FROM a") == before)
      }
      let seed = try await project.dbtool("seed", "--environment", own)
      #expect(seed.status == 0, "\(seed.output)")
    }
    for name in ["../outside", "", "/etc", "a\nb", "a b"] {
      for command in ["seed", "apply", "reset"] {
        #expect(try await project.dbtool(command, "--environment", name).status == 64)
      }
    }
  }
}

extension EnvironmentMark: CustomTestStringConvertible {
  public var testDescription: String { description }
}
