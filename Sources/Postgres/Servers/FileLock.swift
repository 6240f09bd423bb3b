internal import FoundationEssentials

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Tells a person what is waited for.
///
/// A struct around a closure, not the closure: an optimised build crashes on a task-local value of a function type.
package struct WaitNotice: Sendable {
  private let tell: @Sendable (String) -> Void

  package init(_ tell: @escaping @Sendable (String) -> Void) { self.tell = tell }

  /// Who is told; nobody unless somebody listens.
  @TaskLocal package static var listener = WaitNotice { _ in }

  /// What takes longer than this is told.
  static let patience = Duration.seconds(1)

  static func report(_ sentence: String) { listener.tell(sentence) }
}

/// A lock between processes, dropped by the kernel when its holder ends (flock(2)).
///
/// Its file belongs to whoever runs dbtool, and nobody else may open it: whoever can open a file can lock it for ever.
///
/// A file may be removed by whoever has it locked exclusively (`ScratchSweep`). Somebody who waits for it then gets a file that
/// has no name any more, while the next one makes another: both would have the lock. So a lock counts only once its file is
/// seen to be the one at the path; otherwise it is taken again, at that.
package final class FileLock: Sendable {
  private let descriptor: Int32

  package enum Mode: Sendable { case shared, exclusive }

  /// Waits for the lock without blocking a thread, and says so when that takes longer than a second.
  ///
  /// - Parameter purpose: what its holder does, for people.
  /// - Throws: `ServerError.system`; `ServerError.unsafeDirectory` for a file that others may lock.
  package init(_ path: String, _ mode: Mode, _ purpose: String) async throws {
    var waiting = Waiting(path: path, purpose: purpose)
    while true {
      let file = try Self.open(path)
      do {
        while !(try Self.take(file, mode, path)) { try await waiting.step() }
        if try Self.isThere(file, path) {
          descriptor = file
          return
        }
      } catch {
        close(file)
        throw error
      }
      close(file)
    }
  }

  /// An exclusive lock on a folder, by whichever path it is reached, among the commands of one user.
  ///
  /// - Throws: `ServerError`.
  package convenience init(forFolder folder: String, _ purpose: String) async throws {
    let path = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
    try await self.init("\(ServerFolders.runtime())/\(Digest(of: path).short).project", .exclusive, purpose)
  }

  /// Takes the lock if nobody has it.
  ///
  /// - Returns: nil where somebody has it, or removes its file at this moment.
  /// - Throws: `ServerError`, as for one that is waited for.
  package init?(ifFree path: String, _ mode: Mode) throws {
    let file = try Self.open(path)
    var isOurs = false
    defer { if !isOurs { close(file) } }
    guard try Self.take(file, mode, path), try Self.isThere(file, path) else { return nil }
    isOurs = true
    descriptor = file
  }

  deinit { close(descriptor) }

  private static func open(_ path: String) throws -> Int32 {
    #if canImport(Glibc)
      let file = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
    #else
      let file = Darwin.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
    #endif
    guard file >= 0 else { throw ServerError.system("open \(path)", errno) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_uid == geteuid(), status.st_mode & S_IFMT == S_IFREG else {
      close(file)
      throw ServerError.unsafeDirectory(path, variable: "DBTOOL_RUNTIME_DIR")
    }
    // Older versions let everybody open it.
    if status.st_mode & 0o077 != 0 { fchmod(file, 0o600) }
    return file
  }

  /// - Returns: whether it was free.
  private static func take(_ file: Int32, _ mode: Mode, _ path: String) throws -> Bool {
    while flock(file, (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      guard errno == EWOULDBLOCK else { throw ServerError.system("flock \(path)", errno) }
      return false
    }
    return true
  }

  /// Whether a file is the one that has this path.
  private static func isThere(_ file: Int32, _ path: String) throws -> Bool {
    var (ours, named) = (stat(), stat())
    guard fstat(file, &ours) == 0 else { throw ServerError.system("fstat \(path)", errno) }
    return lstat(path, &named) == 0 && ours.st_dev == named.st_dev && ours.st_ino == named.st_ino
  }

  /// Waits a little, and says for what once that takes long.
  private struct Waiting {
    let path: String
    let purpose: String
    private let start = ContinuousClock.now
    private var isTold = false

    init(path: String, purpose: String) {
      self.path = path
      self.purpose = purpose
    }

    mutating func step() async throws {
      if !isTold, start.duration(to: .now) > WaitNotice.patience {
        WaitNotice.report("waiting for another process that \(purpose) (it holds the lock \(path))")
        isTold = true
      }
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}
