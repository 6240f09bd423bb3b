import Glibc

import class Foundation.Thread

/// Speaks just enough of PostgreSQL's protocol to be a server of another version (documentation, section 55.2).
struct FakeServer {
  let port: Int
  private let descriptor: Int32

  /// - Parameter version: what it says it is; nil for one that accepts connections and says nothing.
  init(version: String?) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
    }
    precondition(bound == 0 && listen(descriptor, 8) == 0)
    var length = size
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
    }
    port = Int(UInt16(bigEndian: address.sin_port))
    self.descriptor = descriptor
    if let version { Self.serve(descriptor, version) }
  }

  private static func serve(_ descriptor: Int32, _ version: String) {
    let greeting = greeting(version)
    Thread.detachNewThread {
      while true {
        let client = accept(descriptor, nil, nil)
        if client < 0 { return }
        var buffer = [UInt8](repeating: 0, count: 4096)
        // The first message may ask for TLS (code 80877103) or GSSAPI; both are declined.
        while true {
          let count = read(client, &buffer, buffer.count)
          if count <= 0 { break }
          if count == 8 {
            _ = send(client, "N", 1, Int32(MSG_NOSIGNAL))
          } else {
            _ = send(client, greeting, greeting.count, Int32(MSG_NOSIGNAL))
            _ = read(client, &buffer, buffer.count)
            break
          }
        }
        close(client)
      }
    }
  }

  private static func greeting(_ version: String) -> [UInt8] {
    func message(_ type: Character, _ body: [UInt8]) -> [UInt8] {
      let length = UInt32(body.count + 4)
      return [type.asciiValue ?? 0] + [
        UInt8(length >> 24), UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255),
      ] + body
    }
    func parameter(_ name: String, _ value: String) -> [UInt8] {
      message("S", Array(name.utf8) + [0] + Array(value.utf8) + [0])
    }
    return message("R", [0, 0, 0, 0]) + parameter("server_version", version) + parameter("client_encoding", "UTF8")
      + message("K", [0, 0, 0, 1, 0, 0, 0, 2]) + message("Z", [UInt8(ascii: "I")])
  }

  /// Whether a client waits to be accepted.
  var isCalled: Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, 0) > 0
  }

  func stop() { close(descriptor) }
}
