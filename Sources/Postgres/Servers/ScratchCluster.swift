internal import FoundationEssentials

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The cluster that every scratch server of an installation is a copy of: fresh from `initdb`, with the roles and functions
/// of `ScratchRights`. It is made once.
enum ScratchCluster {
  /// A cluster that nobody removes as long as this is there.
  struct Cluster: Sendable {
    let path: String
    fileprivate let lock: FileLock
  }

  /// The cached cluster, made if there is none yet. Its lock file says when it was used last (`ScratchSweep.removeClusters`).
  ///
  /// - Throws: `ServerError`.
  static func find(_ installation: Installation, _ user: ProcessUser) async throws -> Cluster {
    let base = try ServerFolders.cache()
    // Another way to set it up is another cluster.
    let parts = ScratchRights.setUp
    let key = Digest(of: installation.bin + "\(installation.version)" + parts.cluster + parts.database).short
    let cluster = "\(base)/cluster-\(installation.version)-\(key)"
    while true {
      let lock = try await FileLock(cluster + ".lock", .shared, "makes or removes the cluster of scratch servers")
      if FileManager.default.fileExists(atPath: cluster + "/PG_VERSION") {
        utimensat(AT_FDCWD, cluster + ".lock", nil, 0)
        return Cluster(path: cluster, lock: lock)
      }
      _ = consume lock
      try await make(cluster, installation, user)
    }
  }

  private static func make(_ cluster: String, _ installation: Installation, _ user: ProcessUser) async throws {
    let lock = try await FileLock(cluster + ".lock", .exclusive, "makes the cluster of scratch servers")
    defer { withExtendedLifetime(lock) {} }
    if FileManager.default.fileExists(atPath: cluster + "/PG_VERSION") { return }
    removeUnfinished(beside: cluster)
    let building = "\(cluster).\(getpid())"
    let owned = building + ".owned"
    defer { for path in [building, owned] { ServerFolders.removeTree(path) } }
    for path in [building, owned] { ServerFolders.removeTree(path) }
    try ServerFolders.makePrivate(building, for: user)
    try ServerFolders.initialise(
      building, installation: installation, user: user, superuser: ScratchServer.superuser,
      arguments: ["-N", "--wal-segsize=1"])
    try setUp(building, installation, user)
    var finished = building
    if user.needsSwitch {
      // The server's user may not write to what later servers are copied from, so the files are made anew, as ours.
      try run("/bin/cp", ["-R", building, owned])
      try run("/bin/chown", ["-R", "-h", "0:\(user.gid)", owned])
      try run("/bin/chmod", ["-R", "u=rwX,g=rX,o=", owned])
      finished = owned
    }
    try FileManager.default.moveItem(atPath: finished, toPath: cluster)
  }

  /// Removes what those have left who were killed while they made a cluster: of this one, whose lock is held, and of others
  /// whose locks are free, as of a version that was replaced since.
  private static func removeUnfinished(beside cluster: String) {
    let slash = cluster.lastIndex(of: "/") ?? cluster.startIndex
    let (base, own) = (String(cluster[..<slash]), String(cluster[cluster.index(after: slash)...]))
    for name in (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? [] where name.hasPrefix("cluster-") {
      // The version has a dot as well.
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      let last = parts.last == "owned" ? parts.count - 2 : parts.count - 1
      guard last > 0, !parts[last].contains("-"), pid_t(parts[last]) != nil else { continue }
      let key = parts[..<last].joined(separator: ".")
      guard key.contains("-") else { continue }
      // Of another, nobody makes it as long as its lock is ours.
      let lock = key == own ? nil : try? FileLock(ifFree: "\(base)/\(key).lock", .exclusive)
      if key == own || lock != nil { ServerFolders.removeTree("\(base)/\(name)") }
      withExtendedLifetime(lock) {}
    }
  }

  private static func run(_ path: String, _ arguments: [String]) throws {
    let outcome = try ChildProcess.run(path, arguments)
    guard outcome.status == 0 else { throw ServerError.initdbFailed(output: outcome.output) }
  }

  /// In single-user mode, which needs no server, and in which `template0` can be changed.
  private static func setUp(_ data: String, _ installation: Installation, _ user: ProcessUser) throws {
    let parts = ScratchRights.setUp
    for (database, script) in [("template0", parts.cluster + parts.database), ("postgres", parts.database)] {
      let folder = try TemporaryFolder()
      defer { folder.remove() }
      let file = folder.path + "/setup"
      try script.write(toFile: file, atomically: false, encoding: .utf8)
      let outcome = try ChildProcess.run(
        installation.bin + "/postgres",
        ["--single", "-j", "-O", "-D", data, "-c", "exit_on_error=on", "-c", "log_min_messages=warning", database],
        as: user, in: "/", input: file)
      guard outcome.status == 0 else { throw ServerError.initdbFailed(output: outcome.output) }
    }
  }

  /// How long a server stays when nobody uses it, unless the user has said that.
  static func idleSeconds(_ usual: Int) -> Int {
    ProcessInfo.processInfo.environment["DBTOOL_SCRATCH_IDLE_SECONDS"].flatMap { Int($0) } ?? usual
  }

  /// Starts a server on a copy of the cluster.
  ///
  /// - Throws: `ServerError`.
  static func start(
    _ cluster: Cluster, _ installation: Installation, _ user: ProcessUser, _ settings: [String], confined: Bool,
    directory: String, usersPath: String, gatePath: String, idleSeconds: Int
  ) async throws {
    try ServerFolders.makePrivate(directory, for: user)
    let data = directory + "/data"
    // What copies for a run that was killed goes on meanwhile: under a name of its own it is in nobody's way.
    let copying = "\(directory)/copy.\(getpid())"
    let copy = try await ChildProcess.run(
      "/bin/cp", ["-R", "--reflink=auto", cluster.path, copying], as: user, in: "/")
    guard copy.status == 0 else { throw ServerError.initdbFailed(output: copy.output) }
    guard rename(copying, data) == 0 else { throw ServerError.system("rename \(copying)", errno) }
    let log = directory + ".log"
    try? FileManager.default.removeItem(atPath: log)
    // An earlier server of this name may have been let go.
    _ = truncate(usersPath, 0)
    try ChildProcess.supervise(
      installation.bin + "/postgres", ["-D", data, "-k", directory] + settings.flatMap { ["-c", $0] }, as: user,
      within: confined ? Confinement(installation, directory: directory) : nil, logFile: log, directory: directory,
      usersLock: usersPath, gateLock: gatePath, idleSeconds: idleSeconds)
    try await ServerFolders.waitUntilAccepting(directory, ScratchServer.superuser, log: log)
  }
}
