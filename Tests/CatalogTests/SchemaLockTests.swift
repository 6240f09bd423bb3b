import Catalog
import FoundationEssentials
import Introspection
import Postgres
import TestSupport
import Testing

@Suite struct SchemaLockTests {
  private func randomCatalog(_ seed: UInt64) async throws -> Catalog {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        for role in SchemaGenerator.roles {
          _ = try? await connection.execute("CREATE ROLE \(Quote.identifier(role))")
        }
        _ = try await connection.pipeline(SchemaGenerator.schema(seed: seed).map { Statement($0) }, sync: .each)
        try await connection.execute(#"COMMENT ON SCHEMA s1 IS E'tab\t quote " back\\slash \n line = [x]'"#)
        // Roles are the server's, and other tests make some.
        return try await CatalogReader().read(connection).removing { $0.id.kind == .role }
      }
    }
  }

  @Test func theVersionsThatWordedALockAreKept() throws {
    var catalog = Catalog(serverVersion: ServerVersion(number: 150_020))
    #expect(!SchemaLock(catalog: catalog).text.contains("words-of"))
    catalog.otherMajors = [18, 16]
    let text = SchemaLock(catalog: catalog, database: "shop").text
    #expect(text.hasPrefix("dbtool-lock 1\npostgres 150020\nwords-of 16\nwords-of 18\ndatabase shop\n"))
    let parsed = try SchemaLock(parsing: text)
    #expect(parsed.catalog.otherMajors == [16, 18] && parsed.catalog.serverVersion.major == 15 && parsed.text == text)
    for wrong in ["words-of", "words-of x", "words-of 18 16"] {
      let error = #expect(throws: SchemaLock.Failure.self) {
        try SchemaLock(parsing: text.replacing("words-of 18", with: wrong))
      }
      #expect(error?.reason.contains("line 4: a words-of line") == true)
    }
  }

  @Test(arguments: [UInt64(11), 12, 13, 14])
  func aCatalogComesBackFromItsText(seed: UInt64) async throws {
    let catalog = try await randomCatalog(seed)
    let lock = SchemaLock(migrations: [.init(version: "20260101000000", name: "x", digest: "ab")], catalog: catalog)
    let parsed = try SchemaLock(parsing: lock.text)
    #expect(parsed.text == lock.text)
    #expect(parsed.catalog.fingerprint == catalog.fingerprint)
    #expect(CatalogDifference.compare(expected: catalog, actual: parsed.catalog).isEmpty)
  }

  @Test func theOrderOfRowsDoesNotMatter() async throws {
    // The same statements, loaded twice: other OIDs, the same text.
    let (a, b) = (try await randomCatalog(15), try await randomCatalog(15))
    #expect(SchemaLock(catalog: a).text == SchemaLock(catalog: b).text)
  }

  @Test func aTruncatedFileIsRefused() async throws {
    let text = SchemaLock(catalog: try await randomCatalog(16)).text
    var refused = 0
    for cut in stride(from: 1, to: text.count - 5, by: max(1, text.count / 40)) {
      #expect(throws: SchemaLock.Failure.self) { try SchemaLock(parsing: String(text.prefix(cut))) }
      refused += 1
    }
    #expect(refused > 20)
  }

  @Test func aLineThatIsLostIsNoticed() async throws {
    let text = SchemaLock(catalog: try await randomCatalog(17)).text
    let without = text.split(separator: "\n").filter { !$0.hasPrefix("schema - s1") }.joined(separator: "\n") + "\n"
    let error = #expect(throws: SchemaLock.Failure.self) { try SchemaLock(parsing: without) }
    #expect(error?.reason.contains("schema s1") == true)
  }

  @Test func aMergeConflictIsNamed() {
    let error = #expect(throws: SchemaLock.Failure.self) {
      try SchemaLock(parsing: "dbtool-lock 1\npostgres 150000\n<<<<<<< ours\nend\n")
    }
    #expect(error?.reason == "line 3 is a merge conflict")
  }

  @Test(arguments: [
    ("database", 3), ("database ", 3), ("database shop extra", 3), ("database \"shop", 3), ("databse shop", 3),
    ("Database shop", 3), (" database shop", 3), ("database\tshop", 3), ("database shop\ndatabase store", 4),
    ("migration 20260101000000 a sha256:1\nstand-ins sha256:2\ndatabase \"shop", 5),
  ])
  func aLineThatNamesNoDatabaseIsAnError(lines: String, number: Int) {
    for end in ["\n", "\r\n"] {
      let text = "dbtool-lock 1\npostgres 150000\n\(lines)\ntable - t\nend\n".replacing("\n", with: end)
      let error = #expect(throws: SchemaLock.Failure.self) { try SchemaLock.database(of: text) }
      #expect(error?.description.contains("schema.lock: line \(number)") == true, "\(error.map { "\($0)" } ?? "")")
    }
  }

  @Test func theDatabaseIsFoundWhereverItsLineIs() throws {
    let migrations = (1...40).map { "migration 2026010100\(1000 + $0) a sha256:1\n" }.joined()
    #expect(try SchemaLock.database(of: "dbtool-lock 1\npostgres 150000\n\(migrations)database shop\nend\n") == "shop")
    let text = "dbtool-lock 1\npostgres 150000\n\(migrations)table - t\ndatabase \"a b\"\nend\n"
    #expect(try SchemaLock.database(of: text) == "a b")
    #expect(try SchemaLock.database(of: text.replacing("\n", with: "\r\n")) == "a b")
    #expect(try SchemaLock.database(of: "dbtool-lock 1\npostgres 150000\n\(migrations)table - t\nend\n") == nil)
    // Rebase reads both sides of a merge by itself.
    #expect(try SchemaLock.database(of: "dbtool-lock 1\n<<<<<<< a\n=======\n>>>>>>> b\ndatabase shop\nend\n") == "shop")
    for text in ["", "\n", "something else\n"] {
      #expect(throws: SchemaLock.Failure.self) { try SchemaLock.database(of: text) }
    }
  }

  @Test func twoBranchesMergeLineByLine() async throws {
    let folder = "/tmp/dbtool-merge-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func git(_ arguments: String...) async throws {
      let outcome = try await ChildProcess.run(
        "/usr/bin/git", ["-c", "user.name=a", "-c", "user.email=a@localhost"] + arguments,
        environment: ["HOME": folder, "PATH": "/usr/bin:/bin"], in: folder)
      try #require(outcome.status == 0, "\(outcome.output)")
    }
    func write(_ lock: SchemaLock) throws {
      try lock.text.write(toFile: folder + "/schema.lock", atomically: false, encoding: .utf8)
    }
    func branch(_ name: String, _ version: String, table: String) async throws {
      var lock = base
      lock.migrations.append(.init(version: version, name: name, digest: "2"))
      lock.catalog.insert(Fact(FactID(.table, name: table)))
      try await git("checkout", "-q", "-b", name, "main")
      try write(lock)
      try await git("commit", "-qam", name)
    }
    let base = SchemaLock(migrations: [.init(version: "20260101000000", name: "a", digest: "1")], catalog: Catalog())
    try await git("init", "-q", "-b", "main")
    try String(contentsOfFile: TestProject.repository + "/.gitattributes", encoding: .utf8)
      .write(toFile: folder + "/.gitattributes", atomically: false, encoding: .utf8)
    try write(base)
    try await git("add", ".")
    try await git("commit", "-qm", "start")
    try await branch("left", "20260102000000", table: "l")
    try await branch("right", "20260103000000", table: "r")
    try await git("merge", "-q", "-m", "both", "left")
    let merged = try SchemaLock(
      parsing: try String(contentsOfFile: folder + "/schema.lock", encoding: .utf8))
    #expect(merged.migrations.map(\.name).sorted() == ["a", "left", "right"])
    #expect(merged.catalog.facts.count == 2)
  }

  @Test func bothSidesOfAChangedLineAreRefused() {
    let error = #expect(throws: SchemaLock.Failure.self) {
      try SchemaLock(parsing: "dbtool-lock 1\npostgres 150000\ntable s a\ntable s a row_security=true\nend\n")
    }
    #expect(error?.reason.contains("line 4: a second line for table s.a") == true, "\(String(describing: error))")
  }
}
