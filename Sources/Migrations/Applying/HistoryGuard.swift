internal import Catalog
internal import Postgres

/// Says, from the catalogs alone, whether the schemas that dbtool writes to are its own, before anything in them is touched.
///
/// Whoever may create schemas can make `dbtool` first. A view of the name of a table, a trigger, a rule, a policy, a default,
/// an index on an expression would run with the rights of whoever connects next. So whatever can run is refused, and so is
/// what somebody could change who is not trusted.
///
/// **Trusted** are the role that is connected (as it logged in, and as it acts), superusers, the owner of the database, and
/// whoever can act as one of them: these have its rights anyway. That the connected role is a member of another is no reason
/// to trust that one: a superuser is a member of all, and many an administrator is of roles that can do less than it. Somebody
/// who works for a group says `ALTER ROLE … SET role`, and is the group.
///
/// A role without rights over others that merely reads takes a history of any owner: nothing in it can run.
struct HistoryGuard {
  /// What is there, and is dbtool's own.
  struct Findings {
    /// The columns of each table, `schema.table`.
    var columns: [String: Set<String>] = [:]
    /// The tables that the role may read.
    var readable: Set<String> = []
    var schemas: Set<String> = []
    /// Rights that others have on the history. They were given without a word where default privileges say so, and are
    /// taken back when the history gets a version.
    var rights: [HistoryError] = []
    /// What is wrong, in the order of weight, with its table.
    fileprivate var problems: [(table: String, error: HistoryError)] = []

    func has(_ table: String) -> Bool { columns["\(ToolSchema.history).\(table)"] != nil }
    func mayRead(_ table: String) -> Bool { readable.contains("\(ToolSchema.history).\(table)") }
    func hasColumn(_ column: String, _ table: String) -> Bool {
      columns["\(ToolSchema.history).\(table)"]?.contains(column) == true
    }
    /// Whether nothing is wrong with a table, so that it may be read although something else is.
    fileprivate func isSound(_ table: String) -> Bool {
      has(table) && !problems.contains { $0.table == "\(ToolSchema.history).\(table)" || $0.table.isEmpty }
    }
  }

  enum Purpose { case reading, writing }

  static let supabase = "supabase_migrations"
  static let supabaseTable = "schema_migrations"

  /// Looks at the history's schema and at those where tables are prepared and left, and runs `body`, which may read what was seen:
  /// in the transaction that is open, or in one of its own.
  ///
  /// - Parameter body: is handed what there is, and its version; 0 for one from before there were versions.
  /// - Throws: `HistoryError`; `PostgresError`; what `body` throws.
  @discardableResult
  static func check<Result: Sendable>(
    _ purpose: Purpose, _ connection: Connection,
    _ body: @Sendable (Findings, _ version: Int, Connection) async throws -> Result
  ) async throws -> Result {
    try await HistoryHold.transaction(Connection.beginReading, connection) { connection in
      let found = try await look([ToolSchema.history], [ToolSchema.prepared, ToolSchema.replaced], purpose, connection)
      var version = 0
      if found.isSound("settings"), found.mayRead("settings") {
        let rows = try await connection.plainRows(of: "dbtool.settings", ["key", "value"])
        if let text = rows.first(where: { $0[0] == HistoryLayout.versionKey })?[1] {
          guard let number = Int(text), number >= 1 else { throw HistoryError.notAVersion(text) }
          version = number
        }
        guard version <= HistoryLayout.version else {
          throw HistoryError.newer(found: version, known: HistoryLayout.version)
        }
      }
      if let problem = found.problems.first { throw problem.error }
      if purpose == .writing, version > 0, let right = found.rights.first { throw right }
      return try await body(found, version, connection)
    }
  }

  /// Looks once more at a history that was looked at before, now that nobody can change it until the transaction ends.
  ///
  /// - Throws: `HistoryError.changedMeanwhile`; `PostgresError`.
  static func checkAgain(_ schema: String, _ connection: Connection) async throws {
    let found = try await look([schema], [], .writing, connection)
    if let problem = found.problems.first { throw problem.error.meanwhile }
  }

