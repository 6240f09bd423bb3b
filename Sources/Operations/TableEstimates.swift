package import Postgres

/// How large tables of a live database are, by its own statistics (PostgreSQL: `pg_class.reltuples`,
/// `pg_total_relation_size`).
package struct TableEstimates: Sendable {
  /// One table, with its partitions, indexes and TOAST.
  package struct Size: Sendable {
    /// As of the last ANALYZE; nil when there was none.
    package var rows: Int?
    package var bytes: Int
  }

  private let sizes: [String: Size]

  package subscript(table: String) -> Size? { sizes[table] }

  /// Reads the sizes of tables in one round trip.
  ///
  /// - Parameter tables: their names as SQL writes them; those that are not there are left out.
  /// - Throws: `PostgresError`.
  package init(of tables: Set<String>, _ connection: Connection) async throws {
    var sizes: [String: Size] = [:]
    for row in try await connection.query(
      """
      SELECT t.name, pg_catalog.sum(greatest(c.reltuples, 0))::bigint, pg_catalog.bool_and(c.reltuples >= 0),
             coalesce(pg_catalog.sum(pg_catalog.pg_total_relation_size(c.oid)), 0)::bigint
        FROM pg_catalog.unnest($1::text[]) AS t (name)
       CROSS JOIN LATERAL (
         SELECT relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass(t.name)) WHERE isleaf
         UNION SELECT pg_catalog.to_regclass(t.name)) AS part
        JOIN pg_catalog.pg_class c ON c.oid = part.relid AND c.relkind IN ('r', 'm')
       GROUP BY t.name
      """, [ArrayText.encode(tables.sorted())])
    {
      sizes[try row.string(0)] = Size(rows: try row.bool(2) ? try row.int(1) : nil, bytes: try row.int(3))
    }
    self.sizes = sizes
  }
}
