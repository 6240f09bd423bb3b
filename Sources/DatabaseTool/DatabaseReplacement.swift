internal import Catalog
internal import Escaping
internal import Postgres

/// A new, empty database in the place of one: with its owner, encoding, locale, tablespace, settings and privileges.
///
/// The new one is made first, under another name, and gets its marks. Whatever keeps it from being made keeps the old one too;
/// and whatever ends this half way leaves a database that the next run knows.
struct DatabaseReplacement {
  private let name: String
  /// Whether there is an old one.
  private let replaces: Bool
  private let create: String
  /// What gives the new one what belongs to the old.
  private let properties: [String]
  /// Its name until the old one is gone: always the same, so that the next run finds what an interrupted one has left.
  private let successor: String

  private static func successor(of name: String) -> String {
    "dbtool_new_\(Digest(of: name).description.prefix(24))"
  }

  /// Where there is no old one.
  init(new name: String) {
    self.name = name
    replaces = false
    successor = Self.successor(of: name)
    create = "CREATE DATABASE \(Quote.identifier(successor))"
    properties = []
  }

  /// - Throws: `PostgresError`.
  init(of name: String, _ connection: Connection) async throws {
    self.name = name
    replaces = true
    successor = Self.successor(of: name)
    let new = Quote.identifier(successor)
    let major = await connection.serverVersion.major
    let locale = major >= 17 ? "datlocale" : "daticulocale"
    let (provider, isTemplates) =
      major >= 15
      ? (
        "d.datlocprovider, d.\(locale)",
        "AND t.datlocprovider = d.datlocprovider AND t.\(locale) IS NOT DISTINCT FROM d.\(locale)"
      )
      : ("'c', NULL", "")
    let row = try await connection.query(
      """
      SELECT pg_catalog.pg_get_userbyid(d.datdba), pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate, d.datctype,
             s.spcname, d.datconnlimit, d.datacl IS NOT NULL,
             -- What template1 has of its own is meant for new databases; another locale can be had of template0 only, and so can
             -- one that is made from template1 itself, in which the lock of the reset is held.
             CASE WHEN pg_catalog.current_database() <> 'template1' AND t.encoding = d.encoding AND t.datcollate = d.datcollate AND t.datctype = d.datctype \(isTemplates)
                  THEN 'template1' ELSE 'template0' END,
             pg_catalog.shobj_description(d.oid, 'pg_database'), \(provider)
        FROM pg_catalog.pg_database d
        JOIN pg_catalog.pg_tablespace s ON s.oid = d.dattablespace
        JOIN pg_catalog.pg_database t ON t.datname = 'template1'
       WHERE d.datname = $1
      """, [name]
    )[0]
    var reader = row.reader
    let owner = Quote.identifier(try reader.string())
    let (encoding, collate, type) = (try reader.string(), try reader.string(), try reader.string())
    let (tablespace, limit, hasPrivileges) = (try reader.string(), try reader.int(), try reader.bool())
    let (template, comment) = (try reader.string(), try reader.optionalString())
    let (kind, ofProvider) = (try reader.string(), try reader.optionalString())
    create =
      "CREATE DATABASE \(new) OWNER \(owner) TEMPLATE \(template) ENCODING \(Quote.literal(encoding)) "
      + "LC_COLLATE \(Quote.literal(collate)) LC_CTYPE \(Quote.literal(type)) TABLESPACE \(Quote.identifier(tablespace)) "
      + "CONNECTION LIMIT \(limit)"
      + (template == "template0" ? Self.provider(kind, ofProvider) : "")
    var properties: [String] = []
    if let comment { properties.append("COMMENT ON DATABASE \(new) IS \(Quote.literal(comment))") }
    if hasPrivileges { properties.append("REVOKE ALL ON DATABASE \(new) FROM PUBLIC, \(owner)") }
    let grants = try await connection.query(
      """
      SELECT g.privilege_type, coalesce(pg_catalog.quote_ident(r.rolname), 'PUBLIC'), g.is_grantable
        FROM pg_catalog.pg_database d CROSS JOIN LATERAL pg_catalog.aclexplode(d.datacl) g
        LEFT JOIN pg_catalog.pg_roles r ON r.oid = g.grantee
       WHERE d.datname = $1 ORDER BY 2, 1
      """, [name])
    for grant in grants {
      properties.append(
        "GRANT \(try grant.string(0)) ON DATABASE \(new) TO \(try grant.string(1))"
          + (try grant.bool(2) ? " WITH GRANT OPTION" : ""))
    }
    let settings = try await connection.query(
      """
      SELECT r.rolname, pg_catalog.split_part(c.setting, '=', 1),
             pg_catalog.substr(c.setting, pg_catalog.strpos(c.setting, '=') + 1)
        FROM pg_catalog.pg_db_role_setting x JOIN pg_catalog.pg_database d ON d.oid = x.setdatabase
        LEFT JOIN pg_catalog.pg_roles r ON r.oid = x.setrole
       CROSS JOIN LATERAL pg_catalog.unnest(x.setconfig) AS c (setting)
       WHERE d.datname = $1 AND (x.setrole = 0 OR r.oid IS NOT NULL)
      """, [name])
    for setting in settings {
      let whose =
        try setting.optionalString(0).map { "ROLE \(Quote.identifier($0)) IN DATABASE \(new)" } ?? "DATABASE \(new)"
      let name = try setting.string(1)
      let value = DatabaseSetting.value(try setting.string(2), of: name)
      properties.append("ALTER \(whose) SET \(DatabaseSetting.quoted(name)) TO \(value)")
    }
    self.properties = properties
  }

