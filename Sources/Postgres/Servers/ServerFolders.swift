internal import CLibpq
internal import FoundationEssentials

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The folders of embedded servers, and the locks in them.
package enum ServerFolders {
  /// Where scratch servers run: memory when there is enough, since they are copied and thrown away all the time.
  static func runtime() throws -> String {
    if let chosen = try chosen("DBTOOL_RUNTIME_DIR") { return chosen }
    let environment = ProcessInfo.processInfo.environment
    let base = freeBytes("/dev/shm") > 1 << 30 ? "/dev/shm" : "/tmp"
    var folders = ["\(base)/dbtool-\(geteuid())"]
    // Anybody may have made that one. These are where nobody else may make anything.
    if geteuid() == 0 {
      folders += ["/run/dbtool", "/var/lib/dbtool/run"]
    } else {
      folders += [environment["XDG_RUNTIME_DIR"], environment["HOME"].map { $0 + "/.cache" }].compactMap { folder in
        folder.flatMap { $0.isEmpty ? nil : $0 + "/dbtool" }
      }
    }
    return try firstOwn(of: folders)
  }

  /// The first of some folders that is this user's, or can be made.
  ///
  /// - Throws: `ServerError.unsafeDirectory` for the first where none can be used.
  package static func firstOwn(of folders: [String]) throws -> String {
    for folder in folders { if let own = try? prepare(folder, "DBTOOL_RUNTIME_DIR") { return own } }
    throw ServerError.unsafeDirectory(folders.first ?? "", variable: "DBTOOL_RUNTIME_DIR")
  }

  /// The folder that a variable of the environment names; nil where it names none.
  ///
  /// - Throws: `ServerError.relativeDirectory`: a server's folders have to mean the same wherever its programs run.
  private static func chosen(_ variable: String) throws -> String? {
    guard let path = ProcessInfo.processInfo.environment[variable], !path.isEmpty else { return nil }
    guard path.hasPrefix("/") else { throw ServerError.relativeDirectory(path, variable: variable) }
    return try prepare(path, variable)
  }

  /// Where empty clusters are kept, ready to be copied.
  static func cache() throws -> String {
    let environment = ProcessInfo.processInfo.environment
    if geteuid() == 0 { return try prepare("/var/cache/dbtool", "XDG_CACHE_HOME") }
    if let cache = environment["XDG_CACHE_HOME"], !cache.isEmpty {
      return try prepare(cache + "/dbtool", "XDG_CACHE_HOME")
    }
    return try prepare((environment["HOME"] ?? "/tmp") + "/.cache/dbtool", "XDG_CACHE_HOME")
  }

  /// Where durable servers keep their data.
  static func state() throws -> String {
    let environment = ProcessInfo.processInfo.environment
    let variable = "DBTOOL_STATE_DIR"
    if let chosen = try chosen(variable) { return chosen }
    if geteuid() == 0 { return try prepare("/var/lib/dbtool", variable) }
    if let state = environment["XDG_STATE_HOME"], !state.isEmpty { return try prepare(state + "/dbtool", variable) }
    return try prepare((environment["HOME"] ?? "/tmp") + "/.local/state/dbtool", variable)
  }

  /// Makes a folder that only its owner can list; others (the server's user) may pass through to what is theirs.
  ///
  /// - Parameter variable: what names another folder in the environment.
  private static func prepare(_ path: String, _ variable: String) throws -> String {
    if !FileManager.default.fileExists(atPath: path) {
      let parent = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
      if !parent.isEmpty {
        do { try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true) } catch {
          throw ServerError.noDirectory(path, variable: variable)
        }
      }
      let mode: mode_t = geteuid() == 0 ? 0o711 : 0o700
      // Whatever this process masks out; to take that back would be seen by other threads.
      if mkdir(path, mode) == 0 {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard folder >= 0 else { throw ServerError.system("open \(path)", errno) }
        defer { close(folder) }
        guard fchmod(folder, mode) == 0 else { throw ServerError.system("fchmod \(path)", errno) }
      }
    }
    var status = stat()
    guard lstat(path, &status) == 0 else { throw ServerError.noDirectory(path, variable: variable) }
    // Whoever may write there may take away what is in it and put something else in its place.
    guard status.st_uid == geteuid(), status.st_mode & S_IFMT == S_IFDIR, status.st_mode & (S_IWGRP | S_IWOTH) == 0
    else { throw ServerError.unsafeDirectory(path, variable: variable) }
    return path
  }

  /// Removes a folder that another user may write to. `rm` goes down by open folders, and follows no link that is put there
  /// meanwhile.
  static func removeTree(_ path: String) { _ = try? ChildProcess.run("/bin/rm", ["-rf", "--", path]) }

  /// Makes a new folder that nobody else may enter.
  ///
  /// - Throws: `ServerError.system`.
  static func makeTemporary() throws -> String {
    var template = Array("/tmp/dbtool-XXXXXX".utf8CString)
    let isMade = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.map { mkdtemp($0) != nil } ?? false
    }
    guard isMade else { throw ServerError.system("mkdtemp", errno) }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  static func freeBytes(_ path: String) -> Int {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return 0 }
    return Int(status.f_bavail) * Int(status.f_frsize)
  }

  /// Makes `path` a folder of the server's user alone: whoever may enter it may use the server.
  ///
  /// - Throws: `ServerError.longDirectory` where the server's socket would have no place in it (unix(7): `sun_path`).
  static func makePrivate(_ path: String, for user: ProcessUser) throws {
    guard (path + "/.s.PGSQL.5432").utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else {
      throw ServerError.longDirectory(path)
    }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    if user.needsSwitch { chown(path, uid_t(user.uid), gid_t(user.gid)) }
    chmod(path, 0o700)
  }

  /// Whether a server answers on the socket in `directory` (libpq: `PQping`).
  ///
  /// - Parameter user: a role that is there: of any other the server writes into its log that there is none.
  static func ping(_ directory: String, _ user: String) -> ServerState {
    // It goes as far as to answer when it is asked for a password: with what a connection would answer.
    let target = ConnectionTarget(socketDirectory: directory, user: user, database: "postgres")
      .setting("connect_timeout", "2").setting("application_name", "dbtool")
    let settings = Array(target.settings)
    let status = withCStrings(settings.map(\.key)) { names in
      withCStrings(settings.map(\.value)) { PQpingParams(names, $0, 0) }
    }
    switch status {
    case PQPING_OK: return .accepting
    case PQPING_REJECT: return .rejecting
    default: return .absent
    }
  }

  enum ServerState { case accepting, rejecting, absent }

  /// Waits until the server accepts connections.
  ///
  /// - Throws: `ServerError.didNotStart` after 30 seconds, with the end of the log.
  static func waitUntilAccepting(_ directory: String, _ user: String, log: String) async throws {
    let start = ContinuousClock.now
    var isTold = false
    for attempt in 0..<6000 {
      if ping(directory, user) == .accepting { return }
      if !isTold, start.duration(to: .now) > WaitNotice.patience {
        WaitNotice.report("waiting for the server in \(directory) to start (its log: \(log))")
        isTold = true
      }
      // The first answers come after 25 to 50 ms.
      try await Task.sleep(for: .milliseconds(attempt < 100 ? 2 : 10))
      if attempt > 3000 { break }
    }
    let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
    throw ServerError.didNotStart(log: text.split(separator: "\n").suffix(12).joined(separator: "\n"))
  }

  /// The process id of the server whose data is in `data`, if its lock file names one that is alive.
  static func serverPID(data: String) -> pid_t? {
    guard let text = smallFile(data + "/postmaster.pid"),
      let line = text.split(separator: "\n").first, let pid = pid_t(line), isServer(pid, data: data)
    else { return nil }
    return pid
  }

  /// Every server whose data is in `data`, also one whose lock file was removed or replaced since.
  static func serverPIDs(data: String) -> [pid_t] {
    let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { pid_t($0) } ?? []
    let found = processes.filter { isServer($0, data: data) }
    // Without a /proc (macOS) the file has to do.
    return found.isEmpty ? [serverPID(data: data)].compactMap { $0 } : found
  }

  /// What stands in a small file of a server, which may have put anything in its place: a link, a device that never ends, a pipe
  /// that nobody writes to.
  static func smallFile(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(file, &buffer, buffer.count)
    return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
  }

  /// Whether a process is the server whose data is in `data`: its number may have gone to another since, or it may be
  /// dead and waiting for a parent that does not ask. The file with the number is the server's own, which may name any
  /// process; only one of the data's owner is taken for the server.
  static func isServer(_ pid: pid_t, data: String) -> Bool {
    guard pid > 1, kill(pid, 0) == 0 || errno == EPERM else { return false }
    // Without a /proc (macOS) the number has to do. Reading it tells a dead process by having no arguments.
    guard FileManager.default.fileExists(atPath: "/proc/self/cmdline") else { return true }
    var (process, folder) = (stat(), stat())
    guard stat("/proc/\(pid)", &process) == 0, lstat(data, &folder) == 0, process.st_uid == folder.st_uid else {
      return false
    }
    let arguments = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline").map { Array($0) } ?? []
    return arguments.split(separator: 0).contains { $0.elementsEqual(data.utf8) }
  }

  /// Whether the program that a server runs was replaced since: what it loads from now on may not fit it.
  ///
  /// - Returns: false also where the system does not tell (macOS).
  static func isReplaced(_ pid: pid_t) -> Bool {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe"))?.hasSuffix(" (deleted)") ?? false
  }

  /// How many clients a server has, by the titles of its processes: one that was replaced may let nobody in to ask.
  static func clients(of pid: pid_t) -> Int {
    let children = (try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)) ?? ""
    return children.split(whereSeparator: \.isWhitespace).count { child in
      let title = FileManager.default.contents(atPath: "/proc/\(child)/cmdline") ?? Data()
      // It listens on a Unix socket alone.
      return String(decoding: title, as: UTF8.self).contains(" [local] ")
    }
  }

  /// Makes a cluster with `initdb`.
  static func initialise(
    _ data: String, installation: Installation, user: ProcessUser, superuser: String, arguments: [String]
  ) throws {
    let outcome = try ChildProcess.run(
      installation.bin + "/initdb",
      ["-D", data, "-U", superuser, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-instructions"] + arguments,
      as: user, in: "/")
    guard outcome.status == 0 else { throw ServerError.initdbFailed(output: outcome.output) }
  }
}
