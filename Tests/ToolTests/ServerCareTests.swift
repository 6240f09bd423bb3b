import FoundationEssentials
import Postgres
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// What servers leave on the machine belongs to whoever runs dbtool, and what is waited for is said.
@Suite struct ServerCareTests {
  /// A copy of the installation whose programs can be replaced, as an upgrade replaces them.
  private struct CopiedInstallation {
    let root: String
    var bin: String

    /// - Returns: nil where the installation is not laid out so that a copy finds what it needs.
    init?(of installation: Installation) throws {
      guard installation.bin.hasPrefix("/usr/lib/postgresql/") else { return nil }
      root = "/tmp/dbtool-installation-\(UInt64.random(in: 0...UInt64.max))"
      bin = root + installation.bin
      let manager = FileManager.default
      try manager.createDirectory(atPath: bin, withIntermediateDirectories: true)
      for program in ["postgres", "initdb", "psql", "pg_config"] {
        try manager.copyItem(atPath: "\(installation.bin)/\(program)", toPath: "\(bin)/\(program)")
      }
      let library = installation.bin.dropLast(3) + "lib"
      try manager.createSymbolicLink(atPath: root + library, withDestinationPath: String(library))
      try manager.createSymbolicLink(atPath: root + "/usr/share", withDestinationPath: "/usr/share")
    }

    func upgrade() throws {
      try FileManager.default.copyItem(atPath: bin + "/postgres", toPath: bin + "/postgres.new")
      guard rename(bin + "/postgres.new", bin + "/postgres") == 0 else {
        throw PostgresError(.connection, "cannot replace postgres")
      }
    }

    func remove() { try? FileManager.default.removeItem(atPath: root) }
  }

  @Test func aServerWhosePostgreSQLWasUpgradedIsStartedAnewWhereNobodyIsConnected() async throws {
    guard let copy = try CopiedInstallation(of: try Installation.find()) else { return }
    defer { copy.remove() }
    let project = try TestProject(binary: try TestBinary.example())
    let environment = ["PG_BIN": copy.bin]
    defer { project.remove() }
    func pid() async throws -> String {
      let status = try await project.dbtool("postgres", "status", environment: environment)
      return String(status.output.split(separator: "\n").first { $0.contains("process") } ?? "none")
    }
    let started = try await project.dbtool("postgres", "start", environment: environment)
    try #require(started.status == 0, "\(started.output)")
    let first = try await pid()
    let states = try FileManager.default.contentsOfDirectory(atPath: project.home + "/state")
    let folder = try #require(states.first { !$0.contains(".") })
    let client = try await Connection.open(
      ConnectionTarget(
        socketDirectory: "\(project.home)/state/\(folder)", user: ProjectServer.superuser, database: "postgres"))
    try copy.upgrade()
    let told = try await project.dbtool("postgres", "start", environment: environment)
    #expect(told.output.contains("was upgraded") && told.output.contains("1 client"), "\(told.output)")
    #expect(try await pid() == first)
    await client.close()
    try await Waiting.until("the server has seen that its client is gone") {
      try await project.dbtool("postgres", "start", environment: environment).output.contains("starting it anew")
    }
    #expect(try await pid() != first)
    let quiet = try await project.dbtool("postgres", "start", environment: environment)
    #expect(quiet.status == 0 && !quiet.output.contains("upgraded"), "\(quiet.output)")
  }

  /// Locks, logs and clusters are nobody else's to lock, write or redirect.
  @Test func whatIsLeftOnTheMachineIsOurs() async throws {
    let server = try await Databases.server.value
    for end in [".gate", ".users", ".log"] {
      var status = stat()
      try #require(lstat(server.directory + end, &status) == 0)
      #expect(status.st_mode & 0o7777 == 0o600 && status.st_uid == geteuid() && status.st_mode & S_IFMT == S_IFREG)
    }
    let user = try ProcessUser.forServers()
    guard user.needsSwitch else { return }
    for end in [".gate", ".users"] {
      let locked = try await ChildProcess.run("/usr/bin/flock", ["-n", server.directory + end, "/bin/true"], as: user)
      #expect(locked.status != 0, "the server's user can lock \(end)")
    }
    let cache = "/var/cache/dbtool"
    for name in try FileManager.default.contentsOfDirectory(atPath: cache) where name.hasPrefix("cluster-") {
      var status = stat()
      guard stat("\(cache)/\(name)/PG_VERSION", &status) == 0, status.st_uid == 0 else { continue }
      let touched = try await ChildProcess.run("/usr/bin/touch", ["\(cache)/\(name)/PG_VERSION"], as: user)
      #expect(touched.status != 0, "the server's user can write to \(name)")
    }
  }

