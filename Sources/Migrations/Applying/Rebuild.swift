internal import Postgres

/// A REINDEX CONCURRENTLY. Interrupted, it leaves indexes that are not valid: new ones, whose names end in `_ccnew`, and old ones
/// in `_ccold`. They slow writers down and serve nobody, and the advice is to drop them.
///
/// PostgreSQL: REINDEX, "Rebuilding Indexes Concurrently".
struct Rebuild {
  private enum Scope {
    case index(String)
    case table(String)
    case schema(String)
    case database
  }

  private let scope: Scope

  /// - Returns: nil where it is no such statement.
  init?(_ tree: ParseTree?) {
    guard let statement = tree?["ReindexStmt"],
      (statement["params"]?.elements ?? []).contains(where: { $0["DefElem"]?["defname"]?.text == "concurrently" })
    else { return nil }
    let relation = statement["relation"]
    let name = relation?["relname"]?.text.map { name in
      relation?["schemaname"]?.text.map { Quote.qualified($0, name) } ?? Quote.identifier(name)
    }
    switch (statement["kind"]?.text, name) {
    // The first of the kinds is the one that the tree leaves out.
    case (nil, let name?), ("REINDEX_OBJECT_INDEX", let name?): scope = .index(name)
    case ("REINDEX_OBJECT_TABLE", let name?): scope = .table(name)
    case ("REINDEX_OBJECT_SCHEMA", _): scope = .schema(statement["name"]?.text ?? "")
    default: scope = .database
    }
  }

  /// The indexes that it has left, as SQL names them. One that somebody builds at the moment is not among them.
  ///
  /// - Throws: `PostgresError`.
  func remains(_ connection: Connection) async throws -> [String] {
    let tables: String
    var parameter: String?
    switch scope {
    case .index(let name):
      parameter = try await connection.relation(name)
      tables = """
        IN (SELECT i.indrelid FROM pg_catalog.pg_index i
             WHERE i.indexrelid = $1::pg_catalog.oid
                OR i.indexrelid IN (SELECT t.relid FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid::pg_catalog.regclass) t))
        """
    case .table(let name):
      parameter = try await connection.relation(name)
      tables = """
        IN (SELECT $1::pg_catalog.oid UNION ALL
            SELECT t.relid FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid::pg_catalog.regclass) t)
        """
    case .schema(let name):
      parameter = name
      tables = """
        IN (SELECT s.oid FROM pg_catalog.pg_class s JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
             WHERE sn.nspname = $1)
        """
    case .database: tables = "IS NOT NULL AND $1::pg_catalog.text IS NULL"
    }
    return try await connection.query(
      """
      SELECT n.nspname, ic.relname
        FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class ic ON ic.oid = x.indexrelid
        JOIN pg_catalog.pg_class c ON c.oid = x.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = ic.relnamespace
       WHERE NOT x.indisvalid AND ic.relkind = 'i' AND c.relkind IN ('r', 'm')
         AND ic.relname OPERATOR(pg_catalog.~) '_cc(new|old)[0-9]*$' AND x.indrelid \(tables)
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p
                          WHERE p.relid = x.indrelid AND p.pid <> pg_catalog.pg_backend_pid())
       ORDER BY 1, 2
      """, [parameter]
    ).map { Quote.qualified(try $0.string(0), try $0.string(1)) }
  }

  static func drop(_ index: String) -> String { "DROP INDEX CONCURRENTLY \(index)" }
}