  /// Looks at the history of the Supabase CLI, and runs `body`, as `check` does.
  ///
  /// - Throws: `HistoryError`; `PostgresError`; what `body` throws.
  static func checkSupabase<Result: Sendable>(
    _ purpose: Purpose, _ connection: Connection, _ body: @Sendable (Findings, Connection) async throws -> Result
  ) async throws -> Result {
    try await HistoryHold.transaction(Connection.beginReading, connection) { connection in
      let found = try await look([supabase], [], purpose, connection)
      if let problem = found.problems.first { throw problem.error }
      if purpose == .writing, let right = found.rights.first { throw right }
      return try await body(found, connection)
    }
  }

  // MARK: Looking

  private static func look(
    _ own: [String], _ others: [String], _ purpose: Purpose, _ connection: Connection
  ) async throws -> Findings {
    let rows = try await connection.query(
      query(await connection.serverVersion), [ArrayText.encode(own), ArrayText.encode(others)])
    var found = Findings()
    let isHarmless =
      try purpose == .reading && rows.contains { try $0.string(0) == "role" && $0.optionalString(3) == "t" }
    for row in rows {
      var row = row.reader
      let (fact, schema, relation) = (try row.string(), try row.string(), try row.string())
      let detail = try row.optionalString() ?? ""
      let (second, third) = (try row.optionalString() ?? "", try row.optionalString())
      let name = relation.isEmpty ? schema : "\(schema).\(relation)"
      let shown = relation.isEmpty ? "the schema \(schema)" : name
      switch fact {
      case "role": break
      case "schema": found.schemas.insert(schema)
      case "table":
        found.columns[name] = found.columns[name] ?? []
        if second == "t" { found.readable.insert(name) }
        if !detail.isEmpty {
          add(name, "is \(detail)", &found)
        } else if schema == ToolSchema.history, !HistoryLayout.tables.contains(where: { $0.name == relation }) {
          add(name, "is none of dbtool's tables", &found)
        }
      case "column":
        found.columns[name, default: []].insert(detail)
        if let problem = problem(schema, relation, detail, second, third) { add(name, problem, &found) }
      case "attached": add(name, "has \(detail)", &found)
      case "object": found.problems.append((schema, foreign("the schema \(schema)", "holds \(detail)", remove(schema))))
      case "owner":
        if isHarmless { continue }
        // Whoever has the schema has all that is in it.
        found.problems.append(
          (relation.isEmpty ? "" : name, foreign(shown, "belongs to the role \(detail)", handOver(schema, detail))))
      case "right":
        let who = detail == "PUBLIC" ? "everybody" : "the role \(detail)"
        let grantee = detail == "PUBLIC" ? detail : Quote.identifier(detail)
        let error = foreign(
          shown, "can be changed by \(who) (\(second))",
          "If nobody else is meant to, take that back: REVOKE \(second) ON \(third ?? name) FROM \(grantee)")
        if schema == ToolSchema.history || schema == supabase {
          found.rights.append(error)
        } else if purpose == .writing {
          found.problems.append(("", error))
        }
      default: throw PostgresError(.decoding, "the history's guard does not know what \(fact) is")
      }
    }
    return found
  }

  private static func add(_ table: String, _ reason: String, _ found: inout Findings) {
    let schema = table.split(separator: ".").first.map(String.init) ?? table
    found.problems.append((table, foreign(table, reason, remove(schema))))
  }

  private static func foreign(_ object: String, _ reason: String, _ advice: String) -> HistoryError {
    .foreign(object: object, reason: reason, advice: advice)
  }

  private static func remove(_ schema: String) -> String {
    "Look at the schema \(Quote.identifier(schema)) and find out who has made it so. Drop what is not dbtool's (\\d+ "
      + "\(Quote.identifier(schema)).* in psql shows it), and run this again."
  }

