package import Catalog
internal import Introspection
internal import Planning
package import Postgres
internal import SchemaDSL

/// What PostgreSQL makes of a catalog that was read elsewhere, or of declarations: it is made anew in a scratch database.
extension States {
  /// What makes a catalog out of an empty database, with what belongs to others.
  private func rebuilding(_ catalog: Catalog) async throws -> Plan {
    var target = catalog.inOwnWords
    for fact in rendering.overlay where [.external, .optionalExtension].contains(fact.id.kind) { target.insert(fact) }
    return try Planner.plan(from: try await empty(), to: target)
  }

  /// A scratch database with a catalog that was read elsewhere.
  ///
  /// - Throws: `ProofFailure` when PostgreSQL refuses a statement.
  package func rebuiltTemplate(_ catalog: Catalog) async throws -> ScratchTemplate {
    let catalog = catalog.inOwnWords
    let plan = try await rebuilding(catalog)
    let server = try await scratch(loading: plan, naming: catalog.rolesInUse)
    try await server.provide(roles: catalog.rolesInUse)
    let digest = try key("rebuilt", catalog.fingerprint.description, rendering.digest.description)
    return try await server.loadedTemplate(for: digest, from: try await emptyTemplate(server)) { session in
      for segment in plan.segments { try await Self.run(segment, on: session) }
    }
  }

  /// What PostgreSQL makes of a catalog, and of the steps that are carried out after it is there.
  ///
  /// - Parameter prepared: whether to read what the steps have put into the schema for tables that are prepared.
  /// - Throws: `ProofFailure` when it refuses a statement.
  func rebuilt(
    _ catalog: Catalog, then steps: [PlanStep] = [], prepared: Bool = false
  ) async throws -> Catalog {
    let plan = try await rebuilding(catalog)
    let server = try await scratch(loading: plan, then: steps, naming: catalog.rolesInUse)
    try await server.provide(roles: catalog.rolesInUse)
    let reader = prepared ? reader.includingPrepared : reader
    return try await server.withDatabase(from: try await emptyTemplate(server)) { database in
      try await database.withLoading { session in
        try await session.connection.execute("SET client_min_messages = warning")
        for segment in plan.segments + [steps] { try await Self.run(segment, on: session) }
      }
      return try await Connection.with(database.reading) {
        try await reader.read($0).removing { $0.id.kind == .role }
      }
    }
  }

  /// The same with what no server holds.
  func rebuiltWithDeclared(
    _ catalog: Catalog, then renames: [Rename], _ steps: [PlanStep]
  ) async throws -> Catalog {
    var names = Dictionary(uniqueKeysWithValues: renames.map { ($0.from, $0.to) })
    for (from, to) in names where from.kind == .table {
      let kind = FactKind.partitionWindow
      names[FactID(kind, schema: from.schema, name: from.name)] = FactID(kind, schema: to.schema, name: to.name)
    }
    let read = try await rebuilt(withVersions(catalog, from: nil), then: steps)
    var declared = catalog.renaming(names)
    // What has moved needs its former schema no more.
    for id in names.values {
      declared[id]?.needs.removeAll { $0.kind == .schema && $0.name != id.schema }
    }
    for step in steps where step.subject.kind == .extension {
      declared[step.subject]?.needs.removeAll { $0.kind == .schema }
    }
    var result = withVersions(withFacts(read, declaredOnlyFrom: declared), from: catalog)
    // An index whose making failed is made by no plan, and is in the way all the same.
    for fact in declared.facts.values where fact.id.kind == .index && fact.attributes[.valid] == .flag(false) {
      if !result.contains(fact.id), fact.parent.map(result.contains) ?? false { result.insert(fact) }
    }
    // What PostgreSQL remembers of how something was made, and no plan makes so.
    result.ownNotNulls.formUnion(declared.ownNotNulls)
    result.attachedKeyNames.merge(declared.attachedKeyNames) { made, _ in made }
    result.identitiesOfOtherType.formUnion(declared.identitiesOfOtherType)
    // Privileges on functions that an extension keeps from others are undone on a scratch server.
    for fact in declared.facts.values where fact.id.kind == .grant && fact.id.subject == .function {
      guard let parent = fact.parent, parent.kind == .extension, let old = declared[parent], let new = result[parent],
        fact.id.schema.isIdentical(to: old.text(.schema))
      else { continue }
      let id = FactID(
        .grant, schema: new.text(.schema), name: fact.id.name, member: fact.id.member, role: fact.id.role,
        subject: .function)
      if !result.contains(id) {
        result.insert(Fact(id, parent: parent, fact.attributes, needs: fact.needs))
      }
    }
    return result
  }

  static func run(_ steps: [PlanStep], on session: LoadingSession) async throws {
    try await session.connection.transaction { connection in
      try await connection.execute("SET LOCAL check_function_bodies = off")
      var waiting: [(step: PlanStep, statement: String)] = []
      for step in steps {
        if step.subject.kind == .external || step.subject.kind == .raw {
          // Such SQL may be several statements, and has its place in the order.
          try await Self.flush(&waiting, on: session)
          for statement in step.statements { try await session.execute(statement) }
        } else {
          waiting += step.statements.map { (step, $0) }
        }
      }
      try await Self.flush(&waiting, on: session)
    }
  }

  private static func flush(
    _ waiting: inout [(step: PlanStep, statement: String)], on session: LoadingSession
  ) async throws {
    let results = try await session.pipeline(waiting.map(\.statement))
    for (item, result) in zip(waiting, results) {
      if case .failure(let error) = result {
        throw ProofFailure(step: item.step, statement: item.statement, error: error)
      }
    }
    waiting = []
  }
}
