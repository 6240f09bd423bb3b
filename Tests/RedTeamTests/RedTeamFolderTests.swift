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

/// What a scratch server leaves in its folder and its log, and what others put there.
@Suite(.serialized) struct RedTeamFolderTests {
  /// Some 4 MB, by somebody who may set what is logged.
  private func fillLog(of server: ScratchServer) async throws {
    let base = try await ScratchBase.loadedTemplate(server)
    let database = try await server.makeDatabase(from: base)
    try await database.withLoading { session in
      try await session.connection.execute("SET log_min_messages = debug5; SET client_min_messages = error")
      try await session.connection.execute(
        "DO $$ BEGIN FOR i IN 1..4000 LOOP RAISE LOG '%', repeat('x', 1000); END LOOP; END $$")
    }
  }

  private static func size(of path: String) -> Int? {
    var status = stat()
    return lstat(path, &status) == 0 ? Int(status.st_size) : nil
  }

  @Test func theLogOfAServerStaysShort() async throws {
    let server = try await ScratchServer.acquire(universe: "long log", idleSeconds: 1)
    try await fillLog(of: server)
    try await Waiting.until("the log is cut short") { (Self.size(of: server.directory + ".log") ?? .max) < 1 << 20 }
    _ = try await Connection.with(server.target(database: "postgres")) { try await $0.query("SELECT") }
  }

  /// What was written since it was looked at last counts too. The log may be gone by then.
  @Test func aServerThatEndsLeavesNoLongLog() async throws {
    let server = try await ScratchServer.acquire(
      universe: "long log \(UInt64.random(in: 0...UInt64.max))", idleSeconds: 60)
    let number = try await Connection.with(server.target(database: "postgres")) {
      try await $0.query("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int")[0].int(0)
    }
    try await fillLog(of: server)
    kill(pid_t(number), SIGKILL)
    try await Waiting.until("the log is cut short") { (Self.size(of: server.directory + ".log") ?? 0) < 1 << 20 }
  }

  /// What stands in a server's folder is the server's to write; whether it lives is not.
  @Test func whetherAServerLivesIsNotAskedOfIt() throws {
    let base = "/tmp/dbtool-lives-\(UInt64.random(in: 0...UInt64.max))"
    let user = try ProcessUser.forServers()
    defer { _ = try? ChildProcess.run("/bin/rm", ["-rf", base]) }
    let servers = ["scratch-0000000000000001", "scratch-0000000000000002", "scratch-0000000000000003"]
    for server in servers {
      try FileManager.default.createDirectory(atPath: "\(base)/\(server)/data", withIntermediateDirectories: true)
      for suffix in [".gate", ".users", ".log"] {
        try "".write(toFile: "\(base)/\(server)\(suffix)", atomically: false, encoding: .utf8)
      }
    }
    try "1\n".write(toFile: base + "/another", atomically: false, encoding: .utf8)
    symlink(base + "/another", "\(base)/\(servers[0])/data/postmaster.pid")
    symlink("/dev/zero", "\(base)/\(servers[1])/data/postmaster.pid")
    mkfifo("\(base)/\(servers[2])/data/postmaster.pid", 0o644)
    // As the supervisor of the first has it.
    let log = open("\(base)/\(servers[0]).log", O_RDWR)
    defer { close(log) }
    #expect(flock(log, LOCK_SH) == 0)
    for _ in 0..<20 { ScratchSweep.run(in: base, except: "", user: user) }
    let left = try FileManager.default.contentsOfDirectory(atPath: base).filter { $0 != "another" }
    #expect(left.count == 4 && left.allSatisfy { $0.hasPrefix(servers[0]) }, "\(left)")
  }

  /// A server that hangs is ended by its supervisor, whatever its folder says; another takes its place.
  @Test func aServerWhoseLogIsTakenAwayEnds() async throws {
    let server = try await ScratchServer.acquire(universe: "ends \(UInt64.random(in: 0...UInt64.max))", idleSeconds: 60)
    let number = try await Connection.with(server.target(database: "postgres")) {
      try await $0.query("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int")[0].int(0)
    }
    #expect(kill(pid_t(number), 0) == 0)
    unlink(server.directory + ".log")
    try await Waiting.until("the server ends") { kill(pid_t(number), 0) != 0 }
  }

  @Test func aFolderThatSomebodyElseHasTakenIsNotUsed() throws {
    let base = "/tmp/dbtool-taken-\(UInt32.random(in: 0...UInt32.max))"
    try FileManager.default.createDirectory(atPath: base + "/elsewhere", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: base) }
    symlink(base + "/elsewhere", base + "/taken")
    #expect(try ServerFolders.firstOwn(of: [base + "/taken", base + "/second"]) == base + "/second")
    #expect(try ServerFolders.firstOwn(of: [base + "/first", base + "/second"]) == base + "/first")
    let error = #expect(throws: ServerError.self) { try ServerFolders.firstOwn(of: [base + "/taken"]) }
    #expect(error?.description.contains("DBTOOL_RUNTIME_DIR") == true)
  }
}
