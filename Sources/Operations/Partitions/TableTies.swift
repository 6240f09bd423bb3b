internal import Migrations
internal import Postgres

/// What foreign keys tie a partitioned table to, and whose that is.
///
/// When a partition is attached, or leaves, PostgreSQL looks for rows that break a foreign key: by a query that it plans with the
/// rights of whoever attaches or detaches. What is constant in the indexes and statistics of the other table is computed then, and its
/// owner wrote that.
enum TableTies {
  /// A table at the other end of a foreign key, whose owner's code must not run here; or who could make one.
  struct Stranger {
    /// In words.
    var what: String
    var owner: String
  }

  // MARK: Tables that it refers to

  /// The foreign keys of a table, as constraints of CREATE TABLE.
  ///
  /// What has them from the start is not looked at when it is attached (documentation, section 5.11.2.2, and "ALTER TABLE", ATTACH
  /// PARTITION).
  ///
  /// - Parameter parent: as SQL names it.
  /// - Throws: `PostgresError`.
  static func definitions(of parent: String, _ connection: Connection) async throws -> [String] {
    try await connection.query(
      """
      SELECT pg_catalog.format('CONSTRAINT %I %s', k.conname, pg_catalog.pg_get_constraintdef(k.oid))
        FROM pg_catalog.pg_constraint k
       WHERE k.conrelid = pg_catalog.to_regclass($1) AND \(isWhole)
         -- Otherwise they come when it is attached.
         AND pg_catalog.has_schema_privilege((SELECT c.relnamespace FROM pg_catalog.pg_class c WHERE c.oid = k.confrelid), 'USAGE')
         AND (SELECT pg_catalog.bool_and(pg_catalog.has_column_privilege(k.confrelid, u.number, 'REFERENCES'))
                FROM pg_catalog.unnest(k.confkey) u (number))
       ORDER BY k.conname
      """, [parent]
    ).map { try $0.string(0) }
  }

  /// A table of a stranger's that a foreign key of a table refers to, of which PostgreSQL would not take a foreign key of the new partition for
  /// its part: it goes by the operators, which depend on the indexes that the other table has.
  ///
  /// - Parameter partition: what is to be attached; nil where it is to be made, and has none.
  /// - Throws: `PostgresError`.
  static func referred(
    by parent: String, partition: String? = nil, _ connection: Connection
  ) async throws -> Stranger? {
    func columns(_ constraint: String) -> String {
      "ARRAY(SELECT a.attname FROM pg_catalog.unnest(\(constraint).conkey) WITH ORDINALITY u (number, place) "
        + "JOIN pg_catalog.pg_attribute a ON a.attrelid = \(constraint).conrelid AND a.attnum = u.number ORDER BY u.place)"
    }
    let version = await connection.serverVersion
    let row = try await connection.query(
      """
      SELECT pg_catalog.format('what the indexes of the table %s compute, to which the foreign key %I refers', c.oid::regclass, k.conname),
             pg_catalog.pg_get_userbyid(c.relowner)
        FROM pg_catalog.pg_constraint k
        CROSS JOIN LATERAL (SELECT k.confrelid UNION SELECT t.relid FROM pg_catalog.pg_partition_tree(k.confrelid) t) o (oid)
        JOIN pg_catalog.pg_class c ON c.oid = o.oid
       WHERE k.conrelid = pg_catalog.to_regclass($1) AND \(isWhole)
         AND NOT \(TrustedRoles.conditionOfCode("c.relowner", version))
         AND NOT EXISTS (
           SELECT FROM pg_catalog.pg_constraint p
            WHERE p.conrelid = pg_catalog.to_regclass($2) AND p.contype = 'f' AND p.conparentid = 0 AND p.convalidated
              AND (p.confrelid, p.confkey, p.conpfeqop, p.conppeqop, p.conffeqop, p.confupdtype, p.confdeltype, p.confmatchtype,
                   p.condeferrable, p.condeferred) =
                  (k.confrelid, k.confkey, k.conpfeqop, k.conppeqop, k.conffeqop, k.confupdtype, k.confdeltype, k.confmatchtype,
                   k.condeferrable, k.condeferred)
              AND \(columns("p")) = \(columns("k")))
       ORDER BY 1 LIMIT 1
      """, [parent, partition]
    ).first
    return try row.map { Stranger(what: try $0.string(0), owner: try $0.string(1)) }
  }