  private static func handOver(_ schema: String, _ role: String) -> String {
    // Whoever acts as a role trusts it: first comes the look at who has made this.
    "Look at what is in the schema \(Quote.identifier(schema)) first. If it is not this project's, drop it. If it is, give it to "
      + "the role that you apply with (ALTER SCHEMA … OWNER TO, ALTER TABLE … OWNER TO), or, where \(Quote.identifier(role)) is "
      + "the role that applies this project's migrations, connect as it or act as it: ALTER ROLE … SET role = "
      + "\(Quote.identifier(role))."
  }

  /// What is wrong with a column; nil if it is as dbtool, or the Supabase CLI, makes it.
  private static func problem(
    _ schema: String, _ table: String, _ name: String, _ type: String, _ defaultValue: String?
  ) -> String? {
    let isOfOthers = type.hasPrefix("!")
    let shown = isOfOthers ? String(type.dropFirst()) : type
    guard schema == ToolSchema.history else {
      // The CLI adds columns in newer versions; what can run it never has.
      if defaultValue != nil { return "has a default for its column \(name)" }
      return isOfOthers ? "has the column \(name) of the type \(shown)" : nil
    }
    guard let known = HistoryLayout.tables.first(where: { $0.name == table }) else { return nil }
    guard let column = known.columns.first(where: { $0.name == name }) else { return "has the column \(name)" }
    if type != column.type { return "has the column \(name) of the type \(shown)" }
    if defaultValue != column.defaultValue {
      return "has the column \(name) with \(defaultValue.map { "the default \($0)" } ?? "no default")"
    }
    return nil
  }

  // MARK: The query

