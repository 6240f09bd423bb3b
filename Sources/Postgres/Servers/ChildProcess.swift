internal import CServerProcess
internal import FoundationEssentials

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A user that a child process runs as.
package struct ProcessUser: Sendable, Hashable {
  package let name: String
  package let uid: UInt32
  package let gid: UInt32
  /// Whether the child has to change to it.
  package let needsSwitch: Bool

  /// Whoever runs dbtool; for root, who may not run PostgreSQL, `postgres` or else `nobody`.
  ///
  /// - Throws: `ServerError` when root has neither.
  package static func forServers() throws -> ProcessUser {
    guard geteuid() == 0 else {
      return ProcessUser(name: "", uid: geteuid(), gid: getegid(), needsSwitch: false)
    }
    for name in ["postgres", "nobody"] {
      if let entry = getpwnam(name) {
        return ProcessUser(name: name, uid: entry.pointee.pw_uid, gid: entry.pointee.pw_gid, needsSwitch: true)
      }
    }
    throw ServerError.noUser
  }

  var identity: dbtool_identity {
    dbtool_identity(switch_user: needsSwitch ? 1 : 0, uid: uid_t(uid), gid: gid_t(gid))
  }
}

/// Runs programs; the only place that does.
package enum ChildProcess {
  package struct Outcome: Sendable {
    package var status: Int
    package var output: String
  }

  /// Runs a program to its end and collects what it prints on both streams. For programs that end by themselves and soon.
  ///
  /// - Parameter input: the file that it reads as its standard input; nothing otherwise.
  package static func run(
    _ path: String, _ arguments: [String], as user: ProcessUser? = nil, environment: [String: String] = [:],
    in directory: String? = nil, input: String? = nil
  ) throws -> Outcome {
    try start(path, arguments, as: user, environment: environment, in: directory, input: input).finish()
  }

  /// Runs a program to its end, however long that takes, and keeps no thread of the tasks' pool meanwhile: there are as
  /// many of them as cores, and what the program waits for may need one.
  package static func run(
    _ path: String, _ arguments: [String], as user: ProcessUser? = nil, environment: [String: String] = [:],
    in directory: String? = nil
  ) async throws -> Outcome {
    let running = try start(path, arguments, as: user, environment: environment, in: directory)
    return await Waiter().outcome(of: running)
  }

  /// Waits on a thread of its own.
  private actor Waiter {
    private let executor = ThreadExecutor()
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    func outcome(of running: Running) -> Outcome { running.finish() }
  }

  /// A program that runs, and whose output is waited for.
  package struct Running: Sendable {
    package let pid: Int32
    fileprivate let output: Int32

    /// Collects what it prints until it ends.
    package func finish() -> Outcome {
      defer { close(output) }
      var text: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 65536)
      while true {
        let count = read(output, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { break }
        text.append(contentsOf: buffer[..<count])
      }
      return Outcome(status: Int(dbtool_wait(pid)), output: String(decoding: text, as: UTF8.self))
    }
  }

  /// Starts a program.
  package static func start(
    _ path: String, _ arguments: [String], as user: ProcessUser? = nil, environment: [String: String] = [:],
    in directory: String? = nil, input: String? = nil
  ) throws -> Running {
    var source: Int32 = -1
    if let input {
      source = open(input, O_RDONLY | O_CLOEXEC)
      guard source >= 0 else { throw ServerError.system("open \(input)", errno) }
    }
    defer { if source >= 0 { close(source) } }
    var descriptors: [Int32] = [0, 0]
    guard pipe(&descriptors) == 0 else { throw ServerError.system("pipe", errno) }
    let pid = withArguments([path] + arguments, environment: environment) { argv, envp in
      dbtool_spawn(path, argv, envp, user.identity, source, descriptors[1], directory, 0)
    }
    close(descriptors[1])
    guard pid > 0 else {
      close(descriptors[0])
      throw ServerError.system("fork", -pid)
    }
    return Running(pid: pid, output: descriptors[0])
  }

  /// Starts a program that goes on after us, in a session of its own.
  package static func launch(_ path: String, _ arguments: [String], as user: ProcessUser, logFile: String) throws {
    let log = try openLog(logFile)
    defer { close(log) }
    let pid = withArguments([path] + arguments, environment: [:]) { argv, envp in
      dbtool_spawn(path, argv, envp, user.identity, -1, log, "/", 1)
    }
    guard pid > 0 else { throw ServerError.system("fork", -pid) }
  }

  /// A log in a folder that only we may write to. Through a link or a file with a second name somebody else's file would
  /// get its lines.
  private static func openLog(_ path: String) throws -> Int32 {
    let log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard log >= 0 else { throw ServerError.system("open \(path)", errno) }
    var status = stat()
    guard fstat(log, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1, status.st_uid == geteuid()
    else {
      close(log)
      throw ServerError.unsafeDirectory(path, variable: "DBTOOL_RUNTIME_DIR")
    }
    return log
  }

  /// Starts a server that lives as long as somebody uses it (see `dbtool_supervise`).
  ///
  /// - Parameter confinement: what the operating system keeps it within.
  package static func supervise(
    _ path: String, _ arguments: [String], as user: ProcessUser, within confinement: Confinement? = nil,
    logFile: String,
    directory: String, usersLock: String, gateLock: String, idleSeconds: Int
  ) throws {
    let log = try openLog(logFile)
    defer { close(log) }
    let pid = withArguments([path] + arguments, environment: [:]) { argv, envp in
      withConfinement(confinement) { confinement in
        dbtool_supervise(
          path, argv, envp, user.identity, confinement, log, logFile, directory, usersLock, gateLock,
          UInt32(idleSeconds))
      }
    }
    guard pid > 0 else { throw ServerError.system("fork", -pid) }
  }

  private static func withConfinement<Result>(
    _ confinement: Confinement?, _ body: (UnsafePointer<dbtool_confinement>?) -> Result
  ) -> Result {
    guard let confinement else { return body(nil) }
    return withStrings(confinement.executable) { executable in
      withStrings(confinement.readable) { readable in
        withStrings(confinement.devices) { devices in
          withStrings(confinement.writable) { writable in
            var lists = dbtool_confinement(
              executable: executable, readable: readable, devices: devices, writable: writable)
            return body(&lists)
          }
        }
      }
    }
  }

  /// Calls `body` with C strings, and NULL after the last.
  private static func withStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
  ) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    let pointers = copies.map { $0.map { UnsafePointer($0) } } + [nil]
    return pointers.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { preconditionFailure("an array without storage") }
      return body(base)
    }
  }

  private static func withArguments<Result>(
    _ arguments: [String], environment: [String: String],
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>, UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    // A server needs little of the environment, and must not see a PGPASSWORD or PGDATA of ours.
    var variables = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C", "LC_ALL": "C", "TZ": "UTC"]
    variables.merge(environment) { $1 }
    let argv = arguments.map { strdup($0) } + [nil]
    let envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    return argv.withUnsafeBufferPointer { arguments in
      envp.withUnsafeBufferPointer { environment in
        guard let first = arguments.baseAddress, let second = environment.baseAddress else {
          preconditionFailure("arrays without storage")
        }
        return body(first, second)
      }
    }
  }
}

extension ProcessUser? {
  fileprivate var identity: dbtool_identity {
    self?.identity ?? dbtool_identity(switch_user: 0, uid: 0, gid: 0)
  }
}
