internal import Migrations
internal import Postgres

/// What runs when rows of a table are read or written: functions of checks, generated columns, indexes, triggers, rules, and of
/// its columns' types.
///
/// PostgreSQL runs it with the rights of whoever reads or writes; it runs what is constant in the expressions of an index even
/// when a query of the table is planned. So a superuser who merely counts somebody's rows can be made to do anything. SET ROLE is no
/// way out: a function can say RESET ROLE. Therefore dbtool touches rows only where all of it belongs to roles that are trusted. That is
/// not enough where the table is somebody else's: whoever writes the call chooses the arguments, and `dblink_exec`, or a
/// superuser's own helper that runs what it is given, belongs to a superuser too. There only what depends on nothing but its
/// arguments (IMMUTABLE) may be called, and triggers get no arguments.
enum TableCode {
  /// What is done with a table's rows.
  enum Extent: String {
    /// The rows of a table and of all its partitions, at every level, are read.
    case tree
    /// PostgreSQL looks in its default partition for rows of a new one, and they are moved.
    case creation
    /// Rows are put into it, and its defaults give what they lack.
    case load
  }

  /// Looks for what belongs to somebody who is not trusted.
  ///
  /// - Parameter tables: as SQL names them; one that is not there has nothing.
  /// - Throws: `PartitionError.stranger`; `PostgresError`.
  static func check(_ tables: [String], _ extent: Extent, _ connection: Connection) async throws {
    let found = try await connection.query(
      query(await connection.serverVersion), [ArrayText.encode(tables), extent.rawValue])
    guard let row = found.first else { return }
    throw PartitionError.stranger(try row.string(0), owner: try row.string(1))
  }

  /// Whether a table has rows, or where that cannot be looked at, whether the server believes that it has.
  static func hasRows(_ table: String, _ connection: Connection) async throws -> Bool {
    let leaves = try await PlainRows.leaves(of: table, connection)
    if let seen = try await PlainRows.look(at: leaves, upTo: 1, connection) { return seen.rows > 0 }
    return try await connection.query(
      """
      SELECT EXISTS (SELECT FROM pg_catalog.unnest($1::text[]) AS u (name)
                       JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(u.name)
                      WHERE c.reltuples > 0 OR pg_catalog.pg_stat_get_live_tuples(c.oid) > 0)
      """, [ArrayText.encode(leaves)])[0].bool(0)
  }

  /// PostgreSQL's own functions that an expression of somebody's may call although they are not immutable: of times and numbers, which
  /// run nothing and reach nothing.
  private static let harmless = """
    (p.oid < 16384 AND (p.provolatile = 's' AND NOT EXISTS (
       SELECT FROM pg_catalog.unnest(p.proargtypes::oid[] || p.prorettype) AS u (type)
        WHERE u.type <> ALL ('{bool,int2,int4,int8,float4,float8,numeric,date,time,timetz,timestamp,timestamptz,interval}'::regtype[]))
     OR p.proname IN ('date_trunc', 'date_part', 'extract', 'to_char', 'clock_timestamp', 'random', 'gen_random_uuid')))
    """

  /// A default that takes its numbers from the sequence of a column, there or in one of the other tables, and does nothing else; both are
  /// PostgreSQL's print.
  private static let countsByItsOwn = """
    EXISTS (SELECT FROM pg_catalog.pg_depend o JOIN pg_catalog.pg_class s ON s.oid = o.objid AND s.relkind = 'S'
             WHERE o.classid = 'pg_catalog.pg_class'::regclass AND o.refclassid = 'pg_catalog.pg_class'::regclass
               AND o.refobjid IN (SELECT t.oid FROM tables t) AND o.deptype = 'a'
               AND pg_catalog.pg_get_expr(d.adbin, d.adrelid) = pg_catalog.format('nextval(%L::regclass)', s.oid::regclass))
    """