  /// `$1`: schemas in which everything has to be dbtool's own; `$2`: schemas in which it makes tables like those of others.
  private static func query(_ version: ServerVersion) -> String {
    let actsAs = TrustedRoles.actsAs("h.role", "b.oid", version)
    return """
      WITH spaces AS MATERIALIZED (
        SELECT n.oid, n.nspname, n.nspowner, n.nspacl, n.nspname = ANY ($1::pg_catalog.text[]) AS is_own
          FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY ($1::pg_catalog.text[] || $2::pg_catalog.text[])),
      relations AS MATERIALIZED (
        SELECT c.*, n.nspname, n.is_own FROM pg_catalog.pg_class c JOIN spaces n ON n.oid = c.relnamespace
         WHERE c.relkind NOT IN ('i', 'I')),
      own AS (SELECT * FROM relations WHERE is_own),
      base AS MATERIALIZED (
        SELECT r.oid FROM pg_catalog.pg_roles r
         WHERE r.rolsuper OR r.rolname IN (CURRENT_USER, SESSION_USER, 'pg_database_owner')
            OR r.oid = (SELECT d.datdba FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())),
      -- Who has what right on which object.
      holders (fact, nspname, relname, role, what, object) AS (
        SELECT 'owner', s.nspname, '', s.nspowner, '', '' FROM spaces s
        UNION ALL
        SELECT 'right', s.nspname, '', x.grantee, x.privilege_type, pg_catalog.format('SCHEMA %I', s.nspname)
          FROM spaces s, pg_catalog.aclexplode(s.nspacl) x WHERE x.privilege_type = 'CREATE' AND x.grantee <> s.nspowner
        UNION ALL
        SELECT 'owner', r.nspname, r.relname, r.relowner, '', '' FROM relations r
         WHERE r.is_own OR NOT EXISTS (
           -- A copy of a table belongs to whom the table belongs.
           SELECT FROM pg_catalog.pg_class o
            WHERE o.relowner = r.relowner AND o.relnamespace NOT IN (SELECT s.oid FROM spaces s)
              AND (o.relname = r.relname
                   OR o.relname = (SELECT p.relname FROM pg_catalog.pg_class p WHERE p.oid = pg_catalog.pg_partition_root(r.oid))
                   OR EXISTS (SELECT FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc f ON f.oid = t.tgfoid
                               WHERE t.tgrelid = o.oid AND f.pronamespace IN (SELECT s.oid FROM spaces s))))
        UNION ALL
        SELECT 'right', r.nspname, r.relname, x.grantee, x.privilege_type, pg_catalog.format('%I.%I', r.nspname, r.relname)
          FROM own r, pg_catalog.aclexplode(r.relacl) x WHERE x.privilege_type <> 'SELECT' AND x.grantee <> r.relowner
        UNION ALL
        SELECT 'right', r.nspname, r.relname, x.grantee, pg_catalog.format('%s (%I)', x.privilege_type, a.attname),
               pg_catalog.format('%I.%I', r.nspname, r.relname)
          FROM own r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid, pg_catalog.aclexplode(a.attacl) x
         WHERE x.privilege_type <> 'SELECT' AND x.grantee <> r.relowner
        UNION ALL
        SELECT 'owner', s.nspname, f.proname, f.proowner, '', ''
          FROM pg_catalog.pg_proc f JOIN spaces s ON s.oid = f.pronamespace
         WHERE NOT s.is_own AND NOT EXISTS (
           -- What keeps a copy the same is the table's owner's as well.
           SELECT FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class o ON o.oid = t.tgrelid
            WHERE t.tgfoid = f.oid AND o.relowner = f.proowner)
        UNION ALL
        SELECT 'owner', s.nspname, t.typname, t.typowner, '', ''
          FROM pg_catalog.pg_type t JOIN spaces s ON s.oid = t.typnamespace
         WHERE NOT s.is_own AND t.typrelid = 0 AND t.typelem = 0
        UNION ALL
        SELECT 'owner', s.nspname, o.oprname, o.oprowner, '', ''
          FROM pg_catalog.pg_operator o JOIN spaces s ON s.oid = o.oprnamespace WHERE NOT s.is_own),
      strangers AS (
        SELECT h.* FROM holders h
         WHERE h.role NOT IN (SELECT b.oid FROM base b)
           AND CASE WHEN h.role = 0 THEN true ELSE NOT EXISTS (SELECT FROM base b WHERE \(actsAs)) END)
      SELECT 'role' AS fact, '' AS nspname, '' AS relname,
             CASE WHEN r.rolsuper OR r.rolcreaterole OR r.rolreplication OR r.rolbypassrls
                       OR EXISTS (SELECT FROM pg_catalog.pg_roles p
                                   WHERE p.rolname IN ('pg_execute_server_program', 'pg_read_server_files',
                                                       'pg_write_server_files', 'pg_write_all_data')
                                     AND pg_catalog.pg_has_role(p.oid, 'MEMBER'))
                  THEN 'f' ELSE 't' END AS a,
             NULL AS b, NULL AS c
        FROM pg_catalog.pg_roles r WHERE r.rolname = CURRENT_USER
      UNION ALL
      SELECT 'schema', s.nspname, '', NULL, NULL, NULL FROM spaces s
      UNION ALL
      SELECT h.fact, h.nspname, h.relname,
             CASE h.role WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(h.role) END, h.what, h.object
        FROM strangers h
      UNION ALL
      SELECT 'table', r.nspname, r.relname,
             pg_catalog.concat_ws(' and ',
               CASE WHEN r.relkind <> 'r' THEN 'no table' END,
               CASE WHEN r.relpersistence <> 'p' THEN 'not permanent' END,
               CASE WHEN r.relispartition THEN 'a partition' END,
               CASE WHEN r.reloftype <> 0 THEN 'of a type' END,
               CASE WHEN r.relkind = 'r' AND r.relam <> 2 THEN 'stored by another access method' END,
               CASE WHEN r.relrowsecurity OR r.relforcerowsecurity THEN 'under row level security' END),
             CASE WHEN pg_catalog.has_schema_privilege(r.relnamespace, 'USAGE')
                       AND pg_catalog.has_table_privilege(r.oid, 'SELECT') THEN 't' ELSE 'f' END, NULL
        FROM own r
      UNION ALL
      SELECT 'column', r.nspname, r.relname, a.attname,
             CASE WHEN a.atttypid >= 16384 THEN '!' ELSE '' END || pg_catalog.format_type(a.atttypid, a.atttypmod),
             CASE WHEN a.attgenerated <> '' THEN 'generated' WHEN a.attidentity <> '' THEN 'identity'
                  ELSE (SELECT CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_depend g
                                                  WHERE g.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND g.objid = d.oid
                                                    AND g.refobjid >= 16384 AND g.refobjid <> r.oid) THEN 'of others: ' ELSE '' END
                               || pg_catalog.pg_get_expr(d.adbin, d.adrelid)
                          FROM pg_catalog.pg_attrdef d WHERE d.adrelid = r.oid AND d.adnum = a.attnum) END
        FROM own r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid
       WHERE a.attnum > 0 AND NOT a.attisdropped
      UNION ALL
      SELECT 'attached', r.nspname, r.relname, x.what, NULL, NULL
        FROM own r CROSS JOIN LATERAL (
          SELECT 'the trigger ' || t.tgname FROM pg_catalog.pg_trigger t WHERE t.tgrelid = r.oid
          UNION ALL SELECT 'the rule ' || w.rulename FROM pg_catalog.pg_rewrite w WHERE w.ev_class = r.oid
          UNION ALL SELECT 'the policy ' || p.polname FROM pg_catalog.pg_policy p WHERE p.polrelid = r.oid
          UNION ALL SELECT 'parents or children' FROM pg_catalog.pg_inherits i WHERE r.oid IN (i.inhrelid, i.inhparent)
          UNION ALL SELECT 'the constraint ' || k.conname FROM pg_catalog.pg_constraint k
                     WHERE k.conrelid = r.oid AND (k.contype NOT IN ('p', 'u', 'n') OR k.condeferrable)
                        OR k.confrelid = r.oid
          UNION ALL SELECT 'the index ' || i.relname
                      FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
                     WHERE x.indrelid = r.oid
                       AND (x.indexprs IS NOT NULL OR x.indpred IS NOT NULL OR i.relam >= 16384
                            OR EXISTS (SELECT FROM pg_catalog.unnest(x.indclass) AS c (oid) WHERE c.oid >= 16384)
                            OR EXISTS (SELECT FROM pg_catalog.unnest(x.indcollation) AS c (oid) WHERE c.oid >= 16384))
          UNION ALL SELECT 'the statistics ' || e.stxname FROM pg_catalog.pg_statistic_ext e WHERE e.stxrelid = r.oid
          UNION ALL SELECT 'the column ' || a.attname || ' of another collation' FROM pg_catalog.pg_attribute a
                     WHERE a.attrelid = r.oid AND a.attnum > 0 AND a.attcollation >= 16384) AS x (what)
      UNION ALL
      SELECT 'object', s.nspname, '', x.what, NULL, NULL
        FROM spaces s CROSS JOIN LATERAL (
          SELECT 'the function ' || f.proname FROM pg_catalog.pg_proc f WHERE f.pronamespace = s.oid
          UNION ALL SELECT 'the type ' || t.typname FROM pg_catalog.pg_type t
                     WHERE t.typnamespace = s.oid AND t.typrelid = 0
                       AND NOT EXISTS (SELECT FROM own r WHERE r.reltype = t.typelem)
          UNION ALL SELECT 'the operator ' || o.oprname FROM pg_catalog.pg_operator o WHERE o.oprnamespace = s.oid
          UNION ALL SELECT 'the collation ' || o.collname FROM pg_catalog.pg_collation o WHERE o.collnamespace = s.oid
          UNION ALL SELECT 'the conversion ' || o.conname FROM pg_catalog.pg_conversion o WHERE o.connamespace = s.oid
          UNION ALL SELECT 'the operator class ' || o.opcname FROM pg_catalog.pg_opclass o WHERE o.opcnamespace = s.oid
        ) AS x (what)
       WHERE s.is_own
      """
  }
}
