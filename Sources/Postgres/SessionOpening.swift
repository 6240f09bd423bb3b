internal import CLibpq

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension Session {
  /// Connects as `PQconnectdb` does, but for what the server says meanwhile: a database's settings can have it warn in any words,
  /// which libpq would put on the terminal as they are (libpq documentation, "PQconnectStartParams").
  ///
  /// - Parameter settings: keywords of a connection string, `connect_timeout` among them.
  /// - Returns: the connection in whatever state it came to; nil without memory.
  func open(_ settings: [String: String]) -> OpaquePointer? {
    let keywords = Array(settings.keys)
    let values = keywords.map { settings[$0] ?? "" }
    return withCStrings(keywords) { names in
      withCStrings(values) { values in
        guard let connection = PQconnectStartParams(names, values, 0) else { return nil }
        receiveNotices(of: connection)
        // libpq has no patience of its own here; zero and below are without end, one second is two.
        let seconds = settings["connect_timeout"].flatMap { Int($0) } ?? 0
        let deadline = seconds > 0 ? ContinuousClock.now + .seconds(max(2, seconds)) : nil
        if Self.complete(connection, until: deadline) { return connection }
        PQfinish(connection)
        // Only libpq itself goes on to a further address after one that does not answer, and says which did not.
        return PQconnectdbParams(names, values, 0)
      }
    }
  }

  /// - Returns: false when nobody has answered in time.
  private static func complete(_ connection: OpaquePointer, until deadline: ContinuousClock.Instant?) -> Bool {
    var wants = PGRES_POLLING_WRITING
    while PQstatus(connection) != CONNECTION_BAD {
      let events: Int32
      switch wants {
      case PGRES_POLLING_READING: events = Int32(POLLIN)
      case PGRES_POLLING_WRITING: events = Int32(POLLOUT)
      default: return true
      }
      guard wait(PQsocket(connection), events, until: deadline) else { return false }
      wants = PQconnectPoll(connection)
    }
    return true
  }

  private static func wait(_ socket: Int32, _ events: Int32, until deadline: ContinuousClock.Instant?) -> Bool {
    while true {
      var descriptor = pollfd(fd: socket, events: Int16(events), revents: 0)
      let left = deadline.map { ContinuousClock.now.duration(to: $0).milliseconds } ?? -1
      if deadline != nil, left <= 0 { return false }
      let ready = poll(&descriptor, 1, Int32(clamping: left))
      if ready > 0 || ready < 0 && errno != EINTR { return true }
    }
  }
}

extension Duration {
  fileprivate var milliseconds: Int {
    Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
  }
}
