internal import CLibpq
internal import Dispatch

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Owns the libpq connection. All use is serialised by `Connection`; only `cancel` is called from elsewhere, and
/// `PQcancel` is safe from any thread. That is why this may be shared.
final class Session: @unchecked Sendable {
  private(set) var pointer: OpaquePointer?
  private let cancellation = CancelHandle()
  let notices = NoticeBox()

  func adopt(_ connection: OpaquePointer) {
    pointer = connection
    cancellation.set(PQgetCancel(connection))
    receiveNotices(of: connection)
  }

  /// Keeps what the server says beside its answers (libpq documentation, "Notice Processing").
  func receiveNotices(of connection: OpaquePointer) {
    _ = PQsetNoticeReceiver(
      connection,
      { context, result in
        guard let context else { return }
        let box = Unmanaged<NoticeBox>.fromOpaque(context).takeUnretainedValue()
        // Not in the server's language.
        let level = PQresultErrorField(result, Int32(UInt8(ascii: "V"))).map { String(cString: $0) }
        if level == "FATAL" || level == "PANIC" {
          box.ending = PostgresError(ending: result)
          return
        }
        let severity = PQresultErrorField(result, Int32(UInt8(ascii: "S"))).map { String(cString: $0) } ?? "NOTICE"
        let message = PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) } ?? ""
        box.append("\(severity): \(message)")
      }, Unmanaged.passUnretained(notices).toOpaque())
  }

  func finish() {
    cancellation.set(nil)
    if let pointer { PQfinish(pointer) }
    pointer = nil
  }

  func cancel() { cancellation.cancel() }

  deinit { finish() }
}

/// The handle that `PQcancel` takes, behind a lock: it is freed by one thread and used by another.
private final class CancelHandle: @unchecked Sendable {
  private let lock = DispatchSemaphore(value: 1)
  private var handle: OpaquePointer?

  func set(_ new: OpaquePointer?) {
    lock.wait()
    defer { lock.signal() }
    if let handle { PQfreeCancel(handle) }
    handle = new
  }

  func cancel() {
    lock.wait()
    defer { lock.signal() }
    if let handle { sendCancel(handle) }
  }
}

/// Asks the server to cancel what a session runs.
///
/// `PQcancel` writes to a socket of its own, and not as libpq does elsewhere: a server that goes away at that moment would end this
/// process with SIGPIPE. So that is held back meanwhile, and taken away.
func sendCancel(_ handle: OpaquePointer) {
  var pipe = sigset_t()
  var before = sigset_t()
  sigemptyset(&pipe)
  sigaddset(&pipe, SIGPIPE)
  pthread_sigmask(SIG_BLOCK, &pipe, &before)
  var message = [CChar](repeating: 0, count: 256)
  _ = PQcancel(handle, &message, 256)
  var pending = sigset_t()
  sigpending(&pending)
  if sigismember(&pending, SIGPIPE) == 1 {
    var signal: Int32 = 0
    sigwait(&pipe, &signal)
  }
  pthread_sigmask(SIG_SETMASK, &before, nil)
}

/// Notices arrive while a call of the owning connection blocks, and are taken on the same thread.
final class NoticeBox: @unchecked Sendable {
  private var messages: [String] = []
  /// Why the session was ended.
  var ending: PostgresError?
  func append(_ message: String) { messages.append(message) }
  func take() -> [String] {
    defer { messages = [] }
    return messages
  }
}
