import Dispatch
import Postgres
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Something that has come to the place of an embedded server, and asks everybody for a password in clear text.
final class FakeServer: Sendable {
  private let listener: Int32
  private let all = Mutex<[UInt8]>([])

  /// What it was told.
  var heard: String { String(decoding: all.withLock { $0.map { $0 == 0 ? 32 : $0 } }, as: UTF8.self) }

  init(directory: String) throws {
    #if canImport(Glibc)
      let file = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let file = socket(AF_UNIX, SOCK_STREAM, 0)
    #endif
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array((directory + "/.s.PGSQL.5432").utf8)) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let isBound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(file, $0, size) == 0 }
    }
    guard isBound, listen(file, 8) == 0 else { throw PostgresError(.connection, "cannot listen in \(directory)") }
    listener = file
    DispatchQueue.global().async { self.serve(file) }
  }

  private func serve(_ listener: Int32) {
    while true {
      let client = accept(listener, nil, nil)
      guard client >= 0 else { return }
      // AuthenticationCleartextPassword, after the first message.
      var request: [UInt8] = [UInt8(ascii: "R"), 0, 0, 0, 8, 0, 0, 0, 3]
      var buffer = [UInt8](repeating: 0, count: 4096)
      var count = read(client, &buffer, buffer.count)
      while count > 0 {
        all.withLock { $0 += buffer[..<count] }
        if !request.isEmpty { _ = send(client, request, request.count, Int32(MSG_NOSIGNAL)) }
        request = []
        count = read(client, &buffer, buffer.count)
      }
      close(client)
    }
  }

  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }
}
