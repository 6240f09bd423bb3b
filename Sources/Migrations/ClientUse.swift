internal import Catalog
package import Postgres

/// Something that clients can name or rely on: read from the catalogs and not from a plan's facts, since it is what plans and files do to
/// it that is to be found out.
package struct ClientUse: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// What it is, for example `default of column`.
  package var kind: String
  /// What SQL calls it.
  package var name: String
  /// What it is a part of, by that one's name; empty for what stands alone.
  package var owner: String

  package var description: String { "\(kind) \(name)" }

  package static func < (a: ClientUse, b: ClientUse) -> Bool { (a.kind, a.name) < (b.kind, b.name) }

  private static let own =
    "(" + ["information_schema", "cron", ToolSchema.history, "dbtool_proof"].map(Quote.literal).joined(separator: ", ")
    + ")"

  /// All that a database has. Indexes are not named by anybody but ON CONFLICT, which says their columns.
  static let query = """
    WITH s AS (
      SELECT n.oid, pg_catalog.quote_ident(n.nspname) AS name, n.nspacl, n.nspowner FROM pg_catalog.pg_namespace n
       WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN \(own)),
    c AS (
      SELECT r.oid, s.name || '.' || pg_catalog.quote_ident(r.relname) AS name, r.relkind, r.relacl, r.relowner,
             r.relrowsecurity, r.relpersistence, r.relispartition
        FROM pg_catalog.pg_class r JOIN s ON s.oid = r.relnamespace
       WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')),
    a AS (
      SELECT c.name || '.' || pg_catalog.quote_ident(a.attname) AS name, c.name AS owner, a.attacl, c.relowner, a.attnotnull,
             c.relkind, a.atthasdef OR a.attidentity <> '' AS has_value
        FROM c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       WHERE c.relkind <> 'S'),
    f AS (
      SELECT s.name || '.' || pg_catalog.quote_ident(p.proname) || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')'
               AS name, p.proacl, p.proowner
        FROM pg_catalog.pg_proc p JOIN s ON s.oid = p.pronamespace),
    t AS (
      SELECT t.oid, s.name || '.' || pg_catalog.quote_ident(t.typname) AS name, t.typacl, t.typowner
        FROM pg_catalog.pg_type t JOIN s ON s.oid = t.typnamespace
        LEFT JOIN pg_catalog.pg_class r ON r.oid = t.typrelid
       WHERE t.typelem = 0 AND (r.oid IS NULL OR r.relkind = 'c'))
    SELECT 'schema' AS kind, s.name AS name, '' AS owner FROM s
    UNION ALL
    SELECT CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' ELSE 'table' END, c.name, ''
      FROM c
    UNION ALL
    SELECT CASE WHEN c.relispartition THEN 'row security of partition' ELSE 'row security of' END, c.name, c.name
      FROM c WHERE c.relrowsecurity
    UNION ALL SELECT 'unlogged', c.name, c.name FROM c WHERE c.relpersistence = 'u' AND c.relkind = 'r'
    UNION ALL SELECT CASE WHEN a.relkind IN ('v', 'm') THEN 'column of view' ELSE 'column' END, a.name, a.owner FROM a
    UNION ALL SELECT 'default of column', a.name, a.name FROM a WHERE a.has_value
    UNION ALL SELECT 'NOT NULL of column', a.name, a.name FROM a WHERE a.attnotnull
    UNION ALL SELECT 'function', f.name, '' FROM f
    UNION ALL SELECT 'type', t.name, '' FROM t
    UNION ALL
    SELECT 'label', t.name || '.' || pg_catalog.quote_literal(e.enumlabel), t.name
      FROM t JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid
    UNION ALL
    SELECT 'unique key', c.name || ' (' || (
             SELECT pg_catalog.string_agg(pg_catalog.pg_get_indexdef(x.indexrelid, k, false), ', ' ORDER BY k)
               FROM pg_catalog.generate_series(1, x.indnkeyatts) k)
             || ')' || coalesce(' WHERE ' || pg_catalog.pg_get_expr(x.indpred, x.indrelid), ''), c.name
      FROM c JOIN pg_catalog.pg_index x ON x.indrelid = c.oid AND x.indisunique AND x.indisvalid
    UNION ALL
    SELECT 'constraint', pg_catalog.quote_ident(o.conname) || ' of ' || c.name, c.name
      FROM c JOIN pg_catalog.pg_constraint o ON o.conrelid = c.oid WHERE o.contype IN ('c', 'f', 'p', 'u', 'x')
    UNION ALL
    SELECT 'constraint', pg_catalog.quote_ident(o.conname) || ' of ' || t.name, t.name
      FROM t JOIN pg_catalog.pg_constraint o ON o.contypid = t.oid
    UNION ALL
    SELECT 'trigger', pg_catalog.quote_ident(g.tgname) || ' of ' || c.name, c.name
      FROM c JOIN pg_catalog.pg_trigger g ON g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgenabled <> 'D'
    UNION ALL
    SELECT 'policy', pg_catalog.quote_ident(p.polname) || ' of ' || c.name, c.name
      FROM c JOIN pg_catalog.pg_policy p ON p.polrelid = c.oid
    UNION ALL
    SELECT 'policy without a condition', pg_catalog.quote_ident(p.polname) || ' of ' || c.name, c.name
      FROM c JOIN pg_catalog.pg_policy p ON p.polrelid = c.oid
     WHERE p.polpermissive AND 'true' IN (pg_catalog.pg_get_expr(p.polqual, p.polrelid),
                                          pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
    UNION ALL
    SELECT 'rule', pg_catalog.quote_ident(r.rulename) || ' of ' || c.name, c.name
      FROM c JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid AND r.rulename <> '_RETURN'
    UNION ALL
    SELECT 'publication of', c.name || ' by ' || pg_catalog.quote_ident(p.pubname), c.name
      FROM c JOIN pg_catalog.pg_publication_rel m ON m.prrelid = c.oid
      JOIN pg_catalog.pg_publication p ON p.oid = m.prpubid
    UNION ALL
    SELECT 'operator', s.name || '.' || o.oprname || ' (' || o.oprleft::pg_catalog.regtype || ', '
             || o.oprright::pg_catalog.regtype || ')', ''
      FROM s JOIN pg_catalog.pg_operator o ON o.oprnamespace = s.oid
    UNION ALL SELECT 'extension', pg_catalog.quote_ident(e.extname), '' FROM pg_catalog.pg_extension e
    UNION ALL
    SELECT CASE g.grantee WHEN 0 THEN 'privilege of everybody' ELSE 'privilege' END,
           g.privilege_type || ' on ' || x.name || ' for '
             || CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(g.grantee)) END,
           x.name
      FROM (
        SELECT c.name, coalesce(
                 c.relacl, pg_catalog.acldefault(CASE c.relkind WHEN 'S' THEN 'S'::"char" ELSE 'r' END, c.relowner)) AS acl,
               c.relowner AS owner FROM c
        UNION ALL SELECT a.name, a.attacl, a.relowner FROM a WHERE a.attacl IS NOT NULL
        UNION ALL SELECT f.name, coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner)), f.proowner FROM f
        UNION ALL SELECT t.name, coalesce(t.typacl, pg_catalog.acldefault('T', t.typowner)), t.typowner FROM t
        UNION ALL SELECT s.name, coalesce(s.nspacl, pg_catalog.acldefault('n', s.nspowner)), s.nspowner FROM s) x
     CROSS JOIN LATERAL pg_catalog.aclexplode(x.acl) g WHERE g.grantee <> x.owner
    """

  /// - Throws: `PostgresError`.
  package static func all(_ connection: Connection) async throws -> Set<ClientUse> {
    Set(
      try await connection.query(query).map {
        ClientUse(kind: try $0.string(0), name: try $0.string(1), owner: try $0.string(2))
      })
  }
}