  /// A link in the place of a log would have the log's lines written elsewhere.
  @Test func aLogIsNotWrittenThroughALink() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    _ = try await project.dbtool("postgres", "start")
    _ = try await project.dbtool("postgres", "stop")
    let state = project.home + "/state"
    let log = try #require(try FileManager.default.contentsOfDirectory(atPath: state).first { $0.hasSuffix(".log") })
    try FileManager.default.removeItem(atPath: "\(state)/\(log)")
    try project.write("mine\n", to: "victim")
    try FileManager.default.createSymbolicLink(
      atPath: "\(state)/\(log)", withDestinationPath: project.root + "/victim")
    let refused = try await project.dbtool("postgres", "start")
    #expect(refused.status == 1, "\(refused.output)")
    #expect(try project.read("victim") == "mine\n")
  }

  /// Each says which variable names another folder.
  @Test func aFolderThatCannotBeUsedIsNamed() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    let open = project.home + "/open"
    try FileManager.default.createDirectory(atPath: open, withIntermediateDirectories: true)
    chmod(open, 0o777)
    try project.write("file\n", to: "file")
    let long = project.home + "/" + String(repeating: "l", count: 100)
    try project.write("SELECT 0;\n", to: "some.sql")
    for (variable, arguments) in [
      ("DBTOOL_RUNTIME_DIR", ["dump", "some.sql"]), ("DBTOOL_STATE_DIR", ["postgres", "start"]),
    ] {
      for (path, words) in [
        ("here", "is set to the relative path here"), (open, "others may write to it"),
        (project.root + "/file/within", "cannot be created"), (long, "is too long for a server's socket"),
      ] {
        let refused = try await project.dbtool(arguments, environment: [variable: path])
        #expect(
          refused.status == 1 && refused.output.contains(words) && refused.output.contains(variable)
            && !refused.output.contains("Error"), "\(variable)=\(path): \(refused.output)")
      }
    }
  }

  @Test func whatIsWaitedForIsSaid() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    let runtime = project.home + "/runtime"
    let environment = ["DBTOOL_RUNTIME_DIR": runtime, "DBTOOL_SCRATCH_IDLE_SECONDS": "1"]
    try FileManager.default.createDirectory(atPath: runtime, withIntermediateDirectories: true)
    chmod(runtime, 0o711)
    // The server for what others wrote, which `dump` uses too.
    try project.write("SELECT 0;\n", to: "first.sql")
    let first = try await project.dbtool("dump", "first.sql", environment: environment)
    try #require(first.status == 0, "\(first.output)")
    // There is another for what is the project's own, which is not asked again.
    let gates = try FileManager.default.contentsOfDirectory(atPath: runtime).filter { $0.hasSuffix(".gate") }
    let holders = gates.map { open("\(runtime)/\($0)", O_RDWR) }
    try #require(!holders.isEmpty && holders.allSatisfy { $0 >= 0 })
    for holder in holders {
      try await Waiting.until("the lock is ours") { flock(holder, LOCK_EX | LOCK_NB) == 0 }
    }
    try project.write("SELECT 1;\n", to: "some.sql")
    let output = project.home + "/output"
    let waiting = try ChildProcess.start(
      "/bin/sh", ["-c", "'\(project.binary)' dump some.sql > '\(output)' 2>&1"],
      environment: ["HOME": project.home, "NO_COLOR": "1"].merging(environment) { $1 }, in: project.root)
    try await Waiting.until("it says what it waits for") {
      let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
      return text.contains("waiting for another process that starts or stops the scratch server")
    }
    for holder in holders { close(holder) }
    let ended = await Task.detached { waiting.finish() }.value
    #expect(ended.status == 0, "\((try? String(contentsOfFile: output, encoding: .utf8)) ?? "")")
  }
}
