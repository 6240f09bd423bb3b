import Synchronization
import TestSupport

import class Foundation.Thread

#if canImport(Glibc)
  import Glibc
#endif

/// Stands between dbtool and its server, counts the statements that pass (documentation, section 55.7 "Message Formats":
/// `Query` and `Execute`), and strikes at one of them: before it is passed on, or while the server is at it.
final class Relay: Sendable {
  struct Strike: Sendable {
    /// Which statement, counted from 1.
    var at: Int
    var isBefore: Bool
    /// Whether the connection is cut.
    var cuts: Bool
    /// What else is done, with the server process of the connection.
    var act: @Sendable (_ backend: Int32?) -> Void
  }

  private struct State {
    var count = 0
    var strike: Strike?
    var struck: String?
    /// How often a statement has passed that differs from another in nothing but numbers, after the same one.
    var shapes: [String: Int] = [:]
    var last = ""
    /// For each statement, how many of its shape came before it.
    var ranks: [Int] = []
  }

  private let state = Mutex(State())
  private let upstream: String
  private let listener: Int32
  let directory: String

  /// - Parameter upstream: the socket of the server, or of a pooler.
  init(in directory: String, to upstream: String) throws {
    self.directory = directory
    self.upstream = upstream
    let path = directory + "/.s.PGSQL.5432"
    unlink(path)
    listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let isBound = Self.withAddress(path) { bind(self.listener, $0, $1) } == 0
    guard isBound, listen(listener, 16) == 0 else { throw RelayError(path: path) }
    let listener = listener
    Thread.detachNewThread { [self] in
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        serve(client)
      }
    }
  }

  struct RelayError: Error { var path: String }

  func close() {
    shutdown(listener, Int32(SHUT_RDWR))
    Glibc.close(listener)
  }

  /// Begins to count, and strikes when it is time.
  func arm(_ strike: Strike?) {
    state.withLock { $0 = State(strike: strike) }
  }

  /// How many statements have passed, and the one that was struck.
  var outcome: (count: Int, struck: String?) { state.withLock { ($0.count, $0.struck) } }

  /// For each statement that has passed, how many like it had passed before.
  var ranks: [Int] { state.withLock { $0.ranks } }

  private static func withAddress(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { space in
      for (index, byte) in path.utf8.prefix(space.count - 1).enumerated() { space[index] = byte }
    }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
  }

  private func serve(_ client: Int32) {
    let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard Self.withAddress(upstream, { connect(server, $0, $1) }) == 0 else {
      Glibc.close(server)
      Glibc.close(client)
      return
    }
    let pair = Pair(client, server)
    Thread.detachNewThread { [self] in answer(pair) }
    Thread.detachNewThread { [self] in ask(pair) }
  }

  /// A connection from dbtool, and the one that goes on to the server.
  private final class Pair: Sendable {
    let client: Int32
    let server: Int32
    /// The server process, once it is known.
    let backend = Atomic<Int32>(0)
    private let ended = Atomic<Int>(0)

    init(_ client: Int32, _ server: Int32) {
      self.client = client
      self.server = server
    }

    /// Said by both threads: what ends one ends the other.
    func end() {
      shutdown(client, Int32(SHUT_RDWR))
      shutdown(server, Int32(SHUT_RDWR))
      guard ended.add(1, ordering: .acquiringAndReleasing).newValue == 2 else { return }
      Glibc.close(client)
      Glibc.close(server)
    }
  }

  private func answer(_ pair: Pair) {
    defer { pair.end() }
    var isKnown = false
    var start: [UInt8] = []
    while let bytes = Self.receive(pair.server) {
      if !isKnown {
        start += bytes
        // BackendKeyData: K, its length, the process.
        var index = 0
        while index + 9 <= start.count {
          let length = start[(index + 1)..<(index + 5)].reduce(0) { $0 << 8 | Int($1) }
          if start[index] == UInt8(ascii: "K") {
            let pid = start[(index + 5)..<(index + 9)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            pair.backend.store(Int32(bitPattern: pid), ordering: .relaxed)
            isKnown = true
            break
          }
          index += 1 + length
        }
      }
      guard Self.send(pair.client, bytes[...]) else { break }
    }
  }

  private func ask(_ pair: Pair) {
    defer { pair.end() }
    var buffer: [UInt8] = []
    var isStarted = false
    var text = ""
    while let bytes = Self.receive(pair.client) {
      buffer += bytes
      while true {
        // The first message has no type.
        let head = isStarted ? 5 : 4
        guard buffer.count >= head else { break }
        let length = buffer[(head - 4)..<head].reduce(0) { $0 << 8 | Int($1) } + head - 4
        guard buffer.count >= length else { break }
        let message = buffer[..<length]
        let kind = isStarted ? message[0] : 0
        isStarted = true
        if kind == UInt8(ascii: "P") || kind == UInt8(ascii: "Q") {
          text = String(decoding: message[5...].filter { $0 != 0 }.prefix(400), as: UTF8.self)
        }
        let counts = kind == UInt8(ascii: "Q") || kind == UInt8(ascii: "E")
        let strike = counts ? due(text) : nil
        if let strike, strike.isBefore {
          strike.act(pair.backend.load(ordering: .relaxed))
          return
        }
        guard Self.send(pair.server, message) else { return }
        buffer.removeFirst(length)
        if let strike {
          Waiting.chance()
          strike.act(pair.backend.load(ordering: .relaxed))
          if strike.cuts { return }
        }
      }
    }
  }

  private func due(_ statement: String) -> Strike? {
    state.withLock { state in
      state.count += 1
      let shape = statement.filter { !$0.isNumber }
      let pair = state.last + "\u{0}" + shape
      state.ranks.append(state.shapes[pair, default: 0])
      state.shapes[pair, default: 0] += 1
      state.last = shape
      guard let strike = state.strike, strike.at == state.count else { return nil }
      state.struck = statement
      return strike
    }
  }

  private static func receive(_ socket: Int32) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 65536)
    let count = recv(socket, &bytes, bytes.count, 0)
    return count > 0 ? Array(bytes[..<count]) : nil
  }

  private static func send(_ socket: Int32, _ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