  private static func provider(_ provider: String, _ locale: String?) -> String {
    switch (provider, locale) {
    case ("i", let locale?): " LOCALE_PROVIDER icu ICU_LOCALE \(Quote.literal(locale))"
    case ("b", let locale?): " LOCALE_PROVIDER builtin BUILTIN_LOCALE \(Quote.literal(locale))"
    default: ""
    }
  }

  /// - Parameters:
  ///   - connection: to another database of the server, where `AdvisoryKey.replacement` is held.
  ///   - isOurs: whether the marks of a database are this project's; nil where it has none.
  ///   - mark: writes into the new one whose it is.
  ///   - release: takes away what keeps the old one from being dropped, once the new one is there; returns what that was.
  /// - Throws: `ToolError` where nothing was changed, or only the name is left to do; `PostgresError` where the connection is lost.
  func run(
    _ connection: Connection, isOurs: @Sendable (Connection) async throws -> Bool?,
    mark: (Connection) async throws -> Void, release: () async throws -> [String]
  ) async throws {
    if try await remainder(connection, isOurs: isOurs) != .none { try await dropSuccessor(connection) }
    do {
      try await connection.execute(create)
    } catch let error as PostgresError where error.kind == .server {
      throw ToolError(
        "a new database cannot be made in the place of \(Quote.identifier(name)): \(error.message). Nothing was changed."
      )
    }
    var released: [String] = []
    do {
      for statement in properties { try await connection.execute(statement) }
      // Who may connect to the old one only, by a pooler's list or the server's, leaves that to the apply that follows.
      do { try await inSuccessor(connection, mark) } catch let error as PostgresError where error.kind == .connection {}
      released = try await release()
      if replaces { try await connection.execute("DROP DATABASE IF EXISTS \(Quote.identifier(name)) WITH (FORCE)") }
    } catch let error as PostgresError where error.kind == .server {
      try await dropSuccessor(connection)
      let left = released.isEmpty ? "Nothing was changed." : "Only gone: \(released.joined(separator: ", "))."
      throw ToolError("\(Quote.identifier(name)) cannot be made anew as it is: \(error). \(left)")
    } catch {
      try await dropSuccessor(connection)
      throw error
    }
    try await rename(connection)
  }

  private func rename(_ connection: Connection) async throws {
    let rename = "ALTER DATABASE \(Quote.identifier(successor)) RENAME TO \(Quote.identifier(name))"
    do {
      try await connection.execute(rename)
    } catch let error as PostgresError where error.kind == .server {
      if !replaces {
        throw ToolError("\(Quote.identifier(name)) cannot be made: \(error). Run this again once that is mended.")
      }
      throw ToolError(
        "the old database is gone, and the new one, \(Quote.identifier(successor)), did not get its name: \(error.message). "
          + "Say \(rename); then dbtool apply.")
    }
  }

