internal import Postgres

/// Reads what an archive says of a partition, and what its rows have to be read and written with.
enum ArchivedTable {
  /// For the transaction: so that values are printed and read the same on every server, by every role.
  ///
  /// Rows that a policy hides are an error, and no role's timeout is meant for what reads and writes files in between.
  static func settle(_ connection: Connection) async throws {
    try await connection.execute(
      """
      SET LOCAL search_path = pg_catalog, pg_temp;
      SET LOCAL lock_timeout = '1s';
      SET LOCAL statement_timeout = 0;
      SET LOCAL idle_in_transaction_session_timeout = 0;
      SELECT pg_catalog.set_config(s.name, '0', true) FROM pg_catalog.pg_settings s WHERE s.name = 'transaction_timeout';
      SET LOCAL row_security = off;
      SET LOCAL timezone = 'UTC';
      SET LOCAL datestyle = 'ISO, YMD';
      SET LOCAL intervalstyle = 'postgres';
      SET LOCAL extra_float_digits = 3;
      SET LOCAL bytea_output = 'hex';
      SET LOCAL xmloption = 'content';
      SET LOCAL lc_monetary = 'C';
      -- Read twice, it is to come in the same order.
      SET LOCAL synchronize_seqscans = off;
      SET LOCAL max_parallel_workers_per_gather = 0;
      """)
  }

  /// - Throws: `PartitionError.changed` for a table that is gone.
  static func read(_ retiring: PartitionManager.Retiring, _ connection: Connection) async throws -> ArchiveDescription {
    let table = [String(retiring.oid)]
    let remembered = try await RememberedPartition.all(connection).first { $0.oid == retiring.oid }
    guard let remembered else { throw PartitionError.changed("it is gone") }
    let found = try await connection.query(
      """
      SELECT pg_catalog.current_setting('server_version'), d.datname, d.oid::bigint,
             pg_catalog.pg_encoding_to_char(d.encoding), n.nspname, c.relname, i.names[1], i.names[2],
             coalesce(pg_catalog.pg_get_partkeydef(pg_catalog.to_regclass($2)), ''), $3::text,
             pg_catalog.to_char($4::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
             pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
             ARRAY(SELECT pg_catalog.format('CONSTRAINT %I %s', k.conname, pg_catalog.pg_get_constraintdef(k.oid))
                     FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid ORDER BY k.conname),
             ARRAY(SELECT pg_catalog.pg_get_indexdef(x.indexrelid) FROM pg_catalog.pg_index x
                    WHERE x.indrelid = c.oid ORDER BY x.indexrelid)
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       CROSS JOIN LATERAL (SELECT pg_catalog.parse_ident($2) AS names) i
        JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
       WHERE c.oid = $1::bigint::oid
      """, table + [remembered.parent, remembered.bound, remembered.startedAt])
    guard var row = found.first?.reader else { throw PartitionError.changed("it is gone") }
    let server = ArchiveDescription.Server(
      version: try row.string(), system: try await connection.systemIdentifier(), database: try row.string(),
      databaseOID: try row.int(), encoding: try row.string())
    var description = ArchiveDescription(
      server: server, schema: try row.string(), partition: try row.string(), oid: retiring.oid,
      parentSchema: try row.string(), parent: try row.string(), partitionKey: try row.string(), bound: try row.string(),
      retiredAt: try row.string(), writtenAt: try row.string(), columns: [], generatedColumns: [],
      constraints: try row.strings(), indexes: try row.strings())
    let columns = try await connection.query(
      """
      SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), pg_catalog.format_type(a.atttypid, NULL),
             a.atttypmod, a.attnotnull, cn.nspname, co.collname,
             -- PostgreSQL may know it of the table alone.
             coalesce(nullif(a.attidentity::text, ''), b.attidentity::text, ''), a.attgenerated <> '',
             pg_catalog.pg_get_expr(e.adbin, e.adrelid)
        FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation AND a.attcollation <> t.typcollation
        LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
        LEFT JOIN pg_catalog.pg_attrdef e ON e.adrelid = a.attrelid AND e.adnum = a.attnum
        LEFT JOIN pg_catalog.pg_attribute b ON b.attrelid = pg_catalog.to_regclass($2) AND b.attname = a.attname
       WHERE a.attrelid = $1::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
      """, table + [retiring.parent])
    for column in columns {
      var row = column.reader
      let (name, type, baseType, modifier) = (try row.string(), try row.string(), try row.string(), try row.int())
      let isNotNull = try row.bool()
      let collation = [try row.optionalString(), try row.optionalString()].compactMap { $0 }
      let identity = try row.string()
      let isGenerated = try row.bool()
      let expression = try row.optionalString()
      if isGenerated {
        description.generatedColumns.append(.init(name: name, type: type, expression: expression ?? ""))
        continue
      }
      description.columns.append(
        .init(
          name: name, type: type, baseType: baseType, modifier: modifier, isNotNull: isNotNull,
          collation: collation.isEmpty ? nil : collation, defaultExpression: expression,
          identity: ["a": "ALWAYS", "d": "BY DEFAULT"][identity]))
    }
    return description
  }
}
