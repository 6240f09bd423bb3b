internal import Catalog
internal import Postgres

/// What keeps a job in the database from running as its own role what somebody else wrote.
///
/// To attach or detach a partition PostgreSQL plans queries on the tables around it, and computes what their owners put into checks,
/// indexes and keys. `dbtool partitions` looks at all of that; here the owners have to do.
enum PartitionRunnerTrust {
  /// The condition that a role may have its code run by this session: it could act as the role that has logged in anyway. A session
  /// without rights beyond its tables trusts the database's owner and the role that it acts as, too.
  ///
  /// - Parameter role: an expression, its OID.
  private static func condition(_ role: String) -> String {
    """
    EXISTS (
      SELECT FROM pg_catalog.pg_database d
      CROSS JOIN LATERAL (
        SELECT CASE WHEN \(role) = 'pg_database_owner'::pg_catalog.regrole THEN d.datdba ELSE \(role) END) r (oid)
       WHERE d.datname = pg_catalog.current_database()
         AND (pg_catalog.pg_has_role(r.oid, SESSION_USER, 'USAGE')
              OR r.oid IN (d.datdba, (SELECT u.oid FROM pg_catalog.pg_roles u WHERE u.rolname = CURRENT_USER))
                 AND NOT EXISTS (
                   SELECT FROM pg_catalog.pg_roles s
                    WHERE \(PrivilegedRoles.condition("s", version: "pg_catalog.current_setting('server_version_num')::pg_catalog.int4"))
                      AND pg_catalog.pg_has_role(SESSION_USER, s.oid, 'MEMBER'))))
    """
  }

  /// Statements of PL/pgSQL that end with an error where a stranger owns a table that takes part.
  ///
  /// The window's table has to be locked, so that no foreign key comes to it in between.
  ///
  /// - Parameters:
  ///   - table: an expression, the OID of the window's table.
  ///   - partition: an expression, the OID of the partition that is read: the default one, or the one that leaves. It may be NULL.
  static func refusal(_ table: String, with partition: String) -> String {
    """
    FOR v_saying IN
      WITH RECURSIVE ends (oid) AS (
        SELECT \(partition) WHERE \(partition) IS NOT NULL
        UNION
        SELECT CASE WHEN k.conrelid IN (\(table), \(partition)) THEN k.confrelid ELSE k.conrelid END
          FROM pg_catalog.pg_constraint k
         WHERE k.contype = 'f' AND (k.conrelid IN (\(table), \(partition)) OR k.confrelid IN (\(table), \(partition)))),
      below (oid) AS (
        SELECT e.oid FROM ends e
        UNION SELECT i.inhrelid FROM below b JOIN pg_catalog.pg_inherits i ON i.inhparent = b.oid),
      above (oid) AS (
        SELECT \(table) UNION SELECT e.oid FROM ends e
        UNION SELECT i.inhparent FROM above a JOIN pg_catalog.pg_inherits i ON i.inhrelid = a.oid)
      SELECT pg_catalog.format('%s, or its schema, belongs to %I', c.oid::pg_catalog.regclass, pg_catalog.pg_get_userbyid(o.role))
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       CROSS JOIN LATERAL (VALUES (c.relowner), (n.nspowner)) AS o (role)
       WHERE c.oid IN (SELECT oid FROM below UNION SELECT oid FROM above)
         AND NOT \(condition("o.role"))
    LOOP
      RAISE EXCEPTION '%, whose code would run as %', v_saying, SESSION_USER;
    END LOOP;
    """
  }

  /// What a job runs: it calls a routine of one parameter, the moment, unless somebody else could have put another in its place.
  ///
  /// The argument is of the parameter's very type, so that no other routine of that name is a better match.
  ///
  /// - Parameter call: the statement's first word in PL/pgSQL: `PERFORM` or `CALL`.
  static func command(_ call: String, _ schema: String, _ routine: String) -> String {
    let name = Quote.qualified(schema, routine)
    let body = """
      BEGIN
        PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
        IF EXISTS (
          SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
          CROSS JOIN LATERAL (VALUES (p.proowner), (n.nspowner)) AS o (role)
           WHERE p.oid = pg_catalog.to_regprocedure(\(Quote.literal("\(name)(timestamp with time zone)")))
             AND NOT \(condition("o.role")))
        THEN
          RAISE EXCEPTION USING MESSAGE = \(Quote.literal("\(name), or its schema, belongs to a role whose code would run as "))
              || SESSION_USER,
            HINT = 'Let the owner of the table schedule this job.';
        END IF;
        \(call) \(name)(pg_catalog.now());
      END
      """
    return "DO \(Quote.literal(body))"
  }
}
