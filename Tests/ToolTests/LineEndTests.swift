import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// What git makes of line ends on other machines changes nothing.
@Suite(.serialized) struct LineEndTests {
  private static let migrations = [
    "20260101000000_a":
      "-- 20260101000000_a\nCREATE TABLE a (id int, t text DEFAULT 'one\ntwo');\nINSERT INTO a VALUES (1);\n",
    "20260102000000_c":
      "-- 20260102000000_c\n-- dbtool:contract\n-- hazards:\n--   data-loss: it is gone\nDROP TABLE a;\n",
  ]

  private func write(_ project: TestProject, _ change: (String) -> String) throws {
    for (name, text) in Self.migrations { try project.write(change(text), to: "migrations/\(name).sql") }
  }

  private func windows(_ text: String) -> String { text.replacing("\n", with: "\r\n") }

  private func psql(_ project: TestProject, _ sql: String) async throws -> String {
    let outcome = try await project.dbtool("postgres", "psql", "--", "-X", "-v", "ON_ERROR_STOP=1", "-Atc", sql)
    try #require(outcome.status == 0, "\(outcome.output)")
    return outcome.output.trimmedTrailing
  }

  private func applied(_ change: (String) -> String) async throws -> TestProject {
    let project = try TestProject(binary: try TestBinary.example())
    try write(project, change)
    let plan = try await project.dbtool("plan", "--update-lock")
    try #require(plan.status == 0, "\(plan.output)")
    // A contract waits for the clients of what was there before.
    let apply = try await project.dbtool("apply", "--to", "20260101000000")
    try #require(apply.status == 0, "\(apply.output)")
    return project
  }

  @Test(arguments: ["\r\n", "\r", "\n", " \t\r\n"])
  func aContractWaitsWhateverEndsItsLines(end: String) async throws {
    let project = try await applied { $0.replacing("\n", with: end) }
    defer { project.remove() }
    let apply = try await project.dbtool("apply")
    #expect(apply.status == 0 && apply.output.contains("stopped before 20260102000000_c.sql"), "\(apply.output)")
    #expect(apply.output.contains("data-loss: it is gone"), "\(apply.output)")
    #expect(try await psql(project, "SELECT count(*) FROM a") == "1")
    // What a constant holds is the same on every machine.
    if end == "\r\n" { #expect(try await psql(project, "SELECT t = E'one\\ntwo' FROM a") == "t") }
    let contract = try await project.dbtool("apply", "--contract")
    #expect(contract.status == 0, "\(contract.output)")
  }

  @Test func aProjectIsTheSameWithOtherLineEnds() async throws {
    let project = try await applied { $0 }
    defer { project.remove() }
    #expect(try await project.dbtool("apply").status == 0)
    let lock = try project.read("schema.lock")
    let before = try await project.dbtool("status").output
    try write(project) { "\u{feff}" + windows($0) }
    try project.write("\u{feff}" + windows(lock), to: "schema.lock")
    #expect(try await project.dbtool("status").output == before)
    let apply = try await project.dbtool("apply")
    #expect(apply.status == 0 && apply.output.contains("stopped before"), "\(apply.output)")
    #expect(try await project.dbtool("drift").status == 0)
    // The lock that is written anew is the one that was.
    #expect(try await project.dbtool("plan", "--update-lock").status == 0)
    #expect(try project.read("schema.lock") == lock)
  }

  @Test func ahistoryOfTheBytesIsStillTheFilesOwn() async throws {
    let project = try await applied { $0 }
    defer { project.remove() }
    #expect(try await project.dbtool("apply").status == 0)
    // As an earlier dbtool wrote it, from a checkout with CRLF.
    let bytes = windows(Self.migrations["20260101000000_a"] ?? "")
    #expect(
      try await psql(project, "UPDATE dbtool.migrations SET checksum = '\(Digest(of: bytes))' RETURNING 1").hasPrefix(
        "1"))
    for change in [{ $0 }, windows] as [(String) -> String] {
      try write(project, change)
      let apply = try await project.dbtool("apply")
      #expect(apply.status == 0 && apply.output.contains("stopped before"), "\(apply.output)")
    }
    try project.write("SELECT 2;\n", to: "migrations/20260101000000_a.sql")
    #expect(try await project.dbtool("apply").status == 1)
  }

  @Test func aSeedIsLoadedOnceWhateverEndsItsLines() async throws {
    let project = try await applied { $0 }
    defer { project.remove() }
    #expect(try await project.dbtool("apply").status == 0)
    let seed = "INSERT INTO a VALUES (7, 'x\ny');\nINSERT INTO a VALUES (8);\n"
    try FileManager.default.createDirectory(
      atPath: project.root + "/seeds/development", withIntermediateDirectories: true)
    try project.write(windows(seed), to: "seeds/development/010_a.sql")
    #expect(try await project.dbtool("seed").status == 0)
    #expect(try await psql(project, "SELECT t = E'x\\ny' FROM a WHERE id = 7") == "t")
    for text in [seed, windows(seed), "\u{feff}" + seed] {
      try project.write(text, to: "seeds/development/010_a.sql")
      let again = try await project.dbtool("seed")
      #expect(again.output.contains("0 files loaded, 1 unchanged"), "\(again.output)")
    }
  }

  /// Whoever writes a directive relies on it: one that would not be followed is an error, and nothing is applied.
  @Test(arguments: [
    "-- DBTOOL:CONTRACT\nDROP TABLE a;", "-- dbtool:contracts\nDROP TABLE a;", "-- dbtool:contract.\nDROP TABLE a;",
    "BEGIN;\n-- dbtool:contract\nDROP TABLE a;\nCOMMIT;", "SELECT 1;\n-- dbtool:contract\nDROP TABLE a;",
    "--\u{200B}dbtool:contract\nDROP TABLE a;", "-- dbtool:backfil\nUPDATE a SET id = 1;",
    "-- Dbtool:Backfill\nUPDATE a SET id = 1;", "/* dbtool:contract */\nDROP TABLE a;",
    "/* of /* some */ length\n * dbtool:contract\n */ DROP TABLE a;",
    // Read as what it is: a directive, and this one is unknown.
    "/* a licence,\n   two lines */\n-- dbtool:contracts\nDROP TABLE a;",
    "BEGIN;\n-- dbtool:backfill\nUPDATE a SET id = 1;\nCOMMIT;", "---- dbtool:contract\nDROP TABLE a;",
  ]) func aDirectiveThatWouldNotBeFollowedIsRefused(text: String) async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    try project.write("CREATE TABLE a (id int PRIMARY KEY);\n", to: "migrations/20260101000000_a.sql")
    try #require(try await project.dbtool("plan", "--update-lock").status == 0)
    try project.write(text + "\n", to: "migrations/20260102000000_b.sql")
    for command in [["plan", "--update-lock"], ["lint"]] {
      let outcome = try await project.dbtool(command)
      #expect(outcome.status == 1 && outcome.output.contains("dbtool:"), "\(command): \(outcome.output)")
    }
    // Prose is none.
    try project.write(
      "-- dbtool: mind the gap\nALTER TABLE a ADD COLUMN n int;\n", to: "migrations/20260102000000_b.sql")
    #expect(try await project.dbtool("plan", "--update-lock").status == 0)
  }
}
