internal import Catalog
internal import Postgres

/// What a server has otherwise than declared, and no migration can change.
enum ServerNotes {
  /// - Throws: `PostgresError`.
  static func make(_ expected: Catalog, _ connection: Connection) async throws -> [String] {
    func declared(_ kind: FactKind) -> [Fact] {
      expected.facts.values.filter { $0.id.kind == kind }.sorted { $0.id < $1.id }
    }
    let (settings, extensions) = (declared(.serverSetting), declared(.optionalExtension))
    guard !settings.isEmpty || !extensions.isEmpty else { return [] }
    let results = try await connection.pipeline([
      Statement(
        Self.differentSettings,
        [ArrayText.encode(settings.map(\.id.name)), ArrayText.encode(settings.map { $0.text(.text) })]),
      Statement(
        "SELECT extname FROM pg_catalog.pg_extension WHERE extname = ANY ($1::text[])",
        [ArrayText.encode(extensions.map(\.id.name))]),
    ])
    var notes = try results[0].get().map { row in
      let (name, declared) = (try row.string(0), try row.string(1))
      return try row.optionalString(2).map {
        "the server has \(name) = \($0) where \(declared) is declared (ALTER SYSTEM changes it)"
      } ?? "the server has no setting \(name); \(declared) is declared"
    }
    let installed = Set(try results[1].get().map { try $0.string(0) })
    for fact in extensions where !installed.contains(fact.id.name) {
      notes.append("\(fact.id.name) is not installed there: \(fact.text(.text)) is skipped")
    }
    return notes
  }

  /// The server takes 256MB and 262144kB for the same, 5min and 300s, and a number alone is of the parameter's own unit,
  /// which `pg_settings` knows (PostgreSQL: section 20.1.1 "Parameter Names and Values").
  private static let differentSettings = """
    SELECT d.name, d.value, current_setting(d.name, true)
      FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS d (name, value, place)
      LEFT JOIN pg_catalog.pg_settings s ON s.name = d.name
     WHERE s.name IS NULL OR NOT coalesce(
             CASE
               WHEN s.vartype NOT IN ('integer', 'real') THEN NULL
               WHEN d.value ~ '^ *-?[0-9.]+ *$' THEN d.value::numeric = s.setting::numeric
               WHEN s.unit LIKE '%B' THEN pg_catalog.pg_size_bytes(d.value) = s.setting::numeric * pg_catalog.pg_size_bytes(
                      CASE WHEN s.unit ~ '^[0-9]' THEN s.unit ELSE '1' || s.unit END)
               WHEN s.unit IN ('ms', 's', 'min') THEN
                 d.value::interval = (s.setting || s.unit)::interval
             END,
             d.value = current_setting(d.name, true))
     ORDER BY d.place
    """
}
