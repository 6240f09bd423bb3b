package import Catalog
package import Postgres

/// The numbers that sequences give to columns, before a plan and after it: a row that comes next must not get one that
/// another row has.
package enum ProofNumbers {
  /// Columns with what gives them numbers: their own sequences, and those that their defaults name.
  private static let givers = """
    SELECT n.nspname AS schema, c.relname AS name, a.attname AS member, c.oid::regclass AS tab, f.seq::regclass AS seq,
           t.typcategory = 'N' AS counts, q.seqincrement > 0 AS ascends, q.seqincrement AS step, q.seqmin AS low, q.seqmax AS high
      FROM (SELECT d.refobjid AS tab, d.refobjsubid AS number, d.objid AS seq FROM pg_catalog.pg_depend d
             WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
               AND d.deptype = 'i' AND d.refobjsubid > 0
            UNION
            SELECT v.adrelid, v.adnum, d.refobjid FROM pg_catalog.pg_attrdef v
              JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.objid = v.oid
                   AND d.refclassid = 'pg_catalog.pg_class'::regclass) f
      JOIN pg_catalog.pg_sequence q ON q.seqrelid = f.seq
      JOIN pg_catalog.pg_class c ON c.oid = f.tab
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_attribute a ON a.attrelid = f.tab AND a.attnum = f.number
      JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND t.typcategory IN ('N', 'S') AND n.nspname !~ '^pg_'
       AND n.nspname NOT IN ('information_schema', 'cron', 'dbtool', 'dbtool_proof')
    """

  /// Lets sequences be where they would be, had they given the numbers of the rows that are there.
  static func advance(_ connection: Connection) async throws {
    try await connection.execute(
      """
      DO $dbtool$
      DECLARE g record;
      BEGIN
        FOR g IN \(givers) LOOP
          BEGIN
            EXECUTE format(
              'SELECT setval(%L, m.last::bigint) FROM (SELECT %s(%I::text::numeric) AS last FROM %s) m, %s s
                WHERE m.last %s s.last_value AND m.last BETWEEN %s AND %s',
              g.seq, CASE WHEN g.ascends THEN 'max' ELSE 'min' END, g.member, g.tab, g.seq,
              CASE WHEN g.ascends THEN '>=' ELSE '<=' END, g.low, g.high);
          -- Somebody else's sequence, a table without rows to be seen, or texts that are no numbers.
          EXCEPTION WHEN OTHERS THEN NULL;
          END;
        END LOOP;
      END $dbtool$
      """)
  }

  /// Columns in which a row has the number that comes next, or one that comes later.
  ///
  /// - Throws: `PostgresError`.
  package static func taken(_ connection: Connection) async throws -> Set<FactID> {
    try await connection.execute(
      """
      SET client_min_messages = warning;
      DROP TABLE IF EXISTS pg_temp.dbtool_taken;
      CREATE TEMP TABLE dbtool_taken (schema text, name text, member text);
      DO $dbtool$
      DECLARE g record; found boolean;
      BEGIN
        FOR g IN \(givers) LOOP
          -- Of numbers within texts none is known to come next.
          CONTINUE WHEN NOT g.counts;
          BEGIN
            EXECUTE format(
              'SELECT EXISTS (SELECT FROM %s t, %s s
                 WHERE t.%I %s CASE WHEN s.is_called THEN s.last_value::numeric + %s ELSE s.last_value END)',
              g.tab, g.seq, g.member, CASE WHEN g.ascends THEN '>=' ELSE '<=' END, g.step) INTO found;
            IF found THEN INSERT INTO pg_temp.dbtool_taken VALUES (g.schema, g.name, g.member); END IF;
          -- A type of somebody's own need not be comparable with a number.
          EXCEPTION WHEN undefined_function OR ambiguous_function OR datatype_mismatch THEN NULL;
          END;
        END LOOP;
      END $dbtool$
      """)
    let rows = try await connection.query("SELECT schema, name, member FROM pg_temp.dbtool_taken")
    return Set(
      try rows.map { row in
        FactID(.column, schema: try row.string(0), name: try row.string(1), member: try row.string(2))
      })
  }
}
