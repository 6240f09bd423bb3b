internal import CServerProcess
internal import Dispatch
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Ends on the server what a process was doing there when a signal ends the process.
///
/// The server learns that a client is gone when it next reads from it. A statement that waits for a lock does not read: it stays
/// in the queue, where all who come later wait behind it, and keeps the locks that its transaction has. So what runs is
/// cancelled first (documentation, section 34.7 "Canceling Queries in Progress"), as psql does. A process that is killed outright
/// has no time for that.
package enum Interruption {
  private struct State {
    var running: [ObjectIdentifier: @Sendable () -> Void] = [:]
    var hasBegun = false
  }
  private static let state = Mutex(State())

  /// How long a server is given to take the cancellations.
  private static let patience = 2

  /// From here on a signal by which a person or a system ends a process (SIGINT, SIGTERM, SIGHUP) does that once what runs on
  /// servers is cancelled.
  package static func cancelBeforeTheEnd() {
    let signals = dbtool_note_signals()
    guard signals >= 0 else { return }
    let isWatched = DetachedThread.start {
      var number: UInt8 = 0
      while true {
        let count = read(signals, &number, 1)
        if count < 0, errno == EINTR { continue }
        guard count == 1 else { return }
        cancelAll()
        // The process ends as it would have.
        dbtool_end_by_signal(Int32(number))
      }
    }
    precondition(isWatched, "no thread could be started for signals")
  }

  /// Runs a call of a session that may be cancelled.
  static func during<Result>(
    _ session: AnyObject, cancel: @escaping @Sendable () -> Void, _ body: () throws -> Result
  ) rethrows -> Result {
    let identity = ObjectIdentifier(session)
    state.withLock { $0.running[identity] = cancel }
    defer {
      let hasBegun = state.withLock { state in
        state.running[identity] = nil
        return state.hasBegun
      }
      // Nothing follows on what was cancelled, and nobody is told that it was: the process ends at any moment.
      if hasBegun { sleep(UInt32(patience) + 1) }
    }
    return try body()
  }

  private static func cancelAll() {
    let cancels = state.withLock { state in
      state.hasBegun = true
      return Array(state.running.values)
    }
    let group = DispatchGroup()
    for cancel in cancels { DispatchQueue.global().async(group: group, execute: DispatchWorkItem(block: cancel)) }
    // A server that cannot be reached any more keeps nobody here.
    _ = group.wait(timeout: .now() + .seconds(patience))
  }
}
