import FoundationEssentials
import Postgres
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What dead scratch servers have left is removed, and nothing else.
@Suite struct ScratchSweepTests {
  /// A folder like that of scratch servers.
  private struct Runtime: Sendable {
    let base = "/tmp/dbtool-sweep-\(UInt64.random(in: 0...UInt64.max))"
    let user: ProcessUser

    init() throws {
      user = try ProcessUser.forServers()
      try FileManager.default.createDirectory(atPath: base, withIntermediateDirectories: true)
    }

    func name(_ number: Int) -> String {
      let digits = String(number, radix: 16)
      return "scratch-" + String(repeating: "0", count: 16 - digits.count) + digits
    }

    func write(_ text: String, to name: String) throws {
      try text.write(toFile: "\(base)/\(name)", atomically: false, encoding: .utf8)
    }

    /// What one leaves that was killed with its supervisor; without a folder, what one leaves that went by itself.
    func leave(_ server: String, withFolder: Bool = true) throws {
      for suffix in [".gate", ".users", ".log"] { try write("", to: server + suffix) }
      guard withFolder else { return }
      try FileManager.default.createDirectory(atPath: "\(base)/\(server)/data/base", withIntermediateDirectories: true)
      try write("4194304\n/x\n", to: server + "/data/postmaster.pid")
      try write("rows", to: server + "/data/base/1")
      if user.needsSwitch { chown("\(base)/\(server)", uid_t(user.uid), gid_t(user.gid)) }
    }

    var names: [String] {
      get throws { try FileManager.default.contentsOfDirectory(atPath: base).sorted() }
    }

    /// More often than any one server is passed over by chance.
    func sweepAll(except own: String = "") { for _ in 0..<200 { ScratchSweep.run(in: base, except: own, user: user) } }

    func remove() { _ = try? ChildProcess.run("/bin/rm", ["-rf", base]) }
  }

  @Test func whatIsLeftIsRemovedAFewAtATime() throws {
    let runtime = try Runtime()
    defer { runtime.remove() }
    let servers = (0..<30).map { runtime.name($0) + ($0 % 3 == 0 ? "-\($0)" : "") }
    for (index, server) in servers.enumerated() { try runtime.leave(server, withFolder: index % 2 == 0) }
    try runtime.leave(runtime.name(99))
    let removed = ScratchSweep.run(in: runtime.base, except: runtime.name(99), user: runtime.user)
    #expect(removed == ScratchSweep.removals)
    let left = Set(try runtime.names.map { String($0.prefix { $0 != "." }) })
    #expect(left.count == 31 - removed)
    runtime.sweepAll(except: runtime.name(99))
    // The one that was started.
    let own = runtime.name(99)
    #expect(try runtime.names == [own, own + ".gate", own + ".log", own + ".users"])
    #expect(ScratchSweep.run(in: runtime.base, except: own, user: runtime.user) == 0)
  }

  @Test func whatIsInUseStays() throws {
    let runtime = try Runtime()
    defer { runtime.remove() }
    for number in 0..<3 { try runtime.leave(runtime.name(number)) }
    let gate = try #require(try FileLock(ifFree: "\(runtime.base)/\(runtime.name(0)).gate", .exclusive))
    let users = try #require(try FileLock(ifFree: "\(runtime.base)/\(runtime.name(1)).users", .shared))
    runtime.sweepAll()
    #expect(try runtime.names.filter { !$0.contains(".") } == [runtime.name(0), runtime.name(1)])
    #expect(try runtime.names.count == 8)
    withExtendedLifetime((gate, users)) {}
  }

