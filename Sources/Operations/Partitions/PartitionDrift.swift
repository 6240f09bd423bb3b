package import Catalog
internal import Introspection
internal import Migrations
package import Postgres

extension PartitionManager {
  /// What is wrong with partitions that are there: they are no part of the catalogs that are compared.
  package struct Fault: Sendable {
    /// A stable name of what is wrong, for example `partition-grant`.
    package var code: String
    package var partition: String
    package var text: String
    /// What is declared of it: the table whose partition it is, the job.
    package var table: FactID?

    package var finding: DriftFinding {
      let isMinor = ["half-detached-partition", "partition-index", "partition-validation", "rows-in-default"].contains(
        code)
      return DriftFinding(
        isMinor ? .warning : .error, code: code, partition, "\(partition) \(text)", subject: table,
        help: code == "half-detached-partition" ? "run dbtool partitions apply" : nil)
    }
  }

  /// Finds partitions that are unlike their parents, half detached, or let somebody in whom the parent would not; rows in
  /// default partitions; and jobs of windows whose last run has failed.
  ///
  /// - Throws: `PostgresError`.
  package func faults(_ connection: Connection) async throws -> [Fault] {
    guard !windows.isEmpty else { return [] }
    let parents = ArrayText.encode(windows.map(\.table.sqlName))
    let tables = windows.map(\.table)
    var faults = try await connection.query(Self.unlike, [parents]).map {
      Fault(
        code: try $0.string(2), partition: "table " + (try $0.string(0)), text: try $0.string(1),
        table: tables[try $0.int(3) - 1])
    }
    let defaults = try await connection.query(
      """
      SELECT p.partdefid::regclass::text, p.partrelid::regclass::text, w.number::integer
        FROM pg_catalog.pg_partitioned_table p
        JOIN pg_catalog.unnest($1::text[]) WITH ORDINALITY AS w (name, number) ON pg_catalog.to_regclass(w.name) = p.partrelid
       WHERE p.partdefid <> 0 AND pg_catalog.has_table_privilege(p.partdefid, 'SELECT')
      """, [parents]
    ).map { (try $0.string(0), try $0.string(1), tables[try $0.int(2) - 1]) }
    for (name, parent, table) in defaults where try await TableCode.hasRows(name, connection) {
      faults.append(
        Fault(
          code: "rows-in-default", partition: "table \(name)", text: "has rows, for which \(parent) has no partition",
          table: table))
    }
    return faults
  }