  private static func query(_ version: ServerVersion) -> String {
    """
    WITH RECURSIVE given AS MATERIALIZED (
      SELECT pg_catalog.to_regclass(u.name)::pg_catalog.oid AS oid FROM pg_catalog.unnest($1::text[]) AS u (name)),
    tree (oid) AS (
      SELECT g.oid FROM given g WHERE $2 = 'tree'
      UNION
      SELECT p.partdefid FROM pg_catalog.pg_partitioned_table p
       WHERE p.partrelid IN (SELECT g.oid FROM given g) AND p.partdefid <> 0
      UNION
      SELECT i.inhrelid FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid),
    tables AS MATERIALIZED (
      SELECT c.oid, c.relname, c.relnamespace, c.relowner, c.relkind FROM pg_catalog.pg_class c
       WHERE c.oid IN (SELECT g.oid FROM given g UNION SELECT t.oid FROM tree t
                       -- What is attached is compared with the partition keys of all that is above.
                       UNION SELECT a.relid FROM given g CROSS JOIN LATERAL pg_catalog.pg_partition_ancestors(g.oid) a)),
    -- Each is a few rows, and read once: the server believes them to be many.
    parts (classid, objid, of, what, expressions) AS MATERIALIZED (
      SELECT 'pg_catalog.pg_constraint'::regclass::oid, k.oid, k.conrelid, pg_catalog.format('the constraint %I', k.conname),
             k.conbin::text
        FROM pg_catalog.pg_constraint k WHERE k.conrelid IN (SELECT t.oid FROM tables t)
      UNION ALL
      SELECT 'pg_catalog.pg_attrdef'::regclass, d.oid, d.adrelid, 'a default or generated column',
             CASE WHEN a.attgenerated <> '' OR $2 = 'load' AND NOT \(countsByItsOwn) THEN d.adbin::text END
        FROM pg_catalog.pg_attrdef d JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
       WHERE d.adrelid IN (SELECT t.oid FROM tables t)
      UNION ALL
      SELECT 'pg_catalog.pg_class'::regclass, t.oid, t.oid, 'the partition key',
             (SELECT p.partexprs::text FROM pg_catalog.pg_partitioned_table p WHERE p.partrelid = t.oid) FROM tables t
      UNION ALL
      SELECT 'pg_catalog.pg_class'::regclass, i.indexrelid, i.indrelid, pg_catalog.format('the index %s', i.indexrelid::regclass),
             pg_catalog.concat(i.indexprs::text, i.indpred::text)
        FROM pg_catalog.pg_index i WHERE i.indrelid IN (SELECT t.oid FROM tables t)
      UNION ALL
      SELECT 'pg_catalog.pg_statistic_ext'::regclass, s.oid, s.stxrelid, pg_catalog.format('the statistics %I', s.stxname), s.stxexprs::text
        FROM pg_catalog.pg_statistic_ext s WHERE s.stxrelid IN (SELECT t.oid FROM tables t)
      UNION ALL
      SELECT 'pg_catalog.pg_trigger'::regclass, g.oid, g.tgrelid, pg_catalog.format('the trigger %I', g.tgname), g.tgqual::text
        FROM pg_catalog.pg_trigger g WHERE g.tgrelid IN (SELECT t.oid FROM tables t)
      UNION ALL
      SELECT 'pg_catalog.pg_policy'::regclass, p.oid, p.polrelid, pg_catalog.format('the policy %I', p.polname),
             pg_catalog.concat(p.polqual::text, p.polwithcheck::text)
        FROM pg_catalog.pg_policy p WHERE p.polrelid IN (SELECT t.oid FROM tables t)),
    types (oid) AS (
      (SELECT a.atttypid FROM pg_catalog.pg_attribute a JOIN tables t ON t.oid = a.attrelid
        WHERE a.attnum > 0 AND NOT a.attisdropped
       UNION
       -- Those that an expression converts to.
       SELECT d.refobjid FROM parts e CROSS JOIN LATERAL (
         SELECT p.refclassid, p.refobjid FROM pg_catalog.pg_depend p
          WHERE p.classid = e.classid AND p.objid = e.objid OFFSET 0) d
        WHERE d.refclassid = 'pg_catalog.pg_type'::regclass
       UNION
       -- What JSON_VALUE and its like return leaves no dependency.
       SELECT m.number[1]::oid FROM parts e CROSS JOIN LATERAL pg_catalog.regexp_matches(
         e.expressions, ':[A-Za-z_]*(?:type|typid|typeid|typeId) ([0-9]+)', 'g') AS m (number))
      UNION
      SELECT x.oid FROM types y JOIN pg_catalog.pg_type p ON p.oid = y.oid CROSS JOIN LATERAL (\(TrustedRoles.parts(ofType: "p"))) x (oid)
       WHERE x.oid >= 16384 OR p.oid >= 16384),
    expressions (classid, objid) AS MATERIALIZED (
      SELECT e.classid, e.objid FROM parts e
      UNION ALL
      SELECT 'pg_catalog.pg_constraint'::regclass, k.oid FROM pg_catalog.pg_constraint k
       WHERE k.contypid IN (SELECT t.oid FROM types t WHERE t.oid >= 16384)),
    functions (oid) AS MATERIALIZED (
      SELECT CASE d.refclassid WHEN 'pg_catalog.pg_proc'::regclass THEN d.refobjid ELSE o.oprcode END
        FROM expressions e
        CROSS JOIN LATERAL (
          SELECT p.refclassid, p.refobjid FROM pg_catalog.pg_depend p
           WHERE p.classid = e.classid AND p.objid = e.objid OFFSET 0) d
        LEFT JOIN pg_catalog.pg_operator o ON d.refclassid = 'pg_catalog.pg_operator'::regclass AND o.oid = d.refobjid
       WHERE d.refclassid IN ('pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_operator'::regclass) AND d.refobjid >= 16384),
    -- Some functions of PostgreSQL's (which leave no dependency), of extensions and of superusers run any SQL or write files: what a
    -- table's owner writes may call those alone that depend on nothing but their arguments.
    foreign_parts AS MATERIALIZED (
      SELECT e.what, e.expressions, t.oid AS of, t.relowner AS owner FROM parts e JOIN tables t ON t.oid = e.of
       WHERE e.expressions <> '' AND NOT \(TrustedRoles.conditionOfCode("t.relowner", version))),
    -- An operator's owner gives it the negator that PostgreSQL takes for NOT, and what estimates.
    operators (oid) AS MATERIALIZED (
      SELECT d.refobjid FROM expressions e CROSS JOIN LATERAL (
        SELECT p.refclassid, p.refobjid FROM pg_catalog.pg_depend p
         WHERE p.classid = e.classid AND p.objid = e.objid OFFSET 0) d
       WHERE d.refclassid = 'pg_catalog.pg_operator'::regclass AND d.refobjid >= 16384),
    code (what, owner) AS (
      SELECT pg_catalog.format('the operator %s', o.oid::pg_catalog.regoperator), x.owner
        FROM operators r JOIN pg_catalog.pg_operator o USING (oid) CROSS JOIN LATERAL (
          SELECT o.oprowner
          UNION ALL SELECT f.proowner FROM pg_catalog.pg_operator n JOIN pg_catalog.pg_proc f ON f.oid = n.oprcode
                     WHERE n.oid IN (o.oprnegate, o.oprcom)) x (owner)
      UNION ALL
      SELECT pg_catalog.format('the function %s', f.oid::pg_catalog.regprocedure), f.proowner
        FROM pg_catalog.pg_proc f WHERE f.oid IN (SELECT x.oid FROM functions x)
      UNION ALL
      -- A domain's owner can give it another check, at any moment, and a composite type a column of such a domain: a lock on the table
      -- is not in the way. A range type has functions of its own.
      SELECT pg_catalog.format('the type %s', pg_catalog.format_type(t.oid, NULL)), t.typowner
        FROM pg_catalog.pg_type t WHERE t.oid IN (SELECT x.oid FROM types x) AND t.oid >= 16384 AND t.typtype IN ('c', 'd', 'r', 'm')
      UNION ALL
      SELECT pg_catalog.format('%s of the table %s, which calls %s', e.what, e.of::regclass, p.oid::regprocedure), e.owner
        FROM foreign_parts e
        CROSS JOIN LATERAL (
          SELECT DISTINCT m.number[1]::oid AS oid FROM pg_catalog.regexp_matches(
            e.expressions, ':(?:funcid|opfuncid|hashfuncid|negfuncid|aggfnoid|winfnoid) ([0-9]+)', 'g') AS m (number)) f
        JOIN pg_catalog.pg_proc p ON p.oid = f.oid
       WHERE p.provolatile <> 'i' AND NOT \(harmless)
      UNION ALL
      -- It looks for a cast of each value to JSON, and calls that.
      SELECT pg_catalog.format('%s of the table %s, which makes JSON', e.what, e.of::regclass), e.owner
        FROM foreign_parts e WHERE pg_catalog.strpos(e.expressions, '{JSONCONSTRUCTOREXPR ') > 0
      UNION ALL
      SELECT pg_catalog.format('the trigger %I of the table %s, which gives %s arguments', g.tgname, t.oid::regclass, p.oid::regprocedure),
             t.relowner
        FROM pg_catalog.pg_trigger g JOIN tables t ON t.oid = g.tgrelid JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid
       WHERE NOT g.tgisinternal AND g.tgnargs > 0 AND p.oid >= 16384 AND NOT \(TrustedRoles.conditionOfCode("t.relowner", version))
      UNION ALL
      SELECT pg_catalog.format('%s of the table %s, which reads tables', e.what, e.of::regclass), e.owner
        FROM foreign_parts e WHERE pg_catalog.strpos(e.expressions, '{SUBLINK ') > 0
      UNION ALL
      SELECT pg_catalog.format('the rule %I on the table %s', w.rulename, t.oid::regclass), t.relowner
        FROM pg_catalog.pg_rewrite w JOIN tables t ON t.oid = w.ev_class
      UNION ALL
      SELECT pg_catalog.format('%s, which is no table', t.oid::regclass), t.relowner FROM tables t
       WHERE t.relkind NOT IN ('r', 'p'))
    SELECT c.what, pg_catalog.pg_get_userbyid(c.owner) FROM code c
     WHERE NOT \(TrustedRoles.conditionOfCode("c.owner", version)) ORDER BY 1 LIMIT 1
    """
  }
}
