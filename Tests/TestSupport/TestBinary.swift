import FoundationEssentials
package import Postgres

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The `dbtool` that was built with the tests.
package enum TestBinary {
  /// - Throws: an error that says how to build it.
  package static func path() throws -> String {
    if let given = ProcessInfo.processInfo.environment["DBTOOL_TEST_BINARY"] { return given }
    // Beside the test bundle.
    let bundle = CommandLine.arguments.first ?? ""
    let folder = String(bundle[..<(bundle.lastIndex(of: "/") ?? bundle.startIndex)])
    let path = folder + "/dbtool"
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw PostgresError(.connection, "no dbtool at \(path): run the tests with make test")
    }
    return path
  }
}

extension TestBinary {
  /// The example package's tool, for a small database of its own.
  package static func example() throws -> String {
    guard let path = ProcessInfo.processInfo.environment["DBTOOL_TEST_EXAMPLE"] else {
      throw PostgresError(.connection, "DBTOOL_TEST_EXAMPLE names no tool: run the tests with make test")
    }
    return path
  }
}

/// A project in a folder of its own, with an embedded server of its own, on which `dbtool` is run as a person would.
package struct TestProject: Sendable {
  package let root: String
  package let binary: String
  package let home: String
  /// What its commands find in their environment beside what they need.
  package var environment: [String: String] = [:]

  package init(binary: String? = nil) throws {
    BrokenPipes.ignore
    let base = "\(Self.parent)/dbtool-project-\(UInt64.random(in: 0...UInt64.max))"
    root = base + "/project"
    home = base
    try FileManager.default.createDirectory(atPath: root + "/migrations", withIntermediateDirectories: true)
    self.binary = try binary ?? TestBinary.path()
  }

  /// In memory, where there is room: each server makes and removes thousands of files.
  private static let parent: String = {
    var found = statvfs()
    let hasRoom = statvfs("/dev/shm", &found) == 0 && UInt64(found.f_bavail) * UInt64(found.f_frsize) > 16 << 30
    return hasRoom ? "/dev/shm" : "/tmp"
  }()

  private init(root: String, binary: String, home: String) {
    self.root = root
    self.binary = binary
    self.home = home
  }

  /// The same project with another program.
  package func using(_ binary: String) -> TestProject {
    var project = TestProject(root: root, binary: binary, home: home)
    project.environment = environment
    return project
  }

  /// The repository, from which the platform's migrations and seeds come.
  package static var repository: String {
    var path = #filePath
    for _ in 0..<3 { path = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }
    return path
  }

  /// Copies the platform's migrations, lock and seeds.
  package func copyPlatform() throws {
    for name in ["migrations", "schema.lock", "seeds"] {
      try? FileManager.default.removeItem(atPath: "\(root)/\(name)")
      // FileManager would keep the group too, which is not always this user's to give.
      let copy = try ChildProcess.run("/bin/cp", ["-R", "\(Self.repository)/\(name)", "\(root)/\(name)"])
      guard copy.status == 0 else { throw PostgresError(.connection, copy.output) }
    }
  }

  /// Runs a command in the project.
  package func dbtool(
    _ arguments: String..., environment: [String: String] = [:]
  ) async throws -> ChildProcess.Outcome {
    try await dbtool(arguments, environment: environment)
  }

  package func dbtool(_ arguments: [String], environment: [String: String] = [:]) async throws -> ChildProcess.Outcome {
    try await Self.gate.pass {
      Self.unhurried(try await ChildProcess.run(binary, arguments, environment: variables(environment), in: root))
    }
  }

  /// Without the lines that say for what dbtool waits: whether they are there is a matter of how busy the machine is.
  private static func unhurried(_ outcome: ChildProcess.Outcome) -> ChildProcess.Outcome {
    var outcome = outcome
    outcome.output = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.hasPrefix("waiting for ") }.joined(separator: "\n")
    return outcome
  }

  /// Starts a command that is to be met on its way; `finish` waits for its end.
  package func start(_ arguments: String...) throws -> ChildProcess.Running { try start(arguments) }

  package func start(_ arguments: [String]) throws -> ChildProcess.Running {
    try ChildProcess.start(binary, arguments, environment: variables([:]), in: root)
  }

  package func finish(_ running: ChildProcess.Running) async -> ChildProcess.Outcome {
    await Task.detached { Self.unhurried(running.finish()) }.value
  }

  /// The tests are many, the cores few; but some commands wait for others.
  private static let gate = AsyncGate(limit: 4)

  private func variables(_ more: [String: String]) -> [String: String] {
    let variables = [
      "HOME": home, "DBTOOL_STATE_DIR": home + "/state", "NO_COLOR": "1", "PATH": "/usr/local/bin:/usr/bin:/bin",
    ]
    return variables.merging(Self.passedOn) { $1 }.merging(environment) { $1 }.merging(more) { $1 }
  }

  /// What a program has to know of the surroundings of the tests.
  package static var passedOn: [String: String] {
    ProcessInfo.processInfo.environment.filter { ["PG_BIN", "DBTOOL_RUNTIME_DIR"].contains($0.key) }
  }

  package func read(_ path: String) throws -> String { try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8) }

  package func write(_ text: String, to path: String) throws {
    try text.write(toFile: "\(root)/\(path)", atomically: false, encoding: .utf8)
  }

  package var migrations: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: root + "/migrations").sorted() }
  }

  package func remove() {
    _ = try? ChildProcess.run(binary, ["postgres", "stop"], environment: variables([:]), in: root)
    try? FileManager.default.removeItem(atPath: home)
  }
}

/// Servers and relays that tests play write to whoever may have gone: that is an error of theirs, and not the end of all tests. Programs
/// that are started have every signal's usual action.
enum BrokenPipes {
  static let ignore: Void = { _ = signal(SIGPIPE, SIG_IGN) }()
}
