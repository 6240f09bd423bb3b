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
final class FileLock: Sendable {
  private let descriptor: Int32

  enum Mode { case shared, exclusive }

  /// Waits for the lock without blocking a thread, and says so when that takes longer than a second.
  ///
  /// - Parameter purpose: what its holder does, for people.
  /// - Throws: `ServerError.system`; `ServerError.unsafeDirectory` for a file that others may lock.
  init(_ path: String, _ mode: Mode, _ purpose: String) async throws {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw ServerError.system("open \(path)", errno) }
    // From here on `deinit` closes it.
    try takeFromOthers(path)
    try await wait(path, mode, purpose)
  }

  /// Older versions let everybody open it.
  private func takeFromOthers(_ path: String) throws {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_uid == geteuid(), status.st_mode & S_IFMT == S_IFREG else {
      throw ServerError.unsafeDirectory(path)
    }
    if status.st_mode & 0o077 != 0 { fchmod(descriptor, 0o600) }
  }

  private func wait(_ path: String, _ mode: Mode, _ purpose: String) async throws {
    let start = ContinuousClock.now
    var isTold = false
    while flock(descriptor, (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR else { throw ServerError.system("flock \(path)", errno) }
      if !isTold, start.duration(to: .now) > WaitNotice.patience {
        WaitNotice.report("waiting for another process that \(purpose) (it holds the lock \(path))")
        isTold = true
      }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  deinit { close(descriptor) }
}
