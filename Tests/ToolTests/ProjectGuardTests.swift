import Catalog
import FoundationEssentials
import Migrations
import Postgres
import TestSupport
import Testing

/// The binary of one project in the folder, or on the database, of another; and in a folder that is none.
@Suite(.serialized) struct ProjectGuardTests {
  private func project() async throws -> TestProject {
    let project = try TestProject(binary: try TestBinary.example())
    let plan = try await project.dbtool("plan", "--name", "first")
    try #require(plan.status == 0, "\(plan.output)")
    return project
  }

  @Test func anotherProjectsBinaryIsRefused() async throws {
    let project = try await project()
    defer { project.remove() }
    let stranger = project.using(try TestBinary.path())
    let files = try project.migrations
    let lock = try project.read("schema.lock")
    #expect(lock.contains("\ndatabase library\n"))
    for arguments in [
      ["plan"], ["plan", "--name", "drop_it", "--allow", "data-loss"], ["plan", "--check"], ["apply"],
      ["apply", "--dry-run"], ["status"], ["drift"], ["reset"], ["seed"], ["revert", "--to", "0"], ["repair"],
      ["squash", "--before", "20990101000000"], ["rebase"], ["partitions", "plan"], ["partitions", "apply"], ["lint"],
      ["mark", "--from", "none", "--to", "test"], ["postgres", "start"], ["postgres", "psql"],
      ["types", "--language", "swift"],
      ["docs", "--format", "mermaid"], ["diff", "--from", "lock", "--to", "schema"],
      ["diff", "--from", "empty", "--to", "migrations"],
    ] {
      let outcome = try await stranger.dbtool(arguments)
      #expect(outcome.status == 1, "\(arguments): \(outcome.output)")
      #expect(
        outcome.output.contains("the database library") && outcome.output.contains("this dbtool declares platform"),
        "\(arguments): \(outcome.output)")
    }
    #expect(try project.migrations == files && project.read("schema.lock") == lock)
    // What has nothing to do with the folder is anybody's.
    #expect(try await stranger.dbtool("fingerprint", "empty").status == 0)
  }

  /// A slip in the line that names the database opens the folder to nobody.
  @Test(arguments: ["database", "database \"library", "databse library", "database library\ndatabase other"])
  func aLockThatDoesNotSayWhoseItIsIsAnError(line: String) async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    try project.write("dbtool-lock 1\npostgres 150000\n\(line)\nend\n", to: "schema.lock")
    for arguments in [
      ["mark", "--from", "none", "--to", "test"], ["postgres", "start"], ["status"], ["lint"],
      ["import", "x", "--into", "y"],
    ] {
      for program in [project, project.using(try TestBinary.path())] {
        let outcome = try await program.dbtool(arguments)
        #expect(outcome.status == 1 && outcome.output.contains("schema.lock: line "), "\(arguments): \(outcome.output)")
      }
    }
    #expect(!FileManager.default.fileExists(atPath: project.home + "/state"))
  }

  /// Repair is for histories, not for files that are not there.
  @Test func statusSaysThatFilesAreNotThoseOfTheLock() async throws {
    let project = try await project()
    defer { project.remove() }
    #expect(try await project.dbtool("apply").status == 0)
    let name = try #require(try project.migrations.first)
    let text = try project.read("migrations/\(name)")
    try project.write("SELECT 1;\n", to: "migrations/20990101000000_later.sql")
    let later = try await project.dbtool("status")
    #expect(later.status == 0 && later.output.contains("20990101000000_later.sql"), "\(later.output)")
    #expect(later.output.contains("schema.lock"), "\(later.output)")
    try FileManager.default.removeItem(atPath: project.root + "/migrations/20990101000000_later.sql")
    try project.write(text + "SELECT 1;\n", to: "migrations/\(name)")
    for isThere in [true, false] {
      if !isThere { try FileManager.default.removeItem(atPath: project.root + "/migrations/\(name)") }
      let status = try await project.dbtool("status")
      #expect(status.status == 1 && status.output.contains(name), "\(status.output)")
      #expect(!status.output.contains("dbtool repair") && !status.output.contains("up to date"), "\(status.output)")
    }
  }

  @Test func anOlderLockGainsItsDatabaseWhenItIsWritten() async throws {
    let project = try await project()
    defer { project.remove() }
    let lock = try project.read("schema.lock")
    try project.write(lock.replacing("database library\n", with: ""), to: "schema.lock")
    #expect(try await project.dbtool("plan", "--check").status == 0)
    #expect(!(try project.read("schema.lock").contains("database library")))
    #expect(try await project.dbtool("plan", "--update-lock").status == 0)
    #expect(try project.read("schema.lock") == lock)
  }

  @Test func anotherProjectsDatabaseIsRefusedBeforeAnythingIsWritten() async throws {
    let project = try await project()
    defer { project.remove() }
    #expect(try await project.dbtool("apply").status == 0)
    let socket = try await CommandTests().socket(project)
    let url = "postgres:///other?host=\(socket)&user=postgres"
    let target = try ConnectionTarget(url)
    #expect(try await project.dbtool("postgres", "psql", "--", "-c", "CREATE DATABASE other").status == 0)
    try await Connection.with(target) { connection in
      try await History.ensure(connection)
      try await History.set("project", "shop", connection)
    }
    for arguments in [
      ["apply"], ["apply", "--environment", "test"], ["apply", "--dry-run"], ["seed"], ["repair"],
      ["partitions", "apply"],
      ["mark", "--from", "none", "--to", "test"],
      ["status"], ["status", "--format", "json"], ["drift"], ["drift", "--fix"], ["drift", "--accept"], ["plan"],
      ["plan", "--out", "plan.json"], ["revert", "--to", "0", "--dry-run"],
    ] {
      let outcome = try await project.dbtool(arguments + ["--database", url])
      // There are no seeds here.
      let isTold = arguments == ["seed"] || outcome.output.contains("belongs to the project shop")
      #expect(outcome.status == 1 && isTold, "\(arguments): \(outcome.output)")
    }
    let left = try await Connection.with(target) { connection in
      try await connection.query(
        "SELECT to_regclass('books') IS NULL AND (SELECT count(*) FROM dbtool.migrations) = 0 AND (SELECT count(*) FROM dbtool.settings WHERE key = 'environment') = 0"
      )[0].bool(0)
    }
    #expect(left)
    #expect(!FileManager.default.fileExists(atPath: project.root + "/plan.json"))
    // Beside one's own, it does not hide that.
    for command in ["status", "drift"] {
      let both = try await project.dbtool(
        command, "--database", "postgres:///library?host=\(socket)&user=postgres", "--database", url)
      #expect(both.status == 1 && both.output.contains("belongs to the project shop"), "\(both.output)")
      #expect(both.output.contains(command == "status" ? "up to date" : "no drift"), "\(both.output)")
    }
    // A server does not write of roles that there are not when it is looked for.
    let state = project.home + "/state"
    for log in try FileManager.default.contentsOfDirectory(atPath: state) where log.hasSuffix(".log") {
      let text = try String(contentsOfFile: "\(state)/\(log)", encoding: .utf8)
      #expect(!text.contains("role "), "\(text)")
    }
    // Renamed on purpose.
    let wrong = try await project.dbtool("mark", "--renamed-from", "store", "--database", url)
    #expect(wrong.status == 1 && wrong.output.contains("belongs to the project shop"), "\(wrong.output)")
    #expect(try await project.dbtool("mark", "--renamed-from", "shop", "--database", url).status == 0)
    let apply = try await project.dbtool("apply", "--database", url)
    #expect(apply.status == 0, "\(apply.output)")
  }

  @Test func aFolderThatIsNoProjectIsAnError() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    try FileManager.default.removeItem(atPath: project.root + "/migrations")
    for arguments in [
      ["apply"], ["apply", "--dry-run"], ["drift"], ["status"], ["seed"], ["reset"], ["partitions"],
      ["partitions", "plan"],
      ["partitions", "status"], ["rebase"], ["squash", "--before", "20990101000000"], ["repair"],
      ["revert", "--to", "0"],
      ["mark", "--from", "none", "--to", "test"], ["postgres", "start"], ["fingerprint", "lock"],
      ["diff", "--from", "migrations", "--to", "schema"],
    ] {
      let outcome = try await project.dbtool(arguments)
      #expect(outcome.status == 1, "\(arguments): \(outcome.output)")
      #expect(
        outcome.output.contains("neither migrations/ nor schema.lock") && outcome.output.contains("--project"),
        "\(arguments): \(outcome.output)")
    }
    #expect(!FileManager.default.fileExists(atPath: project.home + "/state"))
    // A new project begins here.
    let plan = try await project.dbtool("plan")
    #expect(plan.status == 0 && plan.output.contains("next: dbtool plan --name"), "\(plan.output)")
    #expect(try await project.dbtool("plan", "--name", "first").status == 0)
    #expect(try await project.dbtool("apply").status == 0)
  }

  @Test func psqlIsThatOfTheProjectThatIsNamed() async throws {
    let project = try await project()
    defer { project.remove() }
    let elsewhere = try TestProject(binary: try TestBinary.example())
    defer { elsewhere.remove() }
    #expect(try await project.dbtool("apply").status == 0)
    let here = ["HOME": project.home, "DBTOOL_STATE_DIR": project.home + "/state"]
    for separator in [["--"], []] {
      let psql = try await elsewhere.dbtool(
        ["postgres", "psql", "--project", project.root] + separator + [
          "-Atc", "SELECT to_regclass('books') IS NOT NULL",
        ],
        environment: here)
      #expect(psql.status == 0 && psql.output == "t\n", "\(psql.output)")
    }
  }

  @Test func aLockNamesItsDatabaseHoweverItIsCalled() throws {
    for name in ["shop", "Odd name", "a\"b\\c", "-", "café", "", "two\nlines"] {
      let lock = SchemaLock(database: name)
      #expect(try SchemaLock(parsing: lock.text).database == name)
      #expect(try SchemaLock.database(of: lock.text) == name)
      let windows = lock.text.replacing("\n", with: "\r\n")
      #expect(try SchemaLock(parsing: windows).text == lock.text)
      #expect(try SchemaLock.database(of: windows) == name)
    }
    #expect(try SchemaLock.database(of: SchemaLock().text) == nil)
    #expect(throws: SchemaLock.Failure.self) {
      try SchemaLock(parsing: "dbtool-lock 1\ndatabase a\ndatabase b\nend\n")
    }
    #expect(try SchemaLock(parsing: "dbtool-lock 1\ndatabase a\ndatabase a\nend\n").database == "a")
  }
}
