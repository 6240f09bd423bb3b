package import Catalog
internal import FoundationEssentials
package import Postgres

/// A state that cannot be read.
package enum StateError: Error, CustomStringConvertible {
  case unparsable(SourceLocation, String)
  case archive(String)

  package var description: String {
    switch self {
    case .unparsable(let location, let message): "\(location): \(message)"
    case .archive(let path):
      "\(path) is an archive of pg_dump, not SQL. Make SQL of it: pg_restore --file=\(path).sql \(path)"
    }
  }
}

/// A `.sql` file that is a state, or the `.sql` files of a folder in the order of their names: by hand, or by pg_dump.
package struct SQLFiles: Sendable {
  private struct File {
    var path: String
    var statements: [ScriptStatement]
  }

  private var files: [File] = []
  let texts: [String]
  let digest: Digest
  let roles: NamedRoles
  /// Whether pg_dump wrote it, which names the owner of everything.
  package let isDump: Bool

  /// - Throws: `StateError`, `SQLSource.Failure`.
  package init(path: String) throws {
    var names = [path]
    if let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      attributes[.type] as? FileAttributeType == .typeDirectory
    {
      names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".sql") }.sorted().map {
        "\(path)/\($0)"
      }
    }
    texts = try names.map(Self.text)
    digest = Digest(of: texts.map { Digest(of: $0).description }.joined())
    isDump = texts.contains { $0.utf8.starts(with: Self.title) }
    for (name, text) in zip(names, texts) {
      do {
        files.append(File(path: name, statements: try Script.splitWithRows(text).compactMap(Self.loadable)))
      } catch let error as ScriptError {
        throw StateError.unparsable(SourceLocation(file: name, line: error.line), error.message)
      }
    }
    roles = NamedRoles(files.flatMap(\.statements))
  }

  /// The first lines of what pg_dump writes.
  private static let title = "--\n-- PostgreSQL database dump\n".utf8

  private static func text(_ path: String) throws -> String {
    let bytes = try SQLSource.bytes(path)
    if bytes.starts(with: "PGDMP".utf8) { throw StateError.archive(path) }
    return try SQLSource.text(of: bytes, path)
  }

  /// What a session is told about itself is not about the schema: the text was read as what it is, and nobody may become another
  /// session's user.
  private static func loadable(_ statement: ScriptStatement) -> ScriptStatement? {
    guard ["encoding", "names", "session"].contains(where: { Script.mentions($0, statement.sql) }),
      let set = ParseTree(parsing: statement.sql)?["VariableSetStmt"]
    else { return statement }
    switch set["name"]?.text {
    case "client_encoding": return nil
    case "session_authorization":
      var changed = statement
      let user = set["args"]?.elements.first?["A_Const"]?["sval"]?["sval"]?.text
      changed.sql = user.map { "SET ROLE \(Quote.identifier($0))" } ?? "RESET ROLE"
      return changed
    default: return statement
    }
  }

  /// The names of the files.
  var paths: [String] { files.map(\.path) }

  /// - Returns: what leaves nothing, by the numbers of the files.
  /// - Throws: `ReplayFailure` naming the file and line.
  func load(into session: LoadingSession) async throws -> [LeftOut] {
    var leftOut: [LeftOut] = []
    for (number, file) in files.enumerated() {
      // Each as psql reads it, in a session of its own.
      if number > 0 { try await session.reset() }
      let (results, these) = try await session.load(file.statements, of: number)
      leftOut += these
      for (statement, result) in zip(file.statements, results) {
        guard case .failure(let error) = result, !(isDump && Self.isOtherVersionsSetting(statement, error)) else {
          continue
        }
        throw ReplayFailure(location: SourceLocation(file: file.path, line: statement.line), error: error)
      }
    }
    return leftOut
  }

  /// pg_dump sets what its own version has; the session of an older server lacks nothing without it.
  private static func isOtherVersionsSetting(_ statement: ScriptStatement, _ error: PostgresError) -> Bool {
    error.sqlState == "42704" && ParseTree(parsing: statement.sql)?.nodeName == "VariableSetStmt"
  }
}

extension States {
  /// A scratch database with a `.sql` file, or the `.sql` files of a folder in the order of their names.
  ///
  /// - Throws: `ReplayFailure` naming the file and line; `StateError`, `SQLSource.Failure`.
  package func sqlTemplate(path: String) async throws -> ScratchTemplate { try await sqlTemplate(SQLFiles(path: path)) }

  /// The role that owns most in what pg_dump has written, if it gives everything to somebody.
  ///
  /// - Throws: what the file system says; `PostgresError`.
  package func usualOwner(ofDump path: String) async throws -> String? {
    let files = try SQLFiles(path: path)
    guard files.isDump else { return nil }
    let template = try await sqlTemplate(files)
    let rows = try await template.server.withDatabase(from: template) { database in
      try await Connection.with(database.reading) {
        try await $0.query(
          """
          SELECT r.rolname, count(*)
            FROM pg_catalog.pg_shdepend d JOIN pg_catalog.pg_roles r ON r.oid = d.refobjid
           CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) o
           WHERE d.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
             AND d.refclassid = 'pg_catalog.pg_authid'::regclass AND d.deptype = 'o' AND NOT r.rolsuper
             AND coalesce(o.schema, o.name, '') <> 'cron'
           GROUP BY 1 ORDER BY 2 DESC, 1
          """)
      }
    }
    let owners = try rows.map { try $0.string(0) }
    return owners.contains(where: ScratchRights.owners.contains) ? nil : owners.first
  }

  /// Who owns a live database.
  ///
  /// - Throws: `PostgresError`.
  package static func owner(of target: ConnectionTarget) async throws -> String {
    try await Connection.with(target) {
      try await $0.query(
        """
        SELECT pg_catalog.pg_get_userbyid(datdba) FROM pg_catalog.pg_database
         WHERE datname = pg_catalog.current_database()
        """)[0].string(0)
    }
  }

  /// - Throws: `ReplayFailure` naming the file and line.
  package func sqlTemplate(_ files: SQLFiles) async throws -> ScratchTemplate {
    let server = try await scratch(loading: files.texts, naming: files.roles.missing)
    try await server.provide(roles: files.roles.missing)
    let base = try await emptyTemplate(server)
    let isOwn = files.texts.contains(where: Script.concernsServer)
    let digest = try key("sql 3", files.digest.description)
    let template = try await server.withoutTrace(isExpected: isOwn) {
      try await server.notedTemplate(for: digest, from: base) { try await files.load(into: $0) }
    }
    LeftOutJournal.current?.add(template.leftOut, in: files.paths)
    return template
  }
}