  /// Makes sure that a new partition refers to the tables that its table refers to, and not to others that have come to their names.
  ///
  /// - Throws: `PartitionError.elsewhere`; `PostgresError`.
  static func checkReferences(of partition: String, in parent: String, _ connection: Connection) async throws {
    let others = try await connection.query(
      """
      SELECT DISTINCT k.confrelid::regclass::text FROM pg_catalog.pg_constraint k
       WHERE k.contype = 'f' AND k.conrelid = pg_catalog.to_regclass($1)
         AND k.confrelid NOT IN (SELECT p.confrelid FROM pg_catalog.pg_constraint p
                                  WHERE p.contype = 'f' AND p.conrelid = pg_catalog.to_regclass($2)) LIMIT 1
      """, [partition, parent])
    if let other = try others.first?.string(0) {
      throw PartitionError.elsewhere("the table to which \(parent) refers as \(other)")
    }
  }

  /// The condition that a constraint `k` is a foreign key as somebody has made it: one to a partitioned table has one more to each of its
  /// partitions.
  private static let isWhole = """
    k.contype = 'f'
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint u WHERE u.oid = k.conparentid AND u.conrelid = k.conrelid)
    """

  // MARK: Tables that refer to it

  /// Tables that refer to one of two tables, or to partitions of these, in words.
  ///
  /// - Throws: `PostgresError`.
  static func references(to table: String, _ other: String, _ connection: Connection) async throws -> [String] {
    try await connection.query(
      """
      WITH RECURSIVE \(family)
      SELECT DISTINCT r.oid::regclass::text FROM referring r ORDER BY 1
      """, [table, other]
    ).map { try $0.string(0) }
  }

  /// Whoever owns a table that refers to one, or could make one that does; and whoever owns the tables themselves.
  ///
  /// - Returns: those that refer to it first.
  /// - Throws: `PostgresError`.
  static func strangers(
    around parent: String, _ partition: String, _ connection: Connection
  ) async throws -> (referring: Stranger?, isAny: Bool) {
    let version = await connection.serverVersion
    let rows = try await connection.query(
      """
      WITH RECURSIVE \(family),
      grantees (role) AS (
        SELECT x.grantee FROM line l JOIN pg_catalog.pg_class c USING (oid) CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) x
         WHERE x.privilege_type = 'REFERENCES'
        UNION
        SELECT x.grantee FROM line l JOIN pg_catalog.pg_attribute a ON a.attrelid = l.oid
         CROSS JOIN LATERAL pg_catalog.aclexplode(a.attacl) x WHERE x.privilege_type = 'REFERENCES'),
      roles (rank, what, role) AS (
        SELECT 0, pg_catalog.format('what the table %s computes, which refers to it by a foreign key', r.oid::regclass), r.relowner
          FROM referring r
        UNION
        SELECT 1, '', c.relowner FROM line l JOIN pg_catalog.pg_class c USING (oid)
        UNION
        -- Platforms grant all there is to roles that cannot make a table.
        SELECT 1, '', m.oid FROM grantees g
          JOIN pg_catalog.pg_roles m ON g.role = 0 OR m.oid = g.role OR pg_catalog.pg_has_role(m.oid, g.role, 'MEMBER')
         WHERE pg_catalog.has_database_privilege(m.oid, pg_catalog.current_database(), 'CREATE')
            OR EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE pg_catalog.has_schema_privilege(m.oid, n.oid, 'CREATE'))
            OR EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relowner = m.oid AND c.relkind IN ('r', 'p')))
      SELECT r.rank, r.what, pg_catalog.pg_get_userbyid(r.role) FROM roles r
       WHERE NOT \(TrustedRoles.conditionOfCode("r.role", version)) ORDER BY 1, 2 LIMIT 1
      """, [parent, partition])
    guard let row = rows.first else { return (nil, false) }
    let isReferring = try row.int(0) == 0
    return (isReferring ? Stranger(what: try row.string(1), owner: try row.string(2)) : nil, true)
  }

  /// Two tables with those above and below them, and the tables that refer to any of these, with their partitions.
  private static let family = """
    below (oid) AS (
      SELECT pg_catalog.to_regclass(u.name)::pg_catalog.oid FROM pg_catalog.unnest(ARRAY[$1, $2]) AS u (name)
      UNION SELECT i.inhrelid FROM below b JOIN pg_catalog.pg_inherits i ON i.inhparent = b.oid),
    line (oid) AS (
      SELECT b.oid FROM below b
      UNION SELECT i.inhparent FROM line l JOIN pg_catalog.pg_inherits i ON i.inhrelid = l.oid),
    referring (oid, relowner) AS (
      SELECT k.conrelid, c.relowner FROM line l JOIN pg_catalog.pg_constraint k ON k.confrelid = l.oid AND k.contype = 'f'
        JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
      UNION
      SELECT i.inhrelid, c.relowner FROM referring r JOIN pg_catalog.pg_inherits i ON i.inhparent = r.oid
        JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid)
    """
}

extension TableTies.Stranger {
  var error: PartitionError { .stranger(what, owner: owner) }
}
