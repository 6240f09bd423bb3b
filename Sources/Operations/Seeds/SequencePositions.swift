internal import Migrations
internal import Postgres

/// Takes sequences past the numbers that were written without them, so that the next row gets a new one.
enum SequencePositions {
  /// One column, and the sequence that its numbers come from.
  private struct Source: Sendable {
    var table: String
    var column: String
    var sequence: String
    var increment: Int
    var minimum: String
    var maximum: String
    /// The expression that draws from it; nil for an identity, or where the sequence merely belongs to the column.
    var expression: String?
    var mayRead: Bool
    /// The table's OID, where what its owner wrote must not run here.
    var stranger: Int?
    var schema: String
    var sequenceSchema: String
    var sequenceOID: String
  }

  /// Advances the sequences of the tables that this transaction has written; never back.
  ///
  /// A foreign key's actions write to tables of others' as well, with their owners' rights: what the statements do not name is read only
  /// where it belongs to a trusted role.
  ///
  /// - Parameters:
  ///   - table: one that was written, as SQL writes its name, whatever the server has counted.
  ///   - statements: what has written.
  /// - Returns: what could not be done, for people.
  /// - Throws: `PostgresError`.
  static func advance(
    writing table: String? = nil, by statements: [String] = [], _ connection: Connection
  ) async throws -> [String] {
    let path = try await connection.query("SELECT pg_catalog.current_setting('search_path')")[0].string(0)
    // Nothing that a schema on the path holds is taken for what it is called.
    try await connection.query("SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)")
    var failures: [String] = []
    guard let found = try await held(table, connection) else {
      try await connection.query("SELECT pg_catalog.set_config('search_path', $1, true)", [path])
      return ["somebody is renaming schemas or sequences: sequences may be behind their columns. Load the seeds again"]
    }
    let sources = found.filter(draws)
    let strangers = sources.compactMap(\.stranger)
    let named = strangers.isEmpty ? [] : try await named(table, statements, strangers, path, connection)
    for source in sources {
      if let stranger = source.stranger, !named.contains(stranger) {
        failures.append(
          "\(source.sequence) may be behind \(source.table).\(source.column): the table belongs to a role that is not trusted"
        )
      } else if source.mayRead {
        try await connection.query(statement(source))
      } else {
        failures.append(
          "\(source.sequence) may be behind \(source.table).\(source.column): this role, or the table's owner, may not read and set it"
        )
      }
    }
    try await connection.query("SELECT pg_catalog.set_config('search_path', $1, true)", [path])
    return failures
  }

  /// What was written, with schemas and sequences that keep their names until the transaction ends: the tables are of trusted roles, or
  /// named by the statements.
  ///
  /// - Returns: nil where others keep moving them.
  private static func held(_ table: String?, _ connection: Connection) async throws -> [Source]? {
    var schemas: Set<String> = []
    var sequences: Set<String> = []
    for _ in 0..<5 {
      let found = try await sources(table, connection)
      let newSchemas = Set(found.flatMap { [$0.schema, $0.sequenceSchema] }).subtracting(schemas)
      let newSequences = Set(found.filter(\.mayRead).map(\.sequenceOID)).subtracting(sequences)
      if newSchemas.isEmpty, newSequences.isEmpty { return found }
      guard try await SchemaHold.keep(newSchemas, connection) else { return nil }
      // To ask for its last value locks a sequence, by its OID.
      try await connection.query(
        "SELECT pg_catalog.pg_sequence_last_value(u.oid) FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS u (oid)",
        [ArrayText.encode(newSequences.sorted())])
      schemas.formUnion(newSchemas)
      sequences.formUnion(newSequences)
    }
    return nil
  }

