internal import FoundationEssentials

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Removes what scratch servers have left that nobody uses any more: of one that went by itself its lock files and its log, of
/// one that was killed with its supervisor all of its folder, some 40 MB.
///
/// A run that starts a server looks at a few of the others, so that what piles up goes, and a start costs little however much
/// there is: it reads the names in one folder, tries the locks of at most `looks` servers, beginning at one by chance, and
/// removes at most `removals`. Where nothing was left, nothing but names is read.
///
/// **What is removed.** In the folder of scratch servers, which is this user's alone, names that dbtool makes, and no others. A
/// server goes if its gate and its users' lock are free and no server process has its data. Whoever starts or uses a server
/// holds one of the two; a server that is idle has a supervisor, which takes it away in its time.
///
/// **In what order.** Under both locks, without waiting for them: the server's folder, its log, the users' lock, and the gate
/// last. Whoever is killed in between leaves a server that the next one to sweep, or to start it, finds like any other that
/// is dead.
///
/// **Races.** Everybody who sweeps or starts holds the gate meanwhile. Somebody may have opened the gate's file before it was
/// removed, and get its lock afterwards; by then it has no name, and `FileLock` and the supervisor look whether the file that
/// they have locked is the one at its path, and take none that is not. So there are never two who have the gate.
///
/// **Links and other users.** A file that is no plain file of this user is left alone, and so is a folder that belongs neither
/// to this user nor to the one whose account servers run under. `rm` follows no link within a folder.
package enum ScratchSweep {
  /// How many servers are looked at in one run.
  private static let looks = 16
  /// How many are removed in one run.
  package static let removals = 8

  /// - Parameters:
  ///   - base: the folder of scratch servers.
  ///   - own: the server that was started; empty for none.
  ///   - user: whose account servers run under.
  /// - Returns: how many servers were removed.
  @discardableResult
  package static func run(in base: String, except own: String, user: ProcessUser) -> Int {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: base) else { return 0 }
    let servers = Set(names.compactMap(server)).subtracting([own]).sorted()
    removeGenerations(names, of: servers, own, in: base)
    guard let start = servers.indices.randomElement() else { return 0 }
    var removed = 0
    for server in (servers[start...] + servers[..<start]).prefix(looks) where removed < removals {
      // What cannot be looked at is somebody else's to see to.
      if (try? remove("\(base)/\(server)", user)) == true { removed += 1 }
    }
    return removed
  }

  /// How long a cluster stays that nobody has used.
  package static let clusterAge = 7 * 24 * 3600
  /// How many clusters are removed in one run.
  package static let clusterRemovals = 4

  /// Removes clusters that nobody has started a server from for a week: those of an older dbtool or PostgreSQL, some 30 MB
  /// each. Whoever uses one writes the time to its lock file (`ScratchCluster`), and holds the lock while it is copied.
  ///
  /// - Parameters:
  ///   - cache: the folder of clusters, which is this user's alone.
  ///   - own: the cluster that is in use.
  ///   - user: whose account servers run under; clusters of older versions are its own.
  /// - Returns: how many were removed.
  @discardableResult
  package static func removeClusters(in cache: String, except own: String, user: ProcessUser) -> Int {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: cache) else { return 0 }
    var removed = 0
    for name in Set(names.compactMap(cluster)).shuffled().prefix(looks) where "\(cache)/\(name)" != own {
      guard removed < clusterRemovals else { break }
      if (try? removeCluster("\(cache)/\(name)", user)) == true { removed += 1 }
    }
    return removed
  }

  private static func removeCluster(_ path: String, _ user: ProcessUser) throws -> Bool {
    let lockPath = path + ".lock"
    /// By its lock file; older versions have left some without one.
    func isOld() -> Bool {
      var (folder, lock) = (stat(), stat())
      let (hasFolder, hasLock) = (lstat(path, &folder) == 0, lstat(lockPath, &lock) == 0)
      if hasLock, lock.st_mode & S_IFMT != S_IFREG || lock.st_uid != geteuid() { return false }
      if hasFolder, folder.st_mode & S_IFMT != S_IFDIR || ![geteuid(), uid_t(user.uid)].contains(folder.st_uid) {
        return false
      }
      return (hasFolder || hasLock) && Int(time(nil)) - modified(hasLock ? lock : folder) > clusterAge
    }
    guard isOld() else { return false }
    let hadLock = exists(lockPath)
    guard let lock = try FileLock(ifFree: lockPath, .exclusive) else { return false }
    defer { withExtendedLifetime(lock) {} }
    // Somebody may have used it since. A lock that was made here is new.
    guard !hadLock || isOld() else { return false }
    ServerFolders.removeTree(path)
    unlink(lockPath)
    return true
  }

  /// The cluster that a file or folder belongs to: `cluster-`, a version, and 16 hexadecimal digits.
  private static func cluster(_ name: String) -> String? {
    let stem = name.hasSuffix(".lock") ? name.dropLast(".lock".count) : name[...]
    let parts = stem.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "cluster", parts[1].utf8.allSatisfy({ "0123456789.".utf8.contains($0) }),
      parts[2].count == 16, parts[2].utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) })
    else { return nil }
    return String(stem)
  }

  /// Removes one server's remains, unless it is in use.
  ///
  /// - Parameter steps: how many of the four steps are taken; fewer is what one that is killed leaves.
  /// - Returns: whether it was dead.
  /// - Throws: `ServerError` where its locks are not what dbtool makes.
  package static func remove(_ directory: String, _ user: ProcessUser, steps: Int = 4) throws -> Bool {
    // Its supervisor is not disturbed for one that runs.
    guard isOurs(directory, or: user), ServerFolders.serverPID(data: directory + "/data") == nil else { return false }
    let (gatePath, usersPath) = (directory + ".gate", directory + ".users")
    guard let gate = try FileLock(ifFree: gatePath, .exclusive) else { return false }
    guard let users = try FileLock(ifFree: usersPath, .exclusive) else { return false }
    defer { withExtendedLifetime((gate, users)) {} }
    if isSupervised(directory) { return false }
    // Its lock file may be gone, and it is there all the same.
    guard ServerFolders.serverPIDs(data: directory + "/data").isEmpty else { return false }
    let all: [() -> Void] = [
      { if exists(directory) { ServerFolders.removeTree(directory) } }, { unlink(directory + ".log") },
      { unlink(usersPath) }, { unlink(gatePath) },
    ]
    for step in all.prefix(steps) { step() }
    return true
  }

  /// Whether a server's supervisor lives: it has the log locked. What stands in the server's own folder is the server's to write.
  private static func isSupervised(_ directory: String) -> Bool {
    guard let log = openLog(directory) else { return false }
    defer { close(log) }
    return flock(log, LOCK_EX | LOCK_NB) != 0
  }

  /// Ends a server whose supervisor lives, whoever has the gate: without its log the supervisor stops the server and goes.
  static func end(_ directory: String) {
    guard let log = openLog(directory) else { return }
    defer { close(log) }
    unlink(directory + ".log")
    // It looks five times a second.
    for _ in 0..<2000 where flock(log, LOCK_EX | LOCK_NB) != 0 { usleep(5_000) }
  }

  private static func openLog(_ directory: String) -> Int32? {
    let log = open(directory + ".log", O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    return log < 0 ? nil : log
  }

  /// The server that a file or folder belongs to: `scratch-` with 16 hexadecimal digits, and the number of its generation.
  private static func server(_ name: String) -> String? {
    let stem = name.prefix { $0 != "." }
    guard ["", ".gate", ".users", ".log"].contains(name.dropFirst(stem.count)) else { return nil }
    let parts = stem.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2 || parts.count == 3 && Int(parts[2]) != nil, parts[0] == "scratch", parts[1].count == 16,
      parts[1].utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) })
    else { return nil }
    return String(stem)
  }

  /// Which generation is in use is forgotten a day after it was written, once no server of any is left: before that, one that
  /// was let go may still be there, and nobody may find it again.
  private static func removeGenerations(_ names: [String], of servers: [String], _ own: String, in base: String) {
    let suffix = ".generation"
    // The name without the generation's number.
    let left = Set((servers + [own]).map { $0.split(separator: "-").prefix(2).joined(separator: "-") })
    let forgotten = names.filter { name in
      let stem = String(name.dropLast(suffix.count))
      return name.hasSuffix(suffix) && server(stem) == stem && !left.contains(stem)
    }
    for name in forgotten.shuffled().prefix(looks) {
      var status = stat()
      guard lstat("\(base)/\(name)", &status) == 0, status.st_uid == geteuid(), status.st_mode & S_IFMT == S_IFREG,
        Int(time(nil)) - modified(status) > 24 * 3600
      else { continue }
      unlink("\(base)/\(name)")
    }
  }

  private static func modified(_ status: stat) -> Int {
    #if canImport(Darwin)
      status.st_mtimespec.tv_sec
    #else
      status.st_mtim.tv_sec
    #endif
  }

  private static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// Whether a server's folder, if there is one, is a folder of ours or of the user that servers run as.
  private static func isOurs(_ directory: String, or user: ProcessUser) -> Bool {
    var status = stat()
    guard lstat(directory, &status) == 0 else { return errno == ENOENT }
    return status.st_mode & S_IFMT == S_IFDIR && [geteuid(), uid_t(user.uid)].contains(status.st_uid)
  }
}