  private static let unlike = """
    WITH parts AS (
      SELECT p.oid AS parent, c.oid, p.relowner AS owner, c.relowner AS own, p.relrowsecurity AS secured,
             c.relrowsecurity AS secures, p.relforcerowsecurity AS forced, c.relforcerowsecurity AS forces,
             p.relacl AS acl, c.relacl AS access, i.inhdetachpending AS pending, w.number::integer
        FROM pg_catalog.unnest($1::text[]) WITH ORDINALITY AS w (name, number)
        JOIN pg_catalog.pg_class p ON p.oid = pg_catalog.to_regclass(w.name)
        JOIN pg_catalog.pg_inherits i ON i.inhparent = p.oid JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid),
    found (part, text, code) AS (
    SELECT oid::regclass::text, 'is half detached: dbtool partitions apply ends it', 'half-detached-partition'
      FROM parts WHERE pending
    UNION ALL
    SELECT oid::regclass::text, pg_catalog.format('belongs to %s, and its table to %s', pg_catalog.pg_get_userbyid(own), pg_catalog.pg_get_userbyid(owner)),
           'partition-owner'
      FROM parts WHERE own <> owner
    UNION ALL
    SELECT oid::regclass::text, 'has no row level security: whoever may use it goes past the policies of its table',
           'partition-row-security'
      FROM parts WHERE secured AND NOT secures
    UNION ALL
    SELECT oid::regclass::text, 'does not force row level security, which its table does',
           'partition-row-security'
      FROM parts WHERE forced AND NOT forces
    UNION ALL
    SELECT parts.oid::regclass::text,
           pg_catalog.format('lets %s %s, which its table does not',
                  CASE x.grantee WHEN 0 THEN 'everybody' ELSE pg_catalog.pg_get_userbyid(x.grantee) END, x.privilege_type),
           'partition-grant'
      FROM parts CROSS JOIN LATERAL pg_catalog.aclexplode(parts.access) x
     WHERE x.grantee NOT IN (parts.own, parts.owner)
       AND NOT EXISTS (SELECT FROM pg_catalog.aclexplode(parts.acl) y
                        WHERE y.grantee = x.grantee AND y.privilege_type = x.privilege_type)
    UNION ALL
    SELECT parts.oid::regclass::text, pg_catalog.format('has no index for %s', px.indexrelid::regclass), 'partition-index'
      FROM parts JOIN pg_catalog.pg_index px ON px.indrelid = parts.parent
     WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_index cx ON cx.indexrelid = i.inhrelid
                        WHERE i.inhparent = px.indexrelid AND cx.indrelid = parts.oid)
    UNION ALL
    SELECT parts.oid::regclass::text, pg_catalog.format('index %s is not valid', cx.indexrelid::regclass), 'partition-index'
      FROM parts JOIN pg_catalog.pg_index cx ON cx.indrelid = parts.oid WHERE NOT cx.indisvalid
    UNION ALL
    SELECT parts.oid::regclass::text, pg_catalog.format('trigger %s is not enabled as its table''s is', t.tgname), 'partition-trigger'
      FROM parts JOIN pg_catalog.pg_trigger t ON t.tgrelid = parts.oid
      JOIN pg_catalog.pg_trigger u ON u.oid = t.tgparentid
     WHERE t.tgenabled <> u.tgenabled
    UNION ALL
    SELECT parts.oid::regclass::text, pg_catalog.format('has the constraint %I, which its table has not', k.conname), 'partition-constraint'
      FROM parts JOIN pg_catalog.pg_constraint k ON k.conrelid = parts.oid
     WHERE k.conparentid = 0 AND k.coninhcount = 0 AND k.contype IN ('c', 'f', 'p', 'u', 'x')
    UNION ALL
    SELECT parts.oid::regclass::text, pg_catalog.format('the constraint %I is not validated', k.conname), 'partition-validation'
      FROM parts JOIN pg_catalog.pg_constraint k ON k.conrelid = parts.oid
      LEFT JOIN pg_catalog.pg_constraint pk ON pk.conrelid = parts.parent AND pk.conname = k.conname
     WHERE NOT k.convalidated AND pk.convalidated IS NOT FALSE
    UNION ALL
    SELECT parts.oid::regclass::text, pg_catalog.format('has the index %s, which its table has not', x.indexrelid::regclass), 'partition-index'
      FROM parts JOIN pg_catalog.pg_index x ON x.indrelid = parts.oid
     WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = x.indexrelid)
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = x.indexrelid AND k.conparentid = 0)
    UNION ALL
    SELECT parts.oid::regclass::text, pg_catalog.format('column %I has another default than that of its table', a.attname), 'partition-default'
      FROM parts JOIN pg_catalog.pg_attribute a ON a.attrelid = parts.oid AND a.attnum > 0 AND a.attgenerated = ''
      JOIN pg_catalog.pg_attribute b ON b.attrelid = parts.parent AND b.attname = a.attname AND b.attidentity = ''
      LEFT JOIN pg_catalog.pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
      LEFT JOIN pg_catalog.pg_attrdef bd ON bd.adrelid = b.attrelid AND bd.adnum = b.attnum
     WHERE pg_catalog.pg_get_expr(ad.adbin, ad.adrelid) IS DISTINCT FROM pg_catalog.pg_get_expr(bd.adbin, bd.adrelid))
    SELECT f.part, f.text, f.code, parts.number FROM found f JOIN parts ON parts.oid::regclass::text = f.part
     -- One that is on its way out has other constraints, and nobody minds; whom it lets in still counts.
     WHERE NOT parts.pending
           OR f.code IN ('half-detached-partition', 'partition-owner', 'partition-row-security', 'partition-grant')
     ORDER BY 1, 2
    """

  /// Jobs of these names whose last run has failed.
  ///
  /// A job that ran while migrations were applied, and before the first partitions were there, tells nothing.
  ///
  /// - Returns: nothing where there is no pg_cron, or the role may not read what it has written down.
  static func failingJobs(_ names: [String], _ connection: Connection) async throws -> [Fault] {
    let readable = try await connection.query("SELECT \(CronTable.job.isReadable) AND \(CronTable.runs.isReadable)")[0]
    guard !names.isEmpty, try readable.bool(0) else { return [] }
    // Instants as PostgreSQL prints them in UTC are in order as texts are.
    let applied = try await History.rows(of: .migrations, ["finished_at"], connection)?.compactMap { $0[0] }.max()
    return try await connection.query(
      """
      SELECT j.jobname, 'failed when it ran last: ' || coalesce(d.return_message, 'no message')
        FROM ONLY cron.job j CROSS JOIN LATERAL (
          SELECT d.status, d.return_message, d.start_time FROM ONLY cron.job_run_details d WHERE d.jobid = j.jobid
           ORDER BY d.start_time DESC NULLS LAST LIMIT 1) d
       WHERE d.status = 'failed' AND d.start_time > $2::timestamptz + interval '1 minute' AND j.jobname = ANY ($1::text[]) ORDER BY 1
      """, [ArrayText.encode(names), applied ?? "-infinity"]
    ).map { row in
      let job = FactID(.cronJob, name: try row.string(0))
      return Fault(code: "failing-job", partition: "\(job)", text: try row.string(1), table: job)
    }
  }
}