  /// Its locks are free: it is idle, and its supervisor takes it away in its time.
  @Test func aServerThatRunsStays() async throws {
    let runtime = try Runtime()
    defer { runtime.remove() }
    for number in 0..<2 { try runtime.leave(runtime.name(number)) }
    // A server has its folder's name among its arguments, and belongs to whom the folder belongs.
    let data = "\(runtime.base)/\(runtime.name(0))/data"
    let server = try ChildProcess.start("/usr/bin/tail", ["-f", "/dev/null"])
    let other = try ChildProcess.start("/usr/bin/tail", ["-f", "/dev/null", data])
    defer {
      for process in [server, other] {
        kill(process.pid, SIGKILL)
        _ = process.finish()
      }
    }
    try await Waiting.until("it has begun") {
      let process = try await ChildProcess.run("/bin/ps", ["-ww", "-o", "args=", "-p", "\(other.pid)"])
      return process.output.hasPrefix("/usr/bin/tail")
    }
    try runtime.write("\(other.pid)\n", to: runtime.name(0) + "/data/postmaster.pid")
    // The number of one that is dead may be another program's by now.
    try runtime.write("\(server.pid)\n", to: runtime.name(1) + "/data/postmaster.pid")
    runtime.sweepAll()
    #expect(try runtime.names.count == 4 && runtime.names[0] == runtime.name(0))
  }

  @Test func whatIsNotDbtoolsStays() throws {
    let runtime = try Runtime()
    defer { runtime.remove() }
    let victim = runtime.base + ".victim"
    try FileManager.default.createDirectory(atPath: victim + "/data", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: victim) }
    let names = [
      "scratch", "scratch-", "scratch-1", "scratch-0123456789abcdeg", "scratch-0123456789ABCDEF",
      "scratch-0123456789abcdef-x",
      "scratch-0123456789abcdef-1-2", "scratch-0123456789abcdef.other", "other-0123456789abcdef.gate",
      "scratch-0123456789abcdef.gate.x",
    ]
    for name in names { try runtime.write("", to: name) }
    // Links in the place of a folder, a lock and a log; and one within a folder.
    symlink(victim, "\(runtime.base)/\(runtime.name(1))")
    symlink(victim + "/data", "\(runtime.base)/\(runtime.name(2)).gate")
    try runtime.leave(runtime.name(3))
    symlink(victim, "\(runtime.base)/\(runtime.name(3))/data/link")
    unlink("\(runtime.base)/\(runtime.name(3)).log")
    symlink(victim, "\(runtime.base)/\(runtime.name(3)).log")
    let isRoot = geteuid() == 0
    if isRoot {
      try runtime.leave(runtime.name(4))
      chown("\(runtime.base)/\(runtime.name(4))", 4711, 4711)
      try runtime.leave(runtime.name(5))
      chown("\(runtime.base)/\(runtime.name(5)).users", 4711, 4711)
    }
    runtime.sweepAll()
    let left = try runtime.names
    #expect(Set(names).isSubset(of: left))
    #expect(left.contains(runtime.name(1)) && left.contains(runtime.name(2) + ".gate"))
    #expect(!left.contains { $0.hasPrefix(runtime.name(3)) })
    #expect(FileManager.default.fileExists(atPath: victim + "/data"))
    if isRoot { #expect(left.contains(runtime.name(4)) && left.contains(runtime.name(5)), "\(left)") }
  }

