import Catalog
import FoundationEssentials
import Migrations
import Postgres
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What others put among the files of a project.
@Suite struct RedTeamFileTests {
  private static let secret = "hunter2secret"

  /// An error shows words of what it is about.
  @Test func aLinkShowsNothingOfWhatItLeadsTo() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    let elsewhere = try TestProject(binary: try TestBinary.example())
    defer {
      project.remove()
      elsewhere.remove()
    }
    try elsewhere.write(Self.secret, to: "secret")
    for folder in ["states", "shared"] {
      try FileManager.default.createDirectory(atPath: "\(project.root)/\(folder)", withIntermediateDirectories: true)
    }
    try project.write("SELECT 1;", to: "states/a.sql")
    try project.write("SELECT 1;", to: "migrations/20260101000000_base.sql")
    try #require(try await project.dbtool("plan", "--update-lock").status == 0)
    let manager = FileManager.default
    for path in ["migrations/20260102000000_x.sql", "states/b.sql", "evil.sql"] {
      try manager.createSymbolicLink(
        atPath: "\(project.root)/\(path)", withDestinationPath: "\(elsewhere.root)/secret")
    }
    for command in [
      ["plan", "--update-lock"], ["lint"], ["lint", "evil.sql"], ["lint", "migrations/20260102000000_x.sql"],
      ["diff", "--from", "states", "--to", "states/a.sql"], ["diff", "--from", "states/b.sql", "--to", "states/a.sql"],
    ] {
      let outcome = try await project.dbtool(command)
      let isRefused = outcome.status == 1 && outcome.output.contains("by a symbolic link")
      RedTeam.judge(
        "a link out of the project, \(command.joined(separator: " "))",
        gotThrough: outcome.output.contains(Self.secret) || !isRefused ? outcome.output : nil)
    }
    // One that stays within is what it leads to.
    try manager.removeItem(atPath: project.root + "/migrations/20260102000000_x.sql")
    try project.write("SELECT 2;", to: "shared/x.sql")
    try manager.createSymbolicLink(
      atPath: project.root + "/migrations/20260102000000_x.sql", withDestinationPath: "../shared/x.sql")
    let adopted = try await project.dbtool("plan", "--update-lock")
    #expect(adopted.status == 0, "\(adopted.output)")
  }

  /// The folder of migrations and the lock as links: what they lead to would be read, applied and written to.
  @Test(arguments: ["migrations", "schema.lock"]) func nothingOfTheProjectIsALinkOutOfIt(name: String) async throws {
    let project = try TestProject(binary: try TestBinary.example())
    let elsewhere = try TestProject(binary: try TestBinary.example())
    defer {
      project.remove()
      elsewhere.remove()
    }
    try project.write("CREATE TABLE \(Self.secret) ();", to: "migrations/20260101000000_base.sql")
    try #require(try await project.dbtool("plan", "--update-lock").status == 0)
    let manager = FileManager.default
    let (inside, outside) = ("\(project.root)/\(name)", "\(elsewhere.root)/\(name)")
    try? manager.removeItem(atPath: outside)
    try manager.moveItem(atPath: inside, toPath: outside)
    try manager.createSymbolicLink(atPath: inside, withDestinationPath: outside)
    func contents() throws -> [String] {
      guard name == "migrations" else { return [try elsewhere.read(name)] }
      return try manager.contentsOfDirectory(atPath: outside).sorted()
    }
    let before = try contents()
    for command in [
      ["plan"], ["plan", "--name", "more"], ["plan", "--update-lock"], ["apply"], ["apply", "--dry-run"], ["lint"],
      ["drift"],
      ["revert", "--to", "20260101000000"], ["squash", "--before", "20260102000000"],
    ] {
      let outcome = try await project.dbtool(command)
      let isRefused = outcome.status == 1 && outcome.output.contains("leads out of the project")
      let isKept = try contents() == before && !outcome.output.contains(Self.secret)
      RedTeam.judge(
        "\(name) is a link, \(command.joined(separator: " "))", gotThrough: isRefused && isKept ? nil : outcome.output)
    }
  }

  /// For the parser and for libpq a text ends at a NUL byte; for psql it goes on.
  @Test func nothingStandsBehindANULByte() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    let text = "CREATE TABLE na ();\n\0\nDROP TABLE na;"
    #expect(throws: ScriptError.self) { try Script.split(text) }
    #expect(throws: ScriptError.self) { try Script.splitWithRows(text) }
    try project.write("SELECT 1;", to: "a.sql")
    for path in ["migrations/20260101000000_x.sql", "nul.sql"] { try project.write(text, to: path) }
    for command in [
      ["plan", "--update-lock"], ["lint", "nul.sql"], ["diff", "--from", "a.sql", "--to", "nul.sql"], ["apply"],
    ] {
      let outcome = try await project.dbtool(command)
      RedTeam.judge(
        "a NUL byte, \(command.joined(separator: " "))",
        gotThrough: outcome.status == 1 && outcome.output.contains(":2:") ? nil : "\(outcome.status) \(outcome.output)")
    }
  }

  /// psql puts its variables (`USER`, `HOST`, `DBNAME`) where a colon and a name stand.
  @Test func psqlPutsNothingIntoWhatIsWritten() async throws {
    let schema = #"""
      CREATE TABLE t (allowed text[], "USER" int, "HOST" int, CHECK ((allowed[ : "USER"])::text <> '{}'));
      CREATE POLICY p ON t USING ((allowed["HOST" : "USER"])::text = '{admin}');
      """#
    try await Databases.with { database in
      try await Databases.withinGate { copy in
        try await Connection.with(database.target) { connection in
          for statement in try Script.split(schema) { try await connection.execute(statement.sql) }
        }
        let tree = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 't'::regclass"
        let expression = try await Connection.with(database.target) { try await $0.query(tree)[0].string(0) }
        #expect(expression.contains(":\"USER\""), "PostgreSQL prints it without a space: \(expression)")
        for sql in try Script.split(schema).map(\.sql) + ["ALTER TABLE t ADD CONSTRAINT again \(expression)"] {
          let outcome = try await Databases.psql(PortableSQL.text(sql) + ";", on: copy)
          #expect(outcome.status == 0, "\(outcome.output)")
        }
        let copied = try await Connection.with(copy.target) {
          try await $0.query(tree + " AND conname = 'again'")[0].string(0)
        }
        RedTeam.judge("a slice that psql takes for a variable", gotThrough: copied == expression ? nil : copied)
      }
    }
    for (text, written) in [
      (#"SELECT a[1:"USER"]"#, #"SELECT a[1: "USER"]"#), ("SELECT a[b:c]", "SELECT a[b: c]"),
      ("SELECT a::text, ':x', a[1:2]", "SELECT a::text, ':x', a[1:2]"), ("SELECT a[:$1]", "SELECT a[:$1]"),
    ] { #expect(PortableSQL.text(text) == written) }
  }

  /// A repository's own settings name programs.
  @Test func noProgramOfARepositoryRuns() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    let canary = project.root + "/ran"
    try project.write("#!/bin/sh\ntouch '\(canary)'\n", to: "evil.sh")
    chmod(project.root + "/evil.sh", 0o755)
    try project.write("SELECT 1;", to: "migrations/20260101000000_base.sql")
    try #require(try await project.dbtool("plan", "--update-lock").status == 0)
    // A signature that makes git look for somebody to check it.
    try project.write(
      """
      #!/bin/sh
      cat > /dev/null
      printf '\\n[GNUPG:] SIG_CREATED D 1 2 3\\n' >&2
      printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nx\\n-----END PGP SIGNATURE-----\\n'

      """, to: "sign.sh")
    chmod(project.root + "/sign.sh", 0o755)
    let git = { (arguments: [String]) in
      try await ChildProcess.run(
        "/usr/bin/git", arguments, environment: ["HOME": project.home, "PATH": "/usr/bin:/bin"], in: project.root)
    }
    let identity = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "gpg.program=\(project.root)/sign.sh"]
    for arguments in [["init", "-q", "-b", "main"], ["add", "."], identity + ["commit", "-S", "-qm", "base"]] {
      let outcome = try await git(arguments)
      try #require(outcome.status == 0, "\(outcome.output)")
    }
    try project.write("*.sql filter=x diff=x\n", to: ".gitattributes")
    let evil = project.root + "/evil.sh"
    let missing = String(repeating: "d", count: 40)
    for (setting, value) in [
      ("core.fsmonitor", evil), ("core.pager", evil), ("diff.external", evil), ("diff.x.textconv", evil),
      ("diff.x.command", evil),
      ("filter.x.clean", evil), ("filter.x.smudge", evil), ("filter.x.process", evil), ("log.showSignature", "true"),
      ("gpg.program", evil), ("extensions.partialClone", "evil"), ("remote.evil.promisor", "true"),
      ("remote.evil.url", "file://\(project.root)"), ("remote.evil.uploadpack", "\(evil);"),
      ("protocol.file.allow", "always"), ("core.repositoryFormatVersion", "1"),
    ] { try #require(try await git(["config", setting, value]).status == 0) }
    // Plain git would run it.
    for command in [["diff", "--name-only", "main", "--", "migrations"], ["log", "-1"], ["cat-file", "-e", missing]] {
      let migration = project.root + "/migrations/20260101000000_base.sql"
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: 0)], ofItemAtPath: migration)
      _ = try await git(command)
      try #require(FileManager.default.fileExists(atPath: canary), "\(command)")
      try FileManager.default.removeItem(atPath: canary)
    }
    _ = try await project.dbtool("rebase", "--onto", missing)
    try project.write("SELECT 2;", to: "migrations/20260102000000_mine.sql")
    try #require(try await project.dbtool("plan", "--update-lock").status == 0)
    let rebased = try await project.dbtool("rebase", "--onto", "main")
    #expect(rebased.status == 0, "\(rebased.output)")
    RedTeam.judge(
      "a program in a repository's settings",
      gotThrough: FileManager.default.fileExists(atPath: canary) ? "it ran" : nil)
    guard geteuid() == 0 else { return }
    // One of another user is git's to refuse.
    let handed = try await ChildProcess.run("/bin/chown", ["-R", "nobody", project.root + "/.git", project.root])
    try #require(handed.status == 0, "\(handed.output)")
    let refused = try await project.dbtool("rebase", "--onto", "main")
    RedTeam.judge(
      "another user's repository",
      gotThrough: refused.status == 1 && refused.output.contains("dubious ownership") ? nil : refused.output)
  }

  /// A lock is read by nobody in a review: what it says is neither printed as it stands, nor kept for others.
  @Test func whatALockSaysIsNeitherPrintedNorKept() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    try project.write(
      "CREATE TABLE t (a int); CREATE INDEX i ON t (a) WHERE a > 1; COMMENT ON TABLE t IS 'honest';",
      to: "migrations/20260101000000_base.sql")
    try project.write("SELECT 1;", to: "empty.sql")
    try #require(try await project.dbtool("plan", "--update-lock").status == 0)
    let honest = try project.read("schema.lock")
    let forged = honest.replacing("honest", with: "forged").replacing(
      "(a > 1)", with: "(a > 1); ALTER ROLE x PASSWORD 'owned'")
    try #require(forged.contains("forged") && forged.contains("owned"))
    try project.write(forged, to: "schema.lock")
    let printed = try await project.dbtool("diff", "--from", "empty.sql", "--to", "lock", "--format", "sql")
    RedTeam.judge(
      "a second statement in a lock's text",
      gotThrough: printed.status == 1 && printed.output.contains("more than one statement") ? nil : printed.output)
    try project.write(honest.replacing("honest", with: "forged"), to: "schema.lock")
    let checked = try await project.dbtool("plan", "--check")
    #expect(checked.status != 0, "\(checked.output)")
    let kept = try await ChildProcess.run("/bin/grep", ["-rl", "forged", project.home + "/.cache/dbtool/catalogs"])
    RedTeam.judge("a forged lock in the cache", gotThrough: kept.output.isEmpty ? nil : kept.output)
    let folder = try FileManager.default.contentsOfDirectory(atPath: project.home + "/.cache/dbtool/catalogs")
    #expect(!folder.isEmpty)
  }

  /// A plan is made from what stands in the cache.
  @Test func whatOthersMayWriteIsNoCache() throws {
    let base = "/tmp/dbtool-cache-\(UInt64.random(in: 0...UInt64.max))"
    defer { try? FileManager.default.removeItem(atPath: base) }
    let folder = base + "/catalogs"
    let key = Digest(of: "x")
    let cache = try #require(CatalogCache(folder: folder))
    cache.store(Catalog(), for: key)
    #expect(cache.contains(key) && cache.catalog(for: key) != nil)
    #expect(CatalogCache(folder: folder)?.contains(key) == true)
    chmod("\(folder)/\(key)", 0o666)
    RedTeam.judge("an entry that others may write", gotThrough: cache.contains(key) ? "it counts" : nil)
    chmod("\(folder)/\(key)", 0o600)
    for mode: mode_t in [0o777, 0o720] {
      chmod(folder, mode)
      RedTeam.judge("a cache that others may write", gotThrough: CatalogCache(folder: folder) == nil ? nil : "\(mode)")
    }
    chmod(folder, 0o700)
    // What takes its place later is another folder.
    rename(folder, base + "/moved")
    mkdir(folder, 0o700)
    cache.store(Catalog(), for: Digest(of: "y"))
    RedTeam.judge(
      "a folder in the place of the cache",
      gotThrough: FileManager.default.fileExists(atPath: "\(folder)/\(Digest(of: "y"))") ? "written there" : nil)
    #expect(cache.contains(key))
  }
}
