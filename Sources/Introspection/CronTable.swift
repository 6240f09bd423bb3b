/// The tables of the extension pg_cron, which are the only tables of others that dbtool reads to learn what a database holds.
///
/// Whoever may create schemas can make `cron` and, in it, a view or a table of the same name that runs what they like as soon as it
/// is read, or merely planned to be. So a table is read only where it is the extension's, whose members nobody but its owner can
/// exchange, where everything in it is PostgreSQL's own, and without its children: `FROM ONLY`.
package enum CronTable: String, Sendable {
  case job
  case runs = "job_run_details"

  /// The condition that a row `c` of `pg_class`, with its namespace `n`, is this table.
  var isExtensions: String {
    """
    n.nspname = 'cron' AND c.relname = '\(rawValue)' AND c.relkind = 'r'
      AND EXISTS (SELECT FROM pg_catalog.pg_depend e JOIN pg_catalog.pg_extension x ON x.oid = e.refobjid
                   WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.objid = c.oid AND e.deptype = 'e'
                     AND e.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND x.extname = 'pg_cron')
    """
  }

  /// The condition that to read the table of a row `c` runs nothing but PostgreSQL's own, and that the role may read it. Indexes
  /// and statistics on expressions count: to plan a query, PostgreSQL computes what is constant in them.
  static let isPlain = """
    NOT c.relhasrules
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                         AND (a.atttypid >= 16384 OR a.attgenerated <> '' OR a.attcollation >= 16384))
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid
                         AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
                              OR EXISTS (SELECT FROM pg_catalog.unnest(i.indclass) AS o (oid) WHERE o.oid >= 16384)))
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_statistic_ext s WHERE s.stxrelid = c.oid)
      AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
    """

  private static func exists(_ condition: String) -> String {
    """
    EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE \(condition))
    """
  }

  /// Whether pg_cron's table is there; an expression.
  package var exists: String { Self.exists(isExtensions) }
  /// Whether it may be read; an expression.
  package var isReadable: String { Self.exists("\(isExtensions) AND \(Self.isPlain)") }

  /// The table behind the stand-in that scratch databases have in the extension's place. What is loaded there may have put anything
  /// before it, or onto it.
  static let standIn = exists(
    "n.nspname = 'cron' AND c.relname = 'stored_job' AND c.relkind = 'r' AND NOT c.relrowsecurity AND \(isPlain)")
}