  @Test func aGenerationIsForgottenADayAfterItsServersAreGone() throws {
    let runtime = try Runtime()
    defer { runtime.remove() }
    for number in 1...4 { try runtime.write("1\n", to: runtime.name(number) + ".generation") }
    for number in [1, 2] {
      var times = [
        timespec(tv_sec: time(nil) - 100_000, tv_nsec: 0), timespec(tv_sec: time(nil) - 100_000, tv_nsec: 0),
      ]
      utimensat(AT_FDCWD, "\(runtime.base)/\(runtime.name(number)).generation", &times, 0)
    }
    // A generation of it is there.
    try runtime.leave(runtime.name(2) + "-1")
    let users = try #require(try FileLock(ifFree: "\(runtime.base)/\(runtime.name(2))-1.users", .shared))
    runtime.sweepAll()
    #expect(
      try runtime.names.filter { $0.hasSuffix(".generation") } == [2, 3, 4].map { runtime.name($0) + ".generation" })
    withExtendedLifetime(users) {}
  }

  /// Clusters of other versions of dbtool and PostgreSQL, a few at a time.
  @Test func aClusterThatNobodyHasUsedForAWeekIsRemoved() throws {
    let runtime = try Runtime()
    defer { runtime.remove() }
    func cluster(_ number: Int) -> String { "cluster-15.\(number)-" + runtime.name(number).dropFirst("scratch-".count) }
    func age(_ name: String, days: Int) {
      let moment = timespec(tv_sec: time(nil) - days * 86400, tv_nsec: 0)
      var times = [moment, moment]
      utimensat(AT_FDCWD, "\(runtime.base)/\(name)", &times, AT_SYMLINK_NOFOLLOW)
    }
    func make(_ number: Int, days: Int, withLock: Bool = true) throws {
      try FileManager.default.createDirectory(
        atPath: "\(runtime.base)/\(cluster(number))/base", withIntermediateDirectories: true)
      try runtime.write("15", to: cluster(number) + "/PG_VERSION")
      // The folder may be as old as it likes: a lock says when it was used.
      age(cluster(number), days: withLock ? 100 : days)
      guard withLock else { return }
      try runtime.write("", to: cluster(number) + ".lock")
      age(cluster(number) + ".lock", days: days)
    }
    // Some that are old, with and without a lock; a lock alone; the one in use; some that were used lately.
    for number in 1...6 { try make(number, days: 8, withLock: number % 2 == 0) }
    try runtime.write("", to: cluster(7) + ".lock")
    age(cluster(7) + ".lock", days: 8)
    try make(8, days: 30)
    try make(9, days: 6)
    try make(10, days: 6, withLock: false)
    // One that is copied at this moment, and what is not dbtool's.
    try make(11, days: 30)
    let copied = try #require(try FileLock(ifFree: "\(runtime.base)/\(cluster(11)).lock", .shared))
    let others = [
      "cluster", "cluster-15.1-x", "cluster-x-0000000000000001", "cluster-15.1-0000000000000001.other", "other.lock",
    ]
    for name in others {
      try runtime.write("", to: name)
      age(name, days: 100)
    }
    let victim = runtime.base + ".victim"
    try FileManager.default.createDirectory(atPath: victim + "/data", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: victim) }
    symlink(victim, "\(runtime.base)/\(cluster(12))")
    age(cluster(12), days: 100)

    func sweep() -> Int {
      ScratchSweep.removeClusters(
        in: runtime.base, except: "\(runtime.base)/\(cluster(8))", user: runtime.user)
    }
    #expect(sweep() == ScratchSweep.clusterRemovals)
    for _ in 0..<200 { _ = sweep() }
    let kept = [8, 9, 11].flatMap { [cluster($0), cluster($0) + ".lock"] } + [cluster(10), cluster(12)] + others
    #expect(try runtime.names == kept.sorted())
    #expect(FileManager.default.fileExists(atPath: victim + "/data"))
    withExtendedLifetime(copied) {}
  }

  /// Whoever uses a cluster says so, though it was made long ago.
  @Test func aClusterThatIsUsedIsNotOld() async throws {
    let runtime = try Runtime()
    defer { runtime.remove() }
    chmod(runtime.base, 0o711)
    let cache = runtime.base + "/cache"
    let environment = [
      "DBTOOL_RUNTIME_DIR": runtime.base, "DBTOOL_SCRATCH_IDLE_SECONDS": "0", "HOME": runtime.base,
      "XDG_CACHE_HOME": cache,
      "PATH": "/usr/bin:/bin",
    ]
    // Root has a cache of its own.
    let place = geteuid() == 0 ? "/var/cache/dbtool" : cache + "/dbtool"
    func used() throws -> Date? {
      try FileManager.default.contentsOfDirectory(atPath: place).filter {
        $0.hasPrefix("cluster-") && $0.hasSuffix(".lock")
      }
      .compactMap { try? FileManager.default.attributesOfItem(atPath: "\(place)/\($0)")[.modificationDate] as? Date }
      .max()
    }
    let start = Date()
    try "CREATE ROLE cluster_user;".write(toFile: runtime.base + "/a.sql", atomically: false, encoding: .utf8)
    let outcome = try await ChildProcess.run(
      try TestBinary.path(), ["diff", "--from", "empty", "--to", runtime.base + "/a.sql"], environment: environment,
      in: "/tmp")
    #expect([0, 2].contains(outcome.status), "\(outcome.output)")
    #expect(try #require(try used()) >= start.addingTimeInterval(-1))
    try await killServers(in: runtime.base)
  }

  /// A process that leaves the server, its session and its parent ends with the server all the same: one that listens in its
  /// place would be taken for it.
  @Test(arguments: ["it ends by itself", "it is idle", "it is killed"])
  func whatAServerHasStartedEndsWithIt(end: String) async throws {
    let runtime = try Runtime()
    defer { runtime.remove() }
    let directory = "\(runtime.base)/\(runtime.name(1))"
    chmod(runtime.base, 0o711)
    try runtime.leave(runtime.name(1))
    // The folder goes with the server; what is looked at is beside it.
    let notes = runtime.base + ".notes"
    try FileManager.default.createDirectory(atPath: notes, withIntermediateDirectories: true)
    chmod(notes, 0o777)
    defer { try? FileManager.default.removeItem(atPath: notes) }
    // One that detaches itself, and one that it starts in a session of its own.
    let script = """
      echo $$ > \(notes)/own
      setsid sh -c 'setsid tail -f /dev/null & echo $! > \(notes)/second; echo $$ > \(notes)/first.new; mv \(notes)/first.new \(notes)/first
        exec tail -f /dev/null' &
      while [ ! -s \(notes)/first ]; do :; done
      [ "\(end)" = "it ends by itself" ] || exec tail -f /dev/null
      """
    let users = end == "it is idle" ? nil : try FileLock(ifFree: directory + ".users", .shared)
    try ChildProcess.supervise(
      "/bin/sh", ["-c", script], as: runtime.user, logFile: directory + ".log", directory: directory,
      usersLock: directory + ".users", gateLock: directory + ".gate", idleSeconds: end == "it is idle" ? 1 : 600)
    func number(_ name: String) async throws -> pid_t {
      try await Waiting.value(name) {
        (try? String(contentsOfFile: "\(notes)/\(name)", encoding: .utf8)).flatMap { pid_t($0.filter(\.isNumber)) }
      }
    }
    let processes = [try await number("first"), try await number("second")]
    if end == "it is killed" { kill(try await number("own"), SIGKILL) }
    for process in processes {
      try await Waiting.until("\(process) is gone") { kill(process, 0) != 0 && errno == ESRCH }
    }
    withExtendedLifetime(users) {}
  }

  /// Whoever is killed while it removes leaves what the next one removes.
  @Test(arguments: 0...4)
  func whatAnotherHasBegunIsEnded(steps: Int) throws {
    let runtime = try Runtime()
    defer { runtime.remove() }
    try runtime.leave(runtime.name(1))
    #expect(try ScratchSweep.remove("\(runtime.base)/\(runtime.name(1))", runtime.user, steps: steps))
    #expect(try runtime.names.count == 4 - steps)
    runtime.sweepAll()
    #expect(try runtime.names == [])
  }

  /// Many take the lock and remove its file, and there is one at a time.
  @Test func aLockWhoseFileIsRemovedHasOneHolder() async throws {
    let runtime = try Runtime()
    defer { runtime.remove() }
    let directory = "\(runtime.base)/\(runtime.name(1))"
    let holders = Holders()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<150 {
            let gate = try await FileLock(directory + ".gate", .exclusive, "tests")
            await holders.enter()
            Waiting.chance()
            await holders.leave()
            withExtendedLifetime(gate) {}
          }
        }
      }
      group.addTask {
        while await holders.count < 600 {
          _ = try ScratchSweep.remove(directory, runtime.user)
          await Task.yield()
        }
      }
      try await group.waitForAll()
    }
    #expect(await holders.most == 1)
    #expect(await holders.count == 600)
  }

  private actor End {
    private(set) var outcome: ChildProcess.Outcome?
    func set(_ outcome: ChildProcess.Outcome) { self.outcome = outcome }
  }

  private actor Holders {
    private var now = 0
    private(set) var most = 0
    private(set) var count = 0
    func enter() {
      now += 1
      most = max(most, now)
    }
    func leave() {
      now -= 1
      count += 1
    }
  }

  /// The programs themselves, killed on their way to a server, with it and its supervisor: the next run works, and in the
  /// end nothing is left but what it started itself.
  @Test func whatKilledRunsLeaveIsSweptByTheNext() async throws {
    let runtime = try Runtime()
    defer { runtime.remove() }
    chmod(runtime.base, 0o711)
    let home = runtime.base + ".home"
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: home) }
    let environment = [
      "DBTOOL_RUNTIME_DIR": runtime.base, "DBTOOL_SCRATCH_IDLE_SECONDS": "600", "HOME": home, "PATH": "/usr/bin:/bin",
      "XDG_CACHE_HOME": home,
    ]
    let binary = try TestBinary.path()
    // Roles have a server of their own.
    func arguments(_ number: Int) throws -> [String] {
      let file = "\(home)/\(number).sql"
      try "CREATE ROLE sweep_\(number); CREATE TABLE t (a int);".write(toFile: file, atomically: false, encoding: .utf8)
      return ["diff", "--from", "empty", "--to", file]
    }
    func folders() throws -> [String] { try runtime.names.filter { $0.hasPrefix("scratch-") && !$0.contains(".") } }
    let moments: [(name: String, file: String)] = [
      ("its folder is there", ""), ("its data are copied", "/data/PG_VERSION"), ("it starts", "/data/postmaster.pid"),
      ("it has its socket", "/.s.PGSQL.5432"),
    ]
    for (index, moment) in moments.enumerated() {
      let known = Set(try folders())
      let run = try ChildProcess.start(binary, try arguments(index), environment: environment, in: "/tmp")
      let end = End()
      let waiter = Task.detached { await end.set(run.finish()) }
      try await Waiting.until(moment.name) {
        if await end.outcome != nil { return true }
        return try folders().contains {
          !known.contains($0) && access("\(runtime.base)/\($0)\(moment.file)", F_OK) == 0
        }
      }
      // One that was faster than this has worked.
      if let outcome = await end.outcome {
        #expect(outcome.status == 0, "\(outcome.output)")
      } else {
        kill(run.pid, SIGKILL)
      }
      await waiter.value
      if !moment.file.isEmpty { try await killServers(in: runtime.base) }
    }
    // Nobody is at work on any of them any more.
    for folder in try folders() {
      try await Waiting.until("its supervisor is gone") {
        let gate = try FileLock(ifFree: "\(runtime.base)/\(folder).gate", .exclusive)
        let users = try FileLock(ifFree: "\(runtime.base)/\(folder).users", .exclusive)
        return withExtendedLifetime((gate, users)) { gate != nil && users != nil }
      }
    }
    func isAlive(_ server: String) -> Bool {
      let file = "\(runtime.base)/\(server)/data/postmaster.pid"
      let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
      return text.split(separator: "\n").first.flatMap { pid_t($0) }.map { kill($0, 0) == 0 } ?? false
    }
    // Each of these has swept what those before it have left; this is for the last.
    try runtime.leave(runtime.name(7))
    let last = try await ChildProcess.run(binary, try arguments(99), environment: environment, in: "/tmp")
    #expect(last.status == 2 || last.status == 0, "\(last.output)")
    #expect(last.output.contains("table public.t"), "\(last.output)")
    let names = try runtime.names
    let stems = Set(names.map { String($0.prefix { $0 != "." }) })
    #expect(!stems.isEmpty && stems.allSatisfy(isAlive), "\(names)")
    try await killServers(in: runtime.base)
  }
}
