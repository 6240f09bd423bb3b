package import Catalog
internal import FoundationEssentials
package import Introspection
package import Planning
package import Postgres
package import SchemaDSL

/// Reads the states of a database from wherever they are: declarations, migration files, SQL files, live servers.
/// Everything but a live server is loaded into the scratch server first; PostgreSQL is the only judge.
package actor States {
  package nonisolated let rendering: Rendering
  package nonisolated let reader: CatalogReader
  private let standIns: [StandIn]
  /// What `schema.lock` says of the stand-ins; nothing without any.
  package nonisolated let standInDigests: Set<String>
  /// By whose SQL they load, and what their roles and settings come from.
  private var servers: [String: ScratchServer] = [:]
  /// Whether something that others wrote may gain rights: from then on all of it is loaded where no other run is.
  private var isSuspect = false
  let cache = CatalogCache()
  private var found: Installation?
  var failedComparisons: [String] = []
  /// What was found out of changes of type: those of a template's types, which its name tells.
  var verdicts: [String: [TypeConversions.Pair: TypeConversion]] = [:]

  /// - Parameter owners: further names of the database's owner, as files have them.
  package init(database: Database, owners: Set<String> = []) {
    rendering = Rendering(database)
    var reader = Self.reader(for: database)
    reader.ownerNames = owners
    self.reader = reader
    standIns = Rendering.standIns(of: database)
    standInDigests = Set([standIns.digest?.description].compactMap { $0 })
  }

  /// The PostgreSQL that the scratch server runs; looked for when it is needed.
  ///
  /// - Throws: `ServerError` when there is none on this machine.
  private func installation() throws -> Installation {
    if let found { return found }
    let installation = try Installation.find()
    found = installation
    return installation
  }

  /// The version of the scratch server.
  ///
  /// - Throws: `ServerError` when there is no PostgreSQL on this machine.
  package func serverVersion() throws -> ServerVersion { try installation().version }

  /// The scratch server, found or started on first use.
  ///
  /// - Throws: `ServerError`.
  package func scratch() async throws -> ScratchServer { try await scratch(loading: []) }

  /// The scratch server for SQL that somebody wrote: the shared one, or, where the SQL speaks of roles or of the server, one
  /// that is for this SQL alone. What others wrote and may gain rights by gets one that is for this run alone.
  ///
  /// - Parameter roles: those that get stand-ins, which stay. What others wrote shares a server with what names the same.
  /// - Throws: `ServerError`.
  package func scratch(
    loading texts: [String], naming roles: some Collection<String> = [] as Set<String>
  ) async throws -> ScratchServer {
    let isShared = !texts.contains(where: Script.concernsServer)
    let universe = isShared ? "" : Digest(of: texts.map { Digest(of: $0).description }.joined()).short
    look(at: texts)
    return try await scratch(universe, naming: roles)
  }

  /// The scratch server for a catalog that was read elsewhere, as a plan makes it.
  func scratch(
    loading plan: Plan, then steps: [PlanStep] = [], naming roles: some Collection<String>
  ) async throws -> ScratchServer {
    expect(plan.steps + steps)
    return try await scratch("", naming: roles)
  }

  /// Has scratch databases be where these steps may be run, before there are any.
  package func expect(_ steps: [PlanStep]) { look(at: steps.flatMap(\.statements)) }

  private func look(at texts: [String]) {
    if !isSuspect, SourceTrust.current != .own { isSuspect = texts.contains(where: Script.mayGainRights) }
  }

  private func scratch(_ universe: String, naming roles: some Collection<String>) async throws -> ScratchServer {
    let isOwn = SourceTrust.current == .own
    let isAlone = isSuspect && !isOwn
    // Whoever asks for a role finds those alone that were named beside it. A server of one text, or of one run, has no others.
    let standIns = isOwn || isAlone || !universe.isEmpty ? [] : roles.sorted()
    let key = "\(isOwn ? "own" : "others") \(isAlone ? "alone" : "") \(universe) \(standIns)"
    if let server = servers[key] {
      // What it was started for may have been of somebody who is trusted more.
      try await SourceTrust.check(server.isConfined)
      return server
    }
    let acquired = try await ScratchServer.acquire(
      installation: try installation(), universe: universe, standIns: standIns, isAlone: isAlone)
    servers[key] = acquired
    return acquired
  }

  /// Reads what is the project's own, on the server of own projects: nothing that others wrote has ever been loaded there.
  func asOwn<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
    // Others' comes with it, and is refused before anything is loaded.
    if SourceTrust.current == .others, !Confinement.isAvailable { throw ServerError.unconfined }
    return try await SourceTrust.$current.withValue(.own) { try await body() }
  }

  /// Reads what is the project's to compare: nothing of others' schemas, nor of extensions that may be there or not.
  /// Needs no rendering.
  package static func reader(for database: Database) -> CatalogReader {
    CatalogReader(
      excludedSchemas: Rendering.externalSchemas(of: database),
      excludedExtensions: Rendering.excludedExtensions(of: database),
      excludedRoles: Rendering.externalRoles(of: database))
  }

  func key(_ parts: String...) throws -> Digest {
    let installation = try installation()
    let all =
      [ScratchBase.key, "\(installation.bin) \(installation.version)"] + standIns.map(\.sql) + parts
    return Digest(of: all.joined(separator: "\u{0}"))
  }

  /// An empty scratch database with what every database of the project brings.
  func emptyTemplate(_ server: ScratchServer) async throws -> ScratchTemplate {
    let base = try await ScratchBase.loadedTemplate(server)
    guard !standIns.isEmpty else { return base }
    return try await server.template(for: try key("stand-ins"), from: base) { [standIns] connection in
      try await connection.make(standIns, around: ScratchRights.asOwner)
    }
  }

  // MARK: Declarations

  /// The catalog of the declarations.
  ///
  /// - Throws: `LoadFailure` with the places in the Swift files.
  package func declared() async throws -> Catalog {
    let cacheKey = try key("catalog", CatalogCache.buildStamp, rendering.digest.description)
    if rendering.problems.isEmpty, let cached = cache?.catalog(for: cacheKey) {
      return withDeclaredVersions(withOverlay(cached))
    }
    let settled = try await asOwn {
      try await self.settled(withOverlay(try await read(template: try await declaredTemplate())))
    }
    cache?.store(settled.removing { $0.id.kind.isDeclaredOnly || $0.id.kind == .role }, for: cacheKey)
    return withDeclaredVersions(settled)
  }

  /// The versions of extensions that the scratch server happens to have are nobody's wish.
  private func withDeclaredVersions(_ catalog: Catalog) -> Catalog {
    var result = catalog
    for id in catalog.facts.keys where id.kind == .extension && !rendering.versionedExtensions.contains(id.name) {
      result[id]?.attributes[.version] = nil
    }
    return result
  }

  /// The catalog after its own text was read by PostgreSQL again, until the text stays the same.
  ///
  /// What PostgreSQL prints of an expression is not always what it prints after reading that: `x IN ('a', 'b')` on a
  /// `varchar` needs one more round. A migration holds printed text, so the printed text of the printed text is what a
  /// database has in the end.
  ///
  /// - Throws: `ProofFailure` when PostgreSQL refuses a statement.
  package func settled(_ catalog: Catalog) async throws -> Catalog {
    // This server may lack the versions of extensions that another has.
    var current = withVersions(catalog, from: nil)
    for _ in 0..<4 {
      let next = try await rebuilt(current)
      if CatalogDifference.compare(expected: current, actual: next).isEmpty { break }
      current = withVersions(withFacts(next, declaredOnlyFrom: catalog), from: nil)
    }
    return withVersions(current, from: catalog)
  }

  func withVersions(_ catalog: Catalog, from other: Catalog?) -> Catalog {
    var result = catalog
    for id in catalog.facts.keys where id.kind == .extension {
      result[id]?.attributes[.version] = other?[id]?.attributes[.version]
    }
    return result
  }

  func withFacts(_ read: Catalog, declaredOnlyFrom declared: Catalog) -> Catalog {
    var result = read.removing { $0.id.kind == .role }
    for fact in declared.facts.values where fact.id.kind.isDeclaredOnly || fact.id.kind == .role { result.insert(fact) }
    // Edges to roles and to raw SQL are not read back.
    for fact in declared.facts.values {
      guard var copy = result[fact.id] else { continue }
      for need in fact.needs where result.contains(need) && !copy.needs.contains(need) { copy.needs.append(need) }
      result.insert(copy)
    }
    return result
  }

  /// A scratch database with the declarations loaded.
  ///
  /// - Throws: `LoadFailure` with the places in the Swift files.
  package func declaredTemplate() async throws -> ScratchTemplate {
    let server = try await scratch()
    let base = try await emptyTemplate(server)
    let rendering = rendering
    return try await server.loadedTemplate(
      for: try key("declared \(SchemaLoader.version)", rendering.digest.description), from: base
    ) {
      try await SchemaLoader.load(rendering, into: $0)
    }
  }

  /// Roles are the scratch server's, not the database's: only the declared ones are facts, as they are declared.
  private func withOverlay(_ catalog: Catalog) -> Catalog {
    var result = catalog.removing { $0.id.kind == .role }
    for fact in rendering.overlay { result.insert(fact) }
    for fact in result.facts.values {
      let known = fact.needs.filter { result.contains($0) }
      if known.count != fact.needs.count { result[fact.id]?.needs = known }
    }
    // Those who refer to a declared role need it.
    for fact in result.facts.values {
      var roles: [String] = []
      if [.grant, .defaultPrivilege, .setting].contains(fact.id.kind) { roles = [fact.id.role] }
      roles += fact.delegated.flatMap { [$0.grantor, $0.grantee] }
      if fact.id.kind == .policy { roles = fact.list(.roles) }
      if fact.id.kind == .owner { roles = [fact.text(.role)] }
      for role in roles where !role.isEmpty {
        let need = FactID(.role, name: role)
        if result.contains(need), !fact.needs.contains(need) { result[fact.id]?.needs.append(need) }
      }
    }
    return result
  }

  // MARK: Reading

  /// The catalog of a scratch template.
  ///
  /// - Throws: `ServerError`; `PostgresError`.
  package func read(template: ScratchTemplate) async throws -> Catalog {
    let reader = reader
    // Nobody may be connected to a database that is being copied.
    return try await template.server.withDatabase(from: template) { database in
      try await Connection.with(database.reading) { try await reader.read($0) }
    }
  }

  /// The catalog of a live database.
  ///
  /// - Throws: `PostgresError`.
  package nonisolated func live(_ target: ConnectionTarget) async throws -> Catalog {
    let reader = reader
    return try await Connection.with(target) { try await reader.read($0) }
  }

  /// The declaring line of an object.
  package nonisolated func location(of id: FactID) -> SourceLocation? { rendering.location(of: id) }
}

