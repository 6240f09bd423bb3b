internal import Catalog
internal import Importing
internal import Introspection
internal import Migrations
internal import Postgres

/// From a catalog that was read anywhere to declarations.
struct ImportWorkflow {
  let states: States

  /// - Throws: `PlanError`, or `ProofFailure` where the scratch server cannot rebuild the catalog.
  func declarations(of found: Catalog, database: String) async throws -> SchemaImport {
    let found = found.removing { $0.id.kind.isDeclaredOnly }
    let roles = found.facts.values.filter { $0.id.kind == .role }
    // As PostgreSQL prints it once it was read again, and what declarations spell out of that.
    let settled = try await states.settled(SchemaImport.withRolesInUse(found))
    let template = try await states.rebuiltTemplate(settled)
    let reader = states.reader
    let details = try await template.server.withDatabase(from: template) { database in
      try await Connection.with(database.reading) { connection in
        try await reader.read(connection) { try await ImportDetails.read($0) }.1
      }
    }
    return try SchemaImport(
      settled, found: found, roles: roles, base: try await states.empty(), details: details, database: database)
  }
}
