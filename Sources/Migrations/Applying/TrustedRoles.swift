internal import Catalog
package import Postgres

/// Whose functions dbtool lets run with the rights of whoever is connected: the same roles that `HistoryGuard` trusts.
package enum TrustedRoles {
  /// The condition that a role is trusted.
  ///
  /// - Parameter role: an expression, its OID.
  package static func condition(_ role: String, _ version: ServerVersion) -> String {
    """
    EXISTS (SELECT FROM pg_catalog.pg_roles b
             WHERE (b.rolsuper OR b.rolname IN (CURRENT_USER, SESSION_USER, 'pg_database_owner')
                    OR b.oid = (SELECT d.datdba FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))
               AND (b.oid = \(role) OR \(actsAs(role, "b.oid", version))))
    """
  }

  /// The condition that what a role wrote may run with the rights of whoever is connected. A database's owner is no superuser, and
  /// becomes none by a superuser's run: one server has databases of several. The same holds for other roles that reach beyond databases.
  package static func conditionOfCode(_ role: String, _ version: ServerVersion) -> String {
    """
    (\(condition(role, version))
     -- Whoever has logged in has all that the session has.
     AND (\(role) = (SELECT l.oid FROM pg_catalog.pg_roles l WHERE l.rolname = SESSION_USER)
          OR NOT EXISTS (SELECT FROM pg_catalog.pg_roles s
                       WHERE \(PrivilegedRoles.condition("s", version: "\(version.major)0000")) AND \(isMember("s.oid"))
                         AND s.oid <> \(role) AND NOT \(actsAs(role, "s.oid", version)))
          OR EXISTS (SELECT FROM pg_catalog.pg_roles b
                      WHERE b.rolsuper AND (b.oid = \(role) OR \(actsAs(role, "b.oid", version))))))
    """
  }

  /// Who owns a schema: PostgreSQL's `public` belongs to whoever owns the database, since version 15.
  ///
  /// - Parameter schema: the alias of its row in `pg_namespace`.
  /// - Returns: an expression, an OID.
  package static func owner(ofSchema schema: String) -> String {
    """
    CASE WHEN \(schema).nspowner = 'pg_database_owner'::pg_catalog.regrole
         THEN (SELECT w.datdba FROM pg_catalog.pg_database w WHERE w.datname = pg_catalog.current_database())
         ELSE \(schema).nspowner END
    """
  }

  /// Whether the session has rights that the owners of databases and tables have not.
  ///
  /// - Throws: `PostgresError`.
  package static func isPrivileged(_ connection: Connection) async throws -> Bool {
    let version = await connection.serverVersion
    return try await !connection.query(
      """
      SELECT FROM pg_catalog.pg_roles s
       WHERE pg_catalog.pg_has_role(SESSION_USER, s.oid, 'MEMBER')
         AND \(PrivilegedRoles.condition("s", version: "\(version.major)0000")) LIMIT 1
      """
    ).isEmpty
  }

  /// What a type is made of: a domain's base, an array's elements, a range's bounds, a multirange's ranges, a composite's attributes.
  ///
  /// - Parameter type: the alias of its row in `pg_type`.
  /// - Returns: a query of OIDs, some of them 0.
  package static func parts(ofType type: String) -> String {
    """
    SELECT \(type).typbasetype UNION ALL SELECT \(type).typelem
    UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE \(type).oid IN (r.rngtypid, r.rngmultitypid)
    UNION ALL SELECT r.rngtypid FROM pg_catalog.pg_range r WHERE \(type).oid = r.rngmultitypid
    UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
               WHERE a.attrelid = \(type).typrelid AND a.attnum > 0 AND NOT a.attisdropped
    """
  }

  /// The condition that a type is PostgreSQL's, or belongs to roles whose code may run here, as do its schema and what it is made of: its
  /// owner may make casts of it, and the schema's owner another type of its name.
  ///
  /// - Parameter type: an expression, its OID.
  package static func condition(ofType type: String, _ version: ServerVersion) -> String {
    """
    NOT EXISTS (
      WITH RECURSIVE types (oid) AS (
        SELECT \(type)
        UNION
        SELECT v.oid FROM types o JOIN pg_catalog.pg_type t USING (oid) CROSS JOIN LATERAL (\(parts(ofType: "t"))) v (oid)
         WHERE v.oid >= 16384 OR t.oid >= 16384)
      SELECT FROM types o JOIN pg_catalog.pg_type t USING (oid) JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
       WHERE t.oid >= 16384 AND NOT (\(conditionOfCode("t.typowner", version)) AND \(conditionOfCode("(\(owner(ofSchema: "n")))", version))))
    """
  }

  /// Whether a table, its partitions and its children belong to roles whose code may run here (`conditionOfCode`).
  ///
  /// - Parameter table: as SQL names it.
  /// - Throws: `PostgresError`.
  package static func owns(_ table: String, _ connection: Connection) async throws -> Bool {
    let trusted = conditionOfCode("c.relowner", await connection.serverVersion)
    return try await connection.query(
      """
      WITH RECURSIVE tree (oid) AS (
        SELECT pg_catalog.to_regclass($1)::pg_catalog.oid
        UNION SELECT i.inhrelid FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid)
      SELECT pg_catalog.to_regclass($1) IS NOT NULL AND NOT EXISTS (
        SELECT FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid WHERE NOT \(trusted))
      """, [table])[0].bool(0)
  }

  /// The superuser that a session can act as: itself, what it acts as, or what code that it runs could say `SET ROLE` to.
  ///
  /// - Returns: a query of its name, `none` where that is the role that has logged in; no row where there is none.
  static func superuserOfSession(_ version: ServerVersion) -> String {
    """
    SELECT CASE WHEN s.rolname = SESSION_USER THEN 'none' ELSE s.rolname::pg_catalog.text END FROM pg_catalog.pg_roles s
     WHERE s.rolsuper AND \(isWithin("s.oid", version))
     ORDER BY s.rolname = SESSION_USER DESC, s.rolname = CURRENT_USER DESC, s.oid LIMIT 1
    """
  }

  /// The condition that the session has a role's rights, or could come by them: since version 16 a membership may be without `SET`, and
  /// inherit all the same; one `WITH ADMIN` gives itself the rest.
  private static func isMember(_ role: String) -> String {
    "(pg_catalog.pg_has_role(SESSION_USER, \(role), 'MEMBER') "
      + "OR \(role) = (SELECT u.oid FROM pg_catalog.pg_roles u WHERE u.rolname = CURRENT_USER))"
  }

  /// The condition that the session can act as a role. A superuser can as every other.
  private static func isWithin(_ role: String, _ version: ServerVersion) -> String {
    "(pg_catalog.pg_has_role(SESSION_USER, \(role), '\(version.major >= 16 ? "SET" : "MEMBER")') "
      + "OR \(role) = (SELECT u.oid FROM pg_catalog.pg_roles u WHERE u.rolname = CURRENT_USER))"
  }

  /// The condition that a role can act as another. Since PostgreSQL 16 a membership may give no rights.
  package static func actsAs(_ role: String, _ other: String, _ version: ServerVersion) -> String {
    version.major >= 16
      ? "(pg_catalog.pg_has_role(\(role), \(other), 'USAGE') OR pg_catalog.pg_has_role(\(role), \(other), 'SET'))"
      : "pg_catalog.pg_has_role(\(role), \(other), 'MEMBER')"
  }
}
