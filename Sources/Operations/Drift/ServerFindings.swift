internal import Catalog
internal import Postgres

/// What a server has otherwise than declared, and no migration can change; and what it will run out of.
enum ServerFindings {
  /// - Parameter excluded: schemas that are others' to look after.
  /// - Throws: `PostgresError`.
  static func make(
    _ expected: Catalog, excluding excluded: Set<String>, _ connection: Connection
  ) async throws -> [DriftFinding] {
    func declared(_ kind: FactKind) -> [Fact] {
      expected.facts.values.filter { $0.id.kind == kind }.sorted { $0.id < $1.id }
    }
    let (settings, optional, required) = (
      declared(.serverSetting), declared(.optionalExtension), declared(.extension)
    )
    let results = try await connection.pipeline([
      Statement(
        differentSettings,
        [ArrayText.encode(settings.map(\.id.name)), ArrayText.encode(settings.map { $0.text(.text) })]),
      Statement(extensions, [ArrayText.encode((optional + required).map(\.id.name))]),
      Statement(sequences, [ArrayText.encode(excluded.sorted())]),
    ])
    var findings = try results[0].get().map { try setting($0) }
    var installed: Set<String> = []
    for row in try results[1].get() {
      let (name, version, newest) = (try row.string(0), try row.string(1), try row.optionalString(2))
      installed.insert(name)
      guard let newest, newest != version else { continue }
      findings.append(
        DriftFinding(
          .note, code: "outdated-extension", "extension \(name)",
          "\(name) is of version \(version), and the server has \(newest)", subject: FactID(.extension, name: name),
          help: "ALTER EXTENSION \(Quote.identifier(name)) UPDATE"))
    }
    for fact in optional where !installed.contains(fact.id.name) {
      findings.append(
        DriftFinding(
          .note, code: "no-optional-extension", "extension \(fact.id.name)",
          "\(fact.id.name) is not installed there: \(fact.text(.text)) is skipped", subject: fact.id))
    }
    return try findings + results[2].get().map { try sequence($0) }
  }

  private static func setting(_ row: Row) throws -> DriftFinding {
    let (name, declared) = (try row.string(0), try row.string(1))
    let text =
      try row.optionalString(2).map {
        "the server has \(name) = \($0) where \(declared) is declared (ALTER SYSTEM changes it)"
      } ?? "the server shows this role no setting \(name); \(declared) is declared"
    return DriftFinding(
      .note, code: "server-setting", "server setting \(name)", text, subject: FactID(.serverSetting, name: name))
  }

  private static func sequence(_ row: Row) throws -> DriftFinding {
    let id = FactID(.sequence, schema: try row.string(0), name: try row.string(1))
    let (last, limit, used) = (try row.string(2), try row.string(3), try row.int(4))
    let column = try row.optionalString(6).map {
      FactID(.column, schema: id.schema, name: $0, member: try row.string(7))
    }
    return DriftFinding(
      used >= 90 ? .error : .warning, code: "sequence-near-end", "\(id)",
      "\(id) has used \(used)% of its numbers: \(last) of \(limit)"
        + (try row.bool(5) ? ", the largest that its column \(column.map(\.path) ?? "") can hold" : ""),
      subject: column ?? id, help: "give the column and the sequence a larger type, for example bigint")
  }

  private static let extensions = """
    SELECT e.extname, e.extversion, a.default_version FROM pg_catalog.pg_extension e
      LEFT JOIN pg_catalog.pg_available_extensions a ON a.name = e.extname
     WHERE e.extname = ANY ($1::text[]) ORDER BY 1
    """

  /// Sequences that have used three quarters of their numbers, or of what their column can hold (`pg_sequence`).
  private static let sequences = """
    SELECT n.nspname, c.relname, l.last, e.last_possible, pg_catalog.floor(u.used * 100)::integer,
           e.last_possible IS DISTINCT FROM CASE WHEN s.seqincrement > 0 THEN s.seqmax ELSE s.seqmin END,
           t.relname, a.attname
      FROM pg_catalog.pg_sequence s
      JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid AND c.relpersistence <> 't'
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = s.seqrelid
            AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
      LEFT JOIN pg_catalog.pg_class t ON t.oid = d.refobjid AND t.relnamespace = n.oid
      LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
     CROSS JOIN LATERAL (
           SELECT CASE WHEN pg_catalog.has_sequence_privilege(s.seqrelid, 'SELECT, USAGE')
                       THEN pg_catalog.pg_sequence_last_value(s.seqrelid) END AS last) l
     CROSS JOIN LATERAL (
           SELECT CASE WHEN s.seqincrement < 0 THEN s.seqmin
                       ELSE least(s.seqmax, CASE a.atttypid WHEN 'int2'::regtype THEN 32767
                                                            WHEN 'int4'::regtype THEN 2147483647 END) END
                  AS last_possible) e
     CROSS JOIN LATERAL (
           SELECT (l.last::numeric - s.seqstart) / nullif(e.last_possible::numeric - s.seqstart, 0) AS used) u
     WHERE NOT s.seqcycle AND u.used >= 0.75 AND n.nspname <> ALL ($1::text[])
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = 'pg_catalog.pg_class'::regclass
                                                           AND x.objid = s.seqrelid AND x.deptype = 'e')
     ORDER BY 1, 2
    """

  /// The server takes 256MB and 262144kB for the same, 5min and 300s, on and true, and a number alone is of the parameter's own
  /// unit, which `pg_settings` knows (PostgreSQL: section 20.1.1 "Parameter Names and Values"). What counts is what a session
  /// begins with: this one has settings of its own. Some parameters are shown to few.
  private static let differentSettings = """
    WITH s AS (
      SELECT s.name, s.vartype, s.setting, s.reset_val,
             CASE WHEN s.unit = 'B' THEN '1 bytes' WHEN s.unit LIKE '%B' AND s.unit !~ '^[0-9]' THEN '1' || s.unit
                  ELSE s.unit END AS unit
        FROM pg_catalog.pg_settings s)
    SELECT d.name, d.value,
           CASE WHEN s.setting = s.reset_val THEN pg_catalog.current_setting(s.name)
                ELSE s.reset_val || coalesce(pg_catalog.replace(s.unit, '1 bytes', 'B'), '') END
      FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) WITH ORDINALITY AS d (name, value, place)
      LEFT JOIN s ON s.name = d.name
     WHERE s.name IS NULL OR NOT coalesce(
             CASE
               WHEN s.vartype = 'bool' THEN d.value::boolean = s.reset_val::boolean
               WHEN s.vartype NOT IN ('integer', 'real') THEN NULL
               WHEN d.value ~ '^ *-?[0-9.]+ *$' THEN d.value::numeric = s.reset_val::numeric
               WHEN s.unit LIKE '%B' OR s.unit = '1 bytes' THEN
                 pg_catalog.pg_size_bytes(d.value) = s.reset_val::numeric * pg_catalog.pg_size_bytes(s.unit)
               WHEN s.unit IN ('ms', 's', 'min') THEN
                 d.value::interval = (s.reset_val || s.unit)::interval
             END,
             d.value = s.reset_val)
     ORDER BY d.place
    """
}
