import FoundationEssentials
import Postgres
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct ServerTests {
  @Test func aWrongFolderIsNotReplacedByAnother() {
    let error = #expect(throws: ServerError.self) {
      try Installation.find(environment: ["PG_BIN": "/nonexistent", "PATH": "/usr/bin"])
    }
    #expect(error?.description.contains("PG_BIN=/nonexistent") == true)
  }

  @Test func aServerThatIsTooOldIsRefused() throws {
    let folder = "/tmp/dbtool-old-\(UInt32.random(in: 0...UInt32.max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for name in ["postgres", "initdb"] {
      let path = "\(folder)/\(name)"
      try "#!/bin/sh\necho 'postgres (PostgreSQL) 13.14'\n".write(toFile: path, atomically: false, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }
    let error = #expect(throws: ServerError.self) { try Installation.find(environment: ["PG_BIN": folder]) }
    #expect(error?.description.contains("13.14") == true)
    #expect(error?.description.contains("14 or newer") == true)
  }

  @Test func aTemplateIsBuiltOnce() async throws {
    let server = try await Databases.server.value
    let key = Digest(of: "template test \(UInt64.random(in: 0...UInt64.max))")
    let counter = Counter()
    for _ in 0..<3 {
      let template = try await server.template(for: key) { connection in
        await counter.increment()
        try await connection.execute("CREATE TABLE marker (a int); INSERT INTO marker VALUES (7)")
      }
      try await server.withDatabase(from: template) { database in
        let value = try await Connection.with(database.target) { try await $0.query("SELECT a FROM marker")[0].int(0) }
        #expect(value == 7)
      }
    }
    #expect(await counter.value == 1)
  }

  @Test func aTemplateThatFailsLeavesNothing() async throws {
    let server = try await Databases.server.value
    let key = Digest(of: "failing \(UInt64.random(in: 0...UInt64.max))")
    await #expect(throws: PostgresError.self) {
      try await server.template(for: key) { try await $0.execute("SELECT 1/0") }
    }
    // The second try builds it again.
    let template = try await server.template(for: key) { try await $0.execute("SELECT 1") }
    #expect(template.name.hasSuffix(key.short))
  }

  @Test func databasesOfTheDeadAreSwept() async throws {
    let server = try await Databases.server.value
    // No process has this id: it is above the kernel's limit.
    let name = "scratch_4194999_1_1"
    try await Connection.with(server.target(database: "postgres")) { connection in
      try await connection.execute("DROP DATABASE IF EXISTS \(name)")
      try await connection.execute("CREATE DATABASE \(name)")
      // What `acquire` does; by now it may give another server than this, which somebody has let go.
      try await server.sweep()
      #expect(try await connection.query("SELECT FROM pg_database WHERE datname = $1", [name]).isEmpty)
    }
  }

  /// A server whose lock file and socket somebody took away is still there. It ends before another begins in its folder: each
  /// would remove what the other needs.
  @Test(arguments: ["", "1\n/nowhere\n", "4194304\n/nowhere\n"])
  func thereIsOneServerInAFolder(lockFile: String) async throws {
    let universe = "one in a folder \(UInt64.random(in: 0...UInt64.max))"
    func process(_ server: ScratchServer) throws -> pid_t {
      let text = try String(contentsOfFile: server.directory + "/data/postmaster.pid", encoding: .utf8)
      return try #require(text.split(separator: "\n").first.flatMap { pid_t($0) })
    }
    let first = try await ScratchServer.acquire(universe: universe, idleSeconds: 1)
    let old = try process(first)
    unlink(first.directory + "/.s.PGSQL.5432")
    unlink(first.directory + "/data/postmaster.pid")
    if !lockFile.isEmpty {
      try lockFile.write(toFile: first.directory + "/data/postmaster.pid", atomically: false, encoding: .utf8)
    }
    let second = try await ScratchServer.acquire(universe: universe, idleSeconds: 1)
    let isGone = kill(old, 0) != 0 && errno == ESRCH
    let isEnding = try isGone || Self.isEnding(old)
    #expect(isEnding, "\(old) is there still")
    let new = try process(second)
    #expect(new != old && second.directory == first.directory)
    try await second.withDatabase { database in
      let answer = try await Connection.with(database.target) { try await $0.query("SELECT 1")[0].int(0) }
      #expect(answer == 1)
    }
  }

  /// Whether a process has ended, and only waits to be collected.
  private static func isEnding(_ process: pid_t) throws -> Bool {
    let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
    return text.split(separator: ")").last?.hasPrefix(" Z") == true
  }

  @Test func aServerThatWasKilledIsReplaced() async throws {
    // One of its own, apart from that of the other tests: another folder, another server.
    let base = "/tmp/dbtool-kill-\(UInt32.random(in: 0...UInt32.max))"
    let binary = try TestBinary.path()
    let environment = [
      "DBTOOL_RUNTIME_DIR": base, "DBTOOL_SCRATCH_IDLE_SECONDS": "1", "HOME": base + ".home", "PATH": "/usr/bin:/bin",
    ]
    defer {
      try? FileManager.default.removeItem(atPath: base)
      try? FileManager.default.removeItem(atPath: base + ".home")
    }
    let sql = base + ".sql"
    try "CREATE TABLE t (a int);".write(toFile: sql, atomically: false, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: sql) }
    func diff() async throws -> ChildProcess.Outcome {
      try await ChildProcess.run(
        binary, ["diff", "--from", "empty", "--to", sql], environment: environment, in: "/tmp")
    }
    let first = try await diff()
    #expect(first.output.contains("table public.t"), "\(first.output)")
    // Supervisor and postmaster, at once and without a chance to tidy up.
    try await killServers(in: base)
    let second = try await diff()
    #expect(second.output.contains("table public.t"), "\(second.output)")
    // Idle for a second, it goes and takes its files with it.
    func files() -> [String] {
      let folders = (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []
      return folders.filter { !$0.contains(".") }.flatMap {
        (try? FileManager.default.contentsOfDirectory(atPath: "\(base)/\($0)")) ?? []
      }
    }
    try await Waiting.until("the idle server goes and takes its files with it") { files().isEmpty }
  }
}

/// Kills the servers whose folders are in `base`, and what watches over them: these processes alone, by their numbers.
func killServers(in base: String) async throws {
  for folder in try FileManager.default.contentsOfDirectory(atPath: base) {
    guard let text = try? String(contentsOfFile: "\(base)/\(folder)/data/postmaster.pid", encoding: .utf8),
      let server = text.split(separator: "\n").first.flatMap({ pid_t($0) })
    else { continue }
    // One that is dead may have left its number to another.
    let process = try await ChildProcess.run("/bin/ps", ["-ww", "-o", "ppid=,args=", "-p", "\(server)"]).output
    guard process.contains("\(base)/\(folder)/data"), server > 1 else { continue }
    let supervisor = try #require(process.split(separator: " ").first.flatMap { pid_t($0) }, "\(process)")
    if supervisor > 1 { kill(supervisor, SIGKILL) }
    kill(server, SIGKILL)
  }
}

actor Counter {
  private(set) var value = 0
  func increment() { value += 1 }
}
