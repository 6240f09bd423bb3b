internal import CLibpq

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Where a database is: a connection string as libpq reads it (documentation, section 34.1.1 "Connection Strings"),
/// with service files, password files, `PG*` variables and TLS settings as libpq does them.
package struct ConnectionTarget: Sendable, Hashable, CustomStringConvertible {
  /// For PostgreSQL's programs, `PGPASSFILE` where there is none to be read. Of a file that is there and no plain one, as /dev/null
  /// is, they would warn.
  package static let noPasswordFile = "/dev/null/none"

  /// libpq keywords and values.
  package private(set) var settings: [String: String]
  /// Whether its sessions have the settings that dbtool's own statements rely on (`SessionSettings`), whatever role and
  /// database say. Users' statements go through `Connection.asSession` there. A scratch database is dbtool's own.
  package private(set) var isPinned = true

  /// - Throws: `PostgresError` when libpq cannot read the string. The string itself is not repeated: it may hold a
  ///   password.
  package init(_ connectionString: String) throws {
    var message: UnsafeMutablePointer<CChar>?
    guard Self.isUnambiguous(connectionString), let options = PQconninfoParse(connectionString, &message) else {
      PQfreemem(message)
      throw Self.unreadable
    }
    defer { PQconninfoFree(options) }
    settings = Self.inherited
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val { settings[String(cString: keyword)] = String(cString: value) }
      option += 1
    }
    guard Self.arePlaces(settings) else { throw Self.unreadable }
  }

  private static let unreadable = PostgresError(
    .connection,
    "this is not a connection string that libpq understands (its text is not shown, since it may hold a password)",
    hint: "Write postgres://user@host:5432/database or host=… dbname=…; characters such as @ : / % in a password "
      + "have to be percent-encoded in a URL.")

  /// Whether libpq splits a URL where whoever wrote it did.
  ///
  /// libpq (`conninfo_uri_parse_options`) ends user and password at the first `@`, and takes them for a host and a port if a `/`
  /// comes before that. So a password with either is cut in two, and the rest of it is a host or a database, which errors
  /// and descriptions show. What tells is a second `@`, or one behind the first `/`.
  private static func isUnambiguous(_ text: String) -> Bool {
    guard let scheme = ["postgresql://", "postgres://"].first(where: { text.utf8.starts(with: $0.utf8) }) else {
      return true
    }
    let bytes = Array(text.utf8.dropFirst(scheme.utf8.count))
    let (at, slash) = (UInt8(ascii: "@"), UInt8(ascii: "/"))
    var rest = bytes[...]
    if let first = rest.first(where: { $0 == at || $0 == slash }), first == at {
      rest = rest.drop { $0 != at }.dropFirst()
    }
    // The query may have one: user=me@corp.
    return !rest.prefix { $0 != UInt8(ascii: "?") }.contains(at)
  }

  /// Whether host and port can be what they are called, and no part of something else: libpq would quote them in its errors.
  private static func arePlaces(_ settings: [String: String]) -> Bool {
    let ports = (settings["port"] ?? "").split(separator: ",", omittingEmptySubsequences: false)
    guard ports.allSatisfy({ $0.isEmpty || UInt16($0) != nil }) else { return false }
    // A folder, or an abstract socket (@name), may have any name.
    let hosts = (settings["host"] ?? "").split(separator: ",")
    guard hosts.allSatisfy({ host in host.hasPrefix("/") || !host.utf8.dropFirst().contains(UInt8(ascii: "@")) }) else {
      return false
    }
    // A connection string in another's place.
    return ["dbname", "user", "host", "service"].allSatisfy { keyword in
      let value = settings[keyword] ?? ""
      return Secrets.passwordRanges(inArgument: value).isEmpty && !value.contains("://")
    }
  }

  /// A message of libpq's about this target, without what may be a part of a password: libpq also reads `PGHOST` and its like, and
  /// service files, which nobody has looked at here.
  package func withoutSecrets(_ message: String) -> String { Secrets.hidden(in: message) }

  /// A database of a server that listens on a Unix socket in `socketDirectory`.
  package init(socketDirectory: String, port: Int = 5432, user: String, database: String) {
    Self.claimEnvironment()
    isPinned = false
    settings = [
      "host": socketDirectory, "port": String(port), "user": user, "dbname": database, "sslmode": "disable",
      "channel_binding": "disable", "gssencmode": "disable",
      // No server of ours asks for a password. Something that has come to its place might: what PGPASSWORD and the password file
      // have is for others. libpq looks there unless there is one, and takes an empty one for none.
      "password": "none", "passfile": "/dev/null",
      // Whose the server is, is known by its folder; PGREQUIREPEER is about others.
      "requirepeer": "",
    ]
    if PQlibVersion() >= 16_00_00 { settings["require_auth"] = "none" }
  }

  /// What the environment says about every connection and no connection string can take back: libpq prefers
  /// `PGHOSTADDR` to the socket that it is given, and would take an embedded server for another. Such variables are
  /// therefore taken out of the environment, and put into the targets that a user names.
  private static let inherited: [String: String] = {
    var settings: [String: String] = [:]
    for (variable, keyword) in [
      ("PGHOSTADDR", "hostaddr"), ("PGSERVICE", "service"), ("PGOPTIONS", "options"),
      ("PGTARGETSESSIONATTRS", "target_session_attrs"),
    ] {
      guard let value = getenv(variable) else { continue }
      if value.pointee != 0 { settings[keyword] = String(cString: value) }
      unsetenv(variable)
    }
    return settings
  }()

  /// Has to come before libpq is used for a socket of ours.
  static func claimEnvironment() { _ = inherited }

  /// The same server and user, another database.
  package func database(_ name: String) -> ConnectionTarget {
    var copy = self
    copy.settings["dbname"] = name
    return copy
  }

  /// The same, with one libpq setting more.
  package func setting(_ keyword: String, _ value: String) -> ConnectionTarget {
    var copy = self
    copy.settings[keyword] = value
    return copy
  }

  /// The same, with sessions that dbtool can rely on.
  package var pinned: ConnectionTarget {
    var copy = self
    copy.isPinned = true
    return copy
  }

  /// The same, with sessions as role and database make them.
  package var unpinned: ConnectionTarget {
    var copy = self
    copy.isPinned = false
    return copy
  }

  /// Whether it may lead to several servers: libpq takes whichever of them answers, each time anew.
  var namesSeveralServers: Bool {
    ["host", "hostaddr", "port"].contains { settings[$0]?.contains(",") == true }
      || ["PGHOST", "PGPORT"].contains { (name: String) in
        getenv(name).map { value in String(cString: value).contains(",") } ?? false
      }
      || settings["service"] != nil
  }

  /// The same, with one server of those that it names: sessions that a command opens one after the other are to be on the server
  /// that the first was on.
  ///
  /// - Throws: `PostgresError` when none of them answers.
  package func onOneServer() async throws -> ConnectionTarget {
    guard namesSeveralServers else { return self }
    return at(try await Connection.with(unpinned) { await $0.host })
  }

  /// One of the servers that a target may lead to.
  struct Host: Sendable {
    var name: String?
    /// Where it has one beside its name.
    var address: String?
    var port: String?
  }

  /// The same on this server and no other.
  func at(_ host: Host) -> ConnectionTarget {
    var copy = self
    for (keyword, value) in [("host", host.name), ("hostaddr", host.address), ("port", host.port)] {
      copy.settings[keyword] = value.flatMap { $0.isEmpty ? nil : $0 }
    }
    return copy
  }

  package var databaseName: String? { settings["dbname"] }
  package var host: String? { settings["host"] }
  package var port: String? { settings["port"] }
  package var user: String? { settings["user"] }

  /// What a person may see: never the password.
  package var description: String {
    var text = "database \(settings["dbname"] ?? settings["service"].map { "of service \($0)" } ?? "(default)")"
    if let host = settings["host"] { text += " on \(host)" }
    if let port = settings["port"], port != "5432" { text += ":\(port)" }
    if let user = settings["user"] { text += " as \(user)" }
    return text
  }
}