extension Connection {
  /// Makes what others' objects are stood in for by.
  ///
  /// - Parameter around: what comes before and after each, in its transaction.
  /// - Throws: `LoadFailure` with the declaring line.
  package func make(_ standIns: [StandIn], around: (begin: String, end: String) = ("", "")) async throws {
    for standIn in standIns where !standIn.sql.isEmpty {
      do {
        // Together or not at all: the schema that is looked for must not be there without the rest.
        try await transaction { connection in
          try await connection.execute("SET LOCAL client_min_messages = warning; \(around.begin)")
          try await connection.execute(standIn.sql)
          try await connection.execute(around.end)
        }
      } catch let error as PostgresError where error.kind != .connection {
        throw LoadFailure(diagnostics: [
          Diagnostic(
            .error, code: error.sqlState?.code ?? "stand-in", error.message, object: "external \(standIn.name)",
            location: standIn.location, help: error.hint)
        ])
      }
    }
  }
}

extension Catalog {
  /// Without the partitions that windows look after: inside a window they come and go.
  package func withoutWindowPartitions(of windows: Set<FactID>) -> Catalog {
    if windows.isEmpty { return self }
    return removing { fact in
      guard fact.id.kind == .table, fact.text(.bound) != "DEFAULT", let parent = fact.partitionParent else {
        return false
      }
      return windows.contains(FactID(.partitionWindow, schema: parent.schema, name: parent.name))
    }
  }

  /// The declared windows.
  package var windows: Set<FactID> { Set(facts.keys.filter { $0.kind == .partitionWindow }) }
}
