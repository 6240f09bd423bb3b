internal import Postgres

/// A foreign key that a statement makes, and whether one that is there is the same: by the values that `pg_constraint` holds.
struct ForeignKeyComparison {
  let name: String
  private let columns: [String]
  /// As the statement names it.
  let referencedTable: String
  /// None are those of the primary key.
  private let referencedColumns: [String]
  /// `confmatchtype`, `confupdtype`, `confdeltype`.
  private let codes: [String]
  private let isDeferrable: Bool
  private let isDeferred: Bool
  private let cleared: [String]

  /// - Returns: nil where it is no foreign key of a table, with a name.
  init?(_ constraint: ParseTree?) {
    guard let constraint, constraint["contype"]?.text == "CONSTR_FOREIGN", let name = constraint["conname"]?.text,
      let relation = constraint["pktable"], let table = relation["relname"]?.text
    else { return nil }
    self.name = name
    columns = constraint["fk_attrs"]?.names ?? []
    referencedColumns = constraint["pk_attrs"]?.names ?? []
    referencedTable = relation["schemaname"]?.text.map { Quote.qualified($0, table) } ?? Quote.identifier(table)
    codes = [
      constraint["fk_matchtype"]?.text ?? "s", constraint["fk_upd_action"]?.text ?? "a",
      constraint["fk_del_action"]?.text ?? "a",
    ]
    isDeferrable = constraint["deferrable"]?.isTrue == true
    isDeferred = constraint["initdeferred"]?.isTrue == true
    cleared = constraint["fk_del_set_cols"]?.names ?? []
  }

  /// - Parameter table: as SQL names it.
  /// - Returns: nil where the table has no constraint of that name; whether it is the same one.
  /// - Throws: `PostgresError`.
  func isThere(on table: String, _ connection: Connection) async throws -> Bool? {
    let version = await connection.serverVersion
    func names(_ relation: String, _ numbers: String) -> String {
      """
      coalesce((SELECT pg_catalog.array_agg(a.attname ORDER BY u.place)
                  FROM pg_catalog.unnest(\(numbers)) WITH ORDINALITY u (number, place)
                  JOIN pg_catalog.pg_attribute a ON a.attrelid = \(relation) AND a.attnum = u.number), '{}')::pg_catalog.text[]
      """
    }
    let cleared = version.major >= 15 ? names("k.conrelid", "k.confdelsetcols") : "'{}'::pg_catalog.text[]"
    return try await connection.query(
      """
      SELECT k.contype = 'f' AND k.confrelid = $3::pg_catalog.oid AND \(names("k.conrelid", "k.conkey")) = $4::pg_catalog.text[]
         AND \(names("k.confrelid", "k.confkey"))
             = CASE WHEN $5::pg_catalog.text[] = '{}' THEN
                 (SELECT \(names("p.conrelid", "p.conkey")) FROM pg_catalog.pg_constraint p
                   WHERE p.conrelid = k.confrelid AND p.contype = 'p') ELSE $5::pg_catalog.text[] END
         AND ARRAY[k.confmatchtype, k.confupdtype, k.confdeltype]::pg_catalog.text[] = $6::pg_catalog.text[]
         AND k.condeferrable = $7::pg_catalog.bool AND k.condeferred = $8::pg_catalog.bool
         AND \(cleared) = $9::pg_catalog.text[]
        FROM pg_catalog.pg_constraint k
       WHERE k.conrelid = pg_catalog.to_regclass($1) AND k.conname = $2
      """,
      [
        table, name, try await connection.relation(referencedTable), ArrayText.encode(columns),
        ArrayText.encode(referencedColumns), ArrayText.encode(codes), String(isDeferrable), String(isDeferred),
        ArrayText.encode(self.cleared),
      ]
    ).first.map { try $0.optionalString(0) == "t" }
  }
}
