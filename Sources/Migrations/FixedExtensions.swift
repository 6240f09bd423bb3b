internal import Catalog
internal import Planning
internal import Postgres

extension States {
  /// Extensions that PostgreSQL can neither move nor bring to the version of the target, by what their control files and
  /// scripts on this machine say: they are dropped and created.
  func fixedExtensions(from source: Catalog, to target: Catalog) async throws -> Set<FactID> {
    let changed = source.facts.values.filter { fact in
      guard fact.id.kind == .extension, let new = target[fact.id] else { return false }
      return !fact.isUndeclaredVersion(of: new) && fact.attributes != new.attributes
    }.sorted { $0.id < $1.id }
    guard !changed.isEmpty else { return [] }
    let server = try await scratch()
    return try await server.withDatabase(from: try await replayTemplate([])) { database in
      try await Connection.with(database.reading) { connection in
        var fixed: Set<FactID> = []
        for old in changed {
          guard let new = target[old.id], try await !Self.canBeAltered(old, new, connection) else { continue }
          fixed.insert(old.id)
        }
        return fixed
      }
    }
  }

  /// What brings extensions to other schemas, and makes the schemas, unless one of these steps has made them.
  ///
  /// The names of their types, functions and operators are everywhere: in types of columns, signatures, defaults, views. So
  /// they move before anything is compared.
  func extensionMoves(from source: Catalog, to target: Catalog, after steps: [PlanStep]) async throws -> [PlanStep] {
    let moved = source.sorted.filter { old in
      guard old.id.kind == .extension, let new = target[old.id] else { return false }
      return old.attributes[.schema] != new.attributes[.schema]
    }
    let users = Set(source.facts.values.flatMap(\.needs))
    guard moved.contains(where: { users.contains($0.id) }) else { return [] }
    let fixed = try await fixedExtensions(from: source, to: target)
    var made = Set(steps.map(\.subject))
    return moved.filter { !fixed.contains($0.id) }.flatMap { old -> [PlanStep] in
      guard let schema = target[old.id]?.text(.schema) else { return [] }
      let id = FactID(.schema, name: schema)
      let isNew = !source.contains(id) && made.insert(id).inserted
      return (isNew ? [PlanStep(creatingSchema: schema)] : []) + [PlanStep(moving: old, to: schema)]
    }
  }

  private static func canBeAltered(_ old: Fact, _ new: Fact, _ connection: Connection) async throws -> Bool {
    let (before, after) = (old.optionalText(.version), new.optionalText(.version))
    if let before, let after, before != after {
      let paths = try await connection.query(
        "SELECT path IS NOT NULL FROM pg_catalog.pg_extension_update_paths($1) WHERE source = $2 AND target = $3",
        [old.id.name, before, after])
      if let path = paths.first, try !path.bool(0) { return false }
    }
    guard old.attributes[.schema] != new.attributes[.schema] else { return true }
    let versions = try await connection.query(
      """
      SELECT coalesce(bool_and(relocatable), true) FROM pg_catalog.pg_available_extension_versions
       WHERE name = $1 AND coalesce(version = $2, true)
      """, [old.id.name, before])
    return try versions[0].bool(0)
  }
}
