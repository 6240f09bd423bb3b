package import Catalog
package import Postgres
internal import SchemaDSL

/// What migrations lead to: they are run in a scratch database, one after the other.
extension States {
  /// A scratch database in which the migrations were run in order.
  ///
  /// - Parameter text: SQL that will be run on a copy.
  /// - Throws: `ReplayFailure` naming the file and line.
  package func replayTemplate(_ files: [MigrationFile], toRun text: String? = nil) async throws -> ScratchTemplate {
    let texts = files.map(\.text) + [text].compactMap { $0 }
    let missing = missingRoles(texts)
    let server = try await scratch(loading: texts, naming: missing)
    try await server.provide(roles: missing)
    let base = try await emptyTemplate(server)
    if files.isEmpty { return base }
    // The longest prefix that was replayed before saves the rest.
    let digest = try key("migrations 2", files.map(\.digest.description).joined(separator: " "))
    let isOwn = files.contains { Script.concernsServer($0.text) } || text.map(Script.concernsServer) == true
    let template = try await Self.patiently {
      try await server.withoutTrace(isExpected: isOwn) {
        try await server.notedTemplate(for: digest, from: base) { session in
          var leftOut: [LeftOut] = []
          for (number, file) in files.enumerated() {
            // As it is applied: what a file makes of its session ends with it.
            if number > 0 { try await session.reset() }
            leftOut += try await Self.run(file, number, on: session)
          }
          return leftOut
        }
      }
    }
    LeftOutJournal.current?.add(template.leftOut, in: files.map { "migrations/\($0.fileName)" })
    return template
  }

  /// A file says how long it waits for a lock. Roles and the like are the scratch server's, where other runs may have them locked: nothing
  /// of that is the file's business, nor the database's that it is for.
  private static func patiently<Result>(_ body: () async throws -> Result) async throws -> Result {
    for _ in 1..<5 {
      do { return try await body() } catch let failure as ReplayFailure
        where failure.error.sqlState == .lockNotAvailable
      {}
    }
    return try await body()
  }

  private static func run(
    _ file: MigrationFile, _ number: Int, on session: LoadingSession
  ) async throws -> [LeftOut] {
    var leftOut: [LeftOut] = []
    for segment in try file.segments() {
      var statements = segment.statements
      if segment.isTransaction {
        statements.insert(ScriptStatement(sql: segment.begin, line: segment.firstLine), at: 0)
        statements.append(ScriptStatement(sql: "COMMIT", line: segment.lastLine))
      }
      let (results, these) = try await session.run(statements, of: number)
      for (statement, result) in zip(statements, results) {
        if case .failure(let error) = result {
          throw ReplayFailure(
            location: SourceLocation(file: "migrations/\(file.fileName)", line: statement.line), error: error)
        }
      }
      leftOut += these
    }
    return leftOut
  }

  /// The catalog that the migrations lead to.
  ///
  /// - Throws: `ReplayFailure` naming the file and line.
  package func replayed(_ files: [MigrationFile]) async throws -> Catalog {
    let template = try await replayTemplate(files)
    return try await read(template: template).removing { $0.id.kind == .role }
  }

  /// The catalog of an empty database: what PostgreSQL itself puts there.
  ///
  /// - Throws: `ServerError`; `PostgresError`.
  package func empty() async throws -> Catalog {
    let cacheKey = try key("catalog", CatalogCache.buildStamp, "empty")
    if let cached = cache?.catalog(for: cacheKey) { return cached }
    let catalog = try await asOwn { try await replayed([]) }
    cache?.store(catalog, for: cacheKey)
    return catalog
  }

  /// The roles that SQL names and does not make: stand-ins take their place.
  private func missingRoles(_ texts: [String]) -> Set<String> {
    var roles = NamedRoles()
    for text in texts { roles.formUnion(NamedRoles(text)) }
    return roles.missing
  }
}

/// SQL that the scratch server refused.
package struct ReplayFailure: Error, CustomStringConvertible {
  package var location: SourceLocation
  package var error: PostgresError

  package init(location: SourceLocation, error: PostgresError) {
    self.location = location
    self.error = error
  }

  package var description: String { "\(location): \(error)" }
}
