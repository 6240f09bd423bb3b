internal import CLibpq

/// Where a database is: a connection string as libpq reads it (documentation, section 34.1.1 "Connection Strings"),
/// with service files, password files, `PG*` variables and TLS settings as libpq does them.
package struct ConnectionTarget: Sendable, Hashable, CustomStringConvertible {
  /// libpq keywords and values.
  package private(set) var settings: [String: String]

  /// - Throws: `PostgresError` when libpq cannot read the string. The string itself is not repeated: it may hold a
  ///   password.
  package init(_ connectionString: String) throws {
    var message: UnsafeMutablePointer<CChar>?
    guard let options = PQconninfoParse(connectionString, &message) else {
      PQfreemem(message)
      throw PostgresError(
        .connection,
        "this is not a connection string that libpq understands (its text is not shown, since it may hold a password)",
        hint: "Write postgres://user@host:5432/database or host=… dbname=…; characters such as @ : / % in a password "
          + "have to be percent-encoded in a URL.")
    }
    defer { PQconninfoFree(options) }
    settings = [:]
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val { settings[String(cString: keyword)] = String(cString: value) }
      option += 1
    }
  }

  /// A database of a server that listens on a Unix socket in `socketDirectory`.
  package init(socketDirectory: String, port: Int = 5432, user: String, database: String) {
    settings = ["host": socketDirectory, "port": String(port), "user": user, "dbname": database]
  }

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
