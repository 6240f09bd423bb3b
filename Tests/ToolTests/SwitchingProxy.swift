import Glibc
import Synchronization

import class Foundation.Thread

/// A Unix socket that leads the first connections to one server, and those after them to another or nowhere: what a name does
/// when its server fails over.
final class SwitchingProxy: Sendable {
  let directory: String
  private let listener: Int32
  private let first: String
  private let second: String?
  private let limit: Int
  private let count = Atomic<Int>(0)

  /// How many connections there were.
  var connections: Int { count.load(ordering: .sequentiallyConsistent) }

  struct Failure: Error {}

  /// - Parameters:
  ///   - first: the folder of the socket that the first connections are led to.
  ///   - limit: how many these are.
  ///   - second: where the others are led; nil for nowhere.
  init(in directory: String, to first: String, for limit: Int, then second: String?) throws {
    self.directory = directory
    self.first = first + "/.s.PGSQL.5432"
    self.second = second.map { $0 + "/.s.PGSQL.5432" }
    self.limit = limit
    mkdir(directory, 0o700)
    let path = directory + "/.s.PGSQL.5432"
    unlink(path)
    listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard Self.withAddress(path, { bind(listener, $0, $1) }) == 0, listen(listener, 16) == 0 else { throw Failure() }
    Thread.detachNewThread { [self] in
      while true {
        let client = accept(listener, nil, nil)
        if client < 0 { return }
        let number = count.add(1, ordering: .sequentiallyConsistent).oldValue
        Thread.detachNewThread { [self] in
          if let place = number < limit ? self.first : self.second { Self.lead(client, to: place) }
          Glibc.close(client)
        }
      }
    }
  }

  func close() {
    shutdown(listener, Int32(SHUT_RDWR))
    Glibc.close(listener)
    unlink(directory + "/.s.PGSQL.5432")
  }

  /// Passes on what comes from either side, until one of them ends.
  private static func lead(_ client: Int32, to path: String) {
    let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { Glibc.close(server) }
    guard withAddress(path, { connect(server, $0, $1) }) == 0 else { return }
    var entries = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while poll(&entries, 2, -1) >= 0 {
      for (index, entry) in entries.enumerated() where entry.revents != 0 {
        let size = read(entry.fd, &buffer, buffer.count)
        guard size > 0 else { return }
        var sent = 0
        while sent < size {
          let part = buffer[sent..<size].withUnsafeBytes {
            send(entries[1 - index].fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
          }
          guard part > 0 else { return }
          sent += part
        }
      }
    }
  }

  private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return -1 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
  }
}
