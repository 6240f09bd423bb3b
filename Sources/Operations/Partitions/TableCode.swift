internal import Migrations
internal import Postgres

/// What runs when rows of a table are read or written: functions of checks, generated columns, indexes, triggers, rules, and of
/// its columns' types.
///
/// PostgreSQL runs it with the rights of whoever reads or writes; it runs what is constant in the expressions of an index even
/// when a query of the table is planned. So a superuser who merely counts somebody's rows can be made to do anything. SET ROLE is no
/// way out: a function can say RESET ROLE. Therefore dbtool touches rows only where all of it belongs to roles that are trusted.
enum TableCode {
  /// Looks for what belongs to somebody who is not trusted.
  ///
  /// - Parameter tables: as SQL names them; one that is not there has nothing.
  /// - Throws: `PartitionError.stranger`; `PostgresError`.
  static func check(_ tables: [String], _ connection: Connection) async throws {
    let found = try await connection.query(query(await connection.serverVersion), [ArrayText.encode(tables)])
    guard let row = found.first else { return }
    throw PartitionError.stranger(try row.string(0), owner: try row.string(1))
  }

  /// Whether a table has rows, or where that cannot be looked at, whether the server believes that it has.
  static func hasRows(_ table: String, _ connection: Connection) async throws -> Bool {
    do { try await check([table], connection) } catch PartitionError.stranger {
      return try await connection.query(
        """
        SELECT EXISTS (SELECT FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)) t
                         JOIN pg_catalog.pg_class c ON c.oid = t.relid
                        WHERE t.isleaf AND (c.reltuples > 0 OR pg_catalog.pg_stat_get_live_tuples(c.oid) > 0))
        """, [table])[0].bool(0)
    }
    return try await connection.query("SELECT EXISTS (SELECT FROM \(table))")[0].bool(0)
  }

  private static func query(_ version: ServerVersion) -> String {
    """
    WITH RECURSIVE given AS MATERIALIZED (
      SELECT pg_catalog.to_regclass(u.name)::pg_catalog.oid AS oid FROM pg_catalog.unnest($1::text[]) AS u (name)),
    tables AS MATERIALIZED (
      SELECT c.oid, c.relname, c.relnamespace, c.relowner, c.relkind FROM pg_catalog.pg_class c
       WHERE c.oid IN (SELECT g.oid FROM given g)
          OR c.oid IN (SELECT t.relid FROM pg_catalog.pg_partitioned_table p,
                              pg_catalog.pg_partition_tree(p.partdefid) t
                        WHERE p.partrelid IN (SELECT g.oid FROM given g) AND p.partdefid <> 0)),
    types (oid) AS (
      SELECT a.atttypid FROM pg_catalog.pg_attribute a JOIN tables t ON t.oid = a.attrelid
       WHERE a.attnum > 0 AND NOT a.attisdropped
      UNION
      SELECT x.oid FROM types y JOIN pg_catalog.pg_type p ON p.oid = y.oid CROSS JOIN LATERAL (
        SELECT p.typbasetype UNION ALL SELECT p.typelem
        UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE p.oid IN (r.rngtypid, r.rngmultitypid)
        UNION ALL SELECT r.rngtypid FROM pg_catalog.pg_range r WHERE p.oid = r.rngmultitypid
        UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
                   WHERE a.attrelid = p.typrelid AND a.attnum > 0 AND NOT a.attisdropped) x (oid)
       WHERE x.oid >= 16384 OR p.oid >= 16384),
    -- Each is a few rows, and read once: the server believes them to be many.
    expressions (classid, objid) AS MATERIALIZED (
      SELECT 'pg_catalog.pg_constraint'::regclass::oid, k.oid FROM pg_catalog.pg_constraint k
       WHERE k.conrelid IN (SELECT t.oid FROM tables t)
      UNION ALL
      SELECT 'pg_catalog.pg_constraint'::regclass, k.oid FROM pg_catalog.pg_constraint k
       WHERE k.contypid IN (SELECT t.oid FROM types t WHERE t.oid >= 16384)
      UNION ALL
      SELECT 'pg_catalog.pg_attrdef'::regclass, d.oid FROM pg_catalog.pg_attrdef d
       WHERE d.adrelid IN (SELECT t.oid FROM tables t)
      UNION ALL
      SELECT 'pg_catalog.pg_class'::regclass, t.oid FROM tables t
      UNION ALL
      SELECT 'pg_catalog.pg_class'::regclass, i.indexrelid FROM pg_catalog.pg_index i
       WHERE i.indrelid IN (SELECT t.oid FROM tables t)
      UNION ALL
      SELECT 'pg_catalog.pg_statistic_ext'::regclass, s.oid FROM pg_catalog.pg_statistic_ext s
       WHERE s.stxrelid IN (SELECT t.oid FROM tables t)
      UNION ALL
      SELECT 'pg_catalog.pg_trigger'::regclass, g.oid FROM pg_catalog.pg_trigger g
       WHERE g.tgrelid IN (SELECT t.oid FROM tables t)
      UNION ALL
      SELECT 'pg_catalog.pg_policy'::regclass, p.oid FROM pg_catalog.pg_policy p
       WHERE p.polrelid IN (SELECT t.oid FROM tables t)),
    functions (oid) AS MATERIALIZED (
      SELECT CASE d.refclassid WHEN 'pg_catalog.pg_proc'::regclass THEN d.refobjid ELSE o.oprcode END
        FROM expressions e
        CROSS JOIN LATERAL (
          SELECT p.refclassid, p.refobjid FROM pg_catalog.pg_depend p
           WHERE p.classid = e.classid AND p.objid = e.objid OFFSET 0) d
        LEFT JOIN pg_catalog.pg_operator o ON d.refclassid = 'pg_catalog.pg_operator'::regclass AND o.oid = d.refobjid
       WHERE d.refclassid IN ('pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_operator'::regclass) AND d.refobjid >= 16384),
    code (what, owner) AS (
      SELECT pg_catalog.format('the function %s', f.oid::pg_catalog.regprocedure), f.proowner
        FROM pg_catalog.pg_proc f WHERE f.oid IN (SELECT x.oid FROM functions x)
      UNION ALL
      -- A domain's owner can give it another check, and a range type has functions of its own.
      SELECT pg_catalog.format('the type %s', pg_catalog.format_type(t.oid, NULL)), t.typowner
        FROM pg_catalog.pg_type t WHERE t.oid IN (SELECT x.oid FROM types x) AND t.oid >= 16384 AND t.typtype IN ('d', 'r', 'm')
      UNION ALL
      SELECT pg_catalog.format('the rule %I on the table %s', w.rulename, t.oid::regclass), t.relowner
        FROM pg_catalog.pg_rewrite w JOIN tables t ON t.oid = w.ev_class
      UNION ALL
      SELECT pg_catalog.format('%s, which is no table', t.oid::regclass), t.relowner FROM tables t
       WHERE t.relkind NOT IN ('r', 'p'))
    SELECT c.what, pg_catalog.pg_get_userbyid(c.owner) FROM code c
     WHERE NOT \(TrustedRoles.condition("c.owner", version)) ORDER BY 1 LIMIT 1
    """
  }
}
