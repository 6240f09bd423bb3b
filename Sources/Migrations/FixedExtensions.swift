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

  private static func canBeAltered(_ old: Fact, _ new: Fact, _ connection: Connection) async throws -> Bool {
    let (before, after) = (old.optionalText(.version), new.optionalText(.version))
    if let before, let after, before != after {
      let paths = try await connection.query(
        "SELECT path IS NOT NULL FROM pg_catalog.pg_extension_update_paths($1) WHERE source = $2 AND target = $3",
        [old.id.name, before, after])
      if let path = paths.first, try !path.bool(0) { return false }
    }
    guard old.text(.schema) != new.text(.schema) else { return true }
    let versions = try await connection.query(
      """
      SELECT coalesce(bool_and(relocatable), true) FROM pg_catalog.pg_available_extension_versions
       WHERE name = $1 AND coalesce(version = $2, true)
      """, [old.id.name, before])
    return try versions[0].bool(0)
  }
}