  /// Those of some tables that statements write to, or to partitions of which.
  private static func named(
    _ table: String?, _ statements: [String], _ strangers: [Int], _ path: String, _ connection: Connection
  ) async throws -> Set<Int> {
    var names: Set<String> = table.map { [$0] } ?? []
    for sql in statements {
      ParseTree(parsing: sql)?.visit { node in
        for kind in ["InsertStmt", "UpdateStmt", "MergeStmt", "CopyStmt"] {
          guard let relation = node[kind]?["relation"], let name = relation["relname"]?.text else { continue }
          names.insert(relation["schemaname"]?.text.map { Quote.qualified($0, name) } ?? Quote.identifier(name))
        }
      }
    }
    try await connection.query("SELECT pg_catalog.set_config('search_path', $1, true)", [path])
    let found = try await connection.query(
      "SELECT pg_catalog.to_regclass(u.name)::pg_catalog.oid::pg_catalog.int8 FROM pg_catalog.unnest($1::pg_catalog.text[]) AS u (name)",
      [ArrayText.encode(names.sorted())]
    ).compactMap { try $0.optionalString(0) }
    try await connection.query("SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)")
    let rows = try await connection.query(
      """
      SELECT u.oid FROM pg_catalog.unnest($1::bigint[]) AS u (oid)
       WHERE u.oid = ANY ($2::bigint[])
          OR EXISTS (SELECT FROM pg_catalog.pg_partition_tree(u.oid::oid::regclass) t WHERE t.relid::oid::bigint = ANY ($2::bigint[]))
      """, [ArrayText.encode(strangers.map(String.init)), ArrayText.encode(found)])
    return Set(try rows.map { try $0.int(0) })
  }

  /// Whether the column's value is the sequence's, and not something that is made of it.
  private static func draws(_ source: Source) -> Bool {
    guard let expression = source.expression else { return true }
    let target = ParseTree(parsing: "SELECT \(expression)")?["SelectStmt"]?["targetList"]?.elements.first
    var value = target?["ResTarget"]?["val"]
    while let inner = value?["TypeCast"]?["arg"] { value = inner }
    return value?["FuncCall"]?["funcname"]?.names.last == "nextval"
  }

  /// What a single statement reads and sets, so that hardly anybody comes in between.
  private static func statement(_ source: Source) -> String {
    let isAscending = source.increment > 0
    let column = Quote.identifier(source.column)
    let (minimum, maximum) = ("'\(source.minimum)'::bigint", "'\(source.maximum)'::bigint")
    let step = "\(source.increment.magnitude)::numeric"
    // In whole steps: what others keep to, as when two servers share the numbers, is kept to.
    return """
      SELECT pg_catalog.setval(\(Quote.literal(source.sequence))::regclass,
                    greatest(least(position, \(maximum)), \(minimum))::bigint, true)
        FROM (SELECT s.last_value
                     + pg_catalog.div(pg_catalog.abs(m.last - s.last_value) + \(step) - 1, \(step)) * \(source.increment)::numeric AS position
                FROM \(source.sequence) AS s
               CROSS JOIN (SELECT pg_catalog.\(isAscending ? "max" : "min")(\(column))::numeric AS last FROM \(source.table)
                            WHERE \(column) BETWEEN \(minimum) AND \(maximum)) AS m
               WHERE m.last \(isAscending ? ">" : "<") s.last_value OR m.last = s.last_value AND NOT s.is_called) AS next
      """
  }

  private static func sources(_ table: String?, _ connection: Connection) async throws -> [Source] {
    try await connection.query(query(await connection.serverVersion), [table]).map { row in
      var reader = row.reader
      return Source(
        table: try reader.string(), column: try reader.string(), sequence: try reader.string(),
        increment: try reader.int(), minimum: try reader.string(), maximum: try reader.string(),
        expression: try reader.optionalString(), mayRead: try reader.bool(),
        stranger: try reader.optionalString().flatMap { Int($0) }, schema: try reader.string(),
        sequenceSchema: try reader.string(), sequenceOID: try reader.string())
    }
  }