  /// What an interrupted run has left under the name of the new one.
  private enum Remainder {
    case none
    /// It has nothing of its own yet, or not even that.
    case worthless
    /// It has all that the old one had, and its marks: the old one was to go next.
    case complete
  }

  /// - Parameter isOurs: whether the marks of a database are this project's.
  /// - Throws: `ToolError` where it has what is somebody's.
  private func remainder(_ connection: Connection, isOurs: @Sendable (Connection) async throws -> Bool?) async throws
    -> Remainder
  {
    guard let limit = try await Self.connectionLimit(of: successor, connection) else { return .none }
    // DROP DATABASE was interrupted: nobody can connect to it, and nothing but dropping it is left.
    if limit == Self.invalid { return .worthless }
    let new = Quote.identifier(successor)
    let found: (isEmpty: Bool, isOurs: Bool?)
    do {
      found = try await inSuccessor(connection) { (try await DatabaseContents.isEmpty($0), try await isOurs($0)) }
    } catch let error as PostgresError where error.kind == .connection {
      throw ToolError(
        "the database \(new) is in the way, and dbtool cannot look into it: \(error.message). It has the name that dbtool gives to an "
          + "empty database while it makes \(Quote.identifier(name)) anew. Nothing was changed. If \(Quote.identifier(name)) is gone, say "
          + "ALTER DATABASE \(new) RENAME TO \(Quote.identifier(name)); otherwise DROP DATABASE \(new); then run this again."
      )
    }
    guard found.isEmpty, found.isOurs != false else {
      throw ToolError(
        "the database \(new) is in the way, which has the name that dbtool gives to an empty one while it makes \(Quote.identifier(name)) "
          + "anew, and is not empty, or another project's. Nothing was changed. Give it another name: ALTER DATABASE … RENAME TO."
      )
    }
    return found.isOurs == true ? .complete : .worthless
  }

  /// `pg_database.datconnlimit` of one that DROP DATABASE has begun to drop.
  private static let invalid = -2

  private static func connectionLimit(of name: String, _ connection: Connection) async throws -> Int? {
    try await connection.query("SELECT d.datconnlimit FROM pg_catalog.pg_database d WHERE d.datname = $1", [name])
      .first?.int(0)
  }

  /// Ends what an interrupted run has begun, where that had come so far that the old database was going or is gone.
  ///
  /// - Parameter isOurs: whether the marks of a database are this project's; nil where it has none.
  /// - Returns: whether there is a new database now.
  /// - Throws: `ToolError` where what is there is not what such a run has left.
  static func finish(
    _ name: String, _ connection: Connection, isOurs: @Sendable (Connection) async throws -> Bool?
  ) async throws -> Bool {
    let replacement = DatabaseReplacement(new: name)
    let limit = try await connectionLimit(of: name, connection)
    guard limit == nil || limit == invalid else { return false }
    let isComplete = try await replacement.remainder(connection, isOurs: isOurs) == .complete
    if limit == invalid {
      guard isComplete else {
        throw ToolError(
          "\(Quote.identifier(name)) is what an interrupted DROP DATABASE has left: nobody can connect to it, and nothing of it can be had "
            + "back. Say DROP DATABASE \(Quote.identifier(name)); then run this again.")
      }
      try await connection.execute("DROP DATABASE \(Quote.identifier(name))")
    }
    if isComplete { try await replacement.rename(connection) }
    return isComplete
  }

  /// Runs `body` in a session of the new one, on the same server.
  private func inSuccessor<Result: Sendable>(
    _ connection: Connection, _ body: (Connection) async throws -> Result
  ) async throws -> Result {
    let identity = try await ServerIdentity(successor, connection)
    return try await Connection.with(connection.target.database(successor)) {
      try await identity.verify(successor, $0)
      return try await body($0)
    }
  }

  private func dropSuccessor(_ connection: Connection) async throws {
    try await connection.execute("DROP DATABASE IF EXISTS \(Quote.identifier(successor)) WITH (FORCE)")
  }
}