  /// Without the server's counts, every table of a trusted role's is one that may have been written: to read another one would run what its
  /// owner has made its statistics compute. A row of a partition is one of its table's,
  /// which has the sequence.
  private static func query(_ version: ServerVersion) -> String {
    """
    WITH written AS (
      SELECT DISTINCT coalesce(a.relid, t.relid) AS relid
        FROM (SELECT x.relid FROM pg_catalog.pg_stat_xact_user_tables x
               WHERE x.n_tup_ins > 0 OR x.n_tup_upd > 0
              UNION
              SELECT c.oid FROM pg_catalog.pg_class c
               WHERE NOT pg_catalog.current_setting('track_counts')::boolean AND c.relkind = 'r' AND c.oid >= 16384
                 AND \(TrustedRoles.conditionOfCode("c.relowner", version))
              UNION SELECT pg_catalog.to_regclass($1) WHERE pg_catalog.to_regclass($1) IS NOT NULL) AS t
        LEFT JOIN LATERAL pg_catalog.pg_partition_ancestors(t.relid) AS a (relid) ON true),
    columns AS (
      SELECT c.oid AS relid, c.relowner, a.attnum, n.nspname, c.relname, a.attname
        FROM written w
        JOIN pg_catalog.pg_class c ON c.oid = w.relid AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
       WHERE coalesce(nullif(t.typbasetype, 0), t.oid) IN
             ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)),
    drawn AS (
      SELECT c.relid, c.attnum, d.objid AS sequence, NULL::text AS expression
        FROM columns c JOIN pg_catalog.pg_depend d ON d.refobjid = c.relid AND d.refobjsubid = c.attnum
       WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i')
      UNION ALL
      SELECT c.relid, c.attnum, d.refobjid, pg_catalog.pg_get_expr(e.adbin, e.adrelid)
        FROM columns c JOIN pg_catalog.pg_attrdef e ON e.adrelid = c.relid AND e.adnum = c.attnum
        JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = e.oid
       WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass)
    SELECT pg_catalog.format('%I.%I', c.nspname, c.relname), c.attname, pg_catalog.format('%I.%I', sn.nspname, sc.relname), s.seqincrement,
           s.seqmin::text, s.seqmax::text, pg_catalog.min(d.expression),
           pg_catalog.has_sequence_privilege(s.seqrelid, 'SELECT') AND pg_catalog.has_sequence_privilege(s.seqrelid, 'UPDATE')
           AND pg_catalog.has_column_privilege(c.relid, c.attnum, 'SELECT')
           -- Whoever may use a schema can name its sequences in a default, and has numbers of his own choice in the table.
           AND pg_catalog.has_sequence_privilege(c.relowner, s.seqrelid, 'UPDATE'),
           -- All that is below the table is read with it; 0 is no table's number.
           (WITH RECURSIVE tree (oid) AS (
              SELECT c.relid UNION SELECT i.inhrelid FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid)
            SELECT CASE WHEN pg_catalog.bool_and(k.relowner = c.relowner) THEN c.relid::bigint ELSE 0 END
              FROM tree t JOIN pg_catalog.pg_class k ON k.oid = t.oid
             WHERE NOT \(TrustedRoles.conditionOfCode("k.relowner", version)) HAVING pg_catalog.count(*) > 0),
           c.nspname, sn.nspname, s.seqrelid::pg_catalog.int8
      FROM drawn d JOIN columns c USING (relid, attnum)
      JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.sequence
      JOIN pg_catalog.pg_class sc ON sc.oid = s.seqrelid JOIN pg_catalog.pg_namespace sn ON sn.oid = sc.relnamespace
     GROUP BY c.nspname, c.relname, c.relid, c.relowner, c.attnum, c.attname, sn.nspname, sc.relname, s.seqrelid, s.seqincrement,
              s.seqmin, s.seqmax
     ORDER BY 1, 2, 3
    """
  }
}
