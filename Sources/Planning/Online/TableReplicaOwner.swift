internal import Catalog
internal import Postgres

/// Whose the function is that keeps a copy the same.
extension TableReplica {
  /// Gives the function to whom the table belongs, with the rights that it needs, unless that role could act as whoever applies this: it
  /// reads the table whenever somebody writes to it, with what its owner has made an index or statistics compute. Partitions of
  /// other roles are refused, and so is a schema of somebody else, who could put another table where this one is.
  var handOver: String {
    let schemas = Set(key.map(\.operatorSchema)).subtracting(["pg_catalog"]).sorted().map(Quote.literal).joined(
      separator: ", ")
    let columns = key.map { Quote.literal($0.name) }.joined(separator: ", ")
    let tables = Quote.insideFormat((isCertain ? [new] : [new, refused]).joined(separator: ", "))
    let body = """
      DECLARE
        v_owner name := (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = \(Quote.literal(name))::regclass);
        v_role name;
        v_saying text;
      BEGIN
        SELECT concat(c.oid::regclass, ' belongs to ', pg_get_userbyid(c.relowner)) INTO v_saying
          FROM pg_partition_tree(\(Quote.literal(name))) t JOIN pg_class c ON c.oid = t.relid
         WHERE pg_get_userbyid(c.relowner) NOT IN (v_owner, current_user)
           AND NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.oid = c.relowner);
        IF FOUND THEN
          RAISE EXCEPTION USING
            MESSAGE = concat(v_saying, ', and its table ', \(Quote.literal(name)), ' to ', v_owner),
            HINT = 'What its owner makes an index of it compute would run with the rights of the owner of the table.';
        END IF;
        -- A superuser can act as everybody.
        v_role := CASE WHEN pg_has_role(v_owner, current_user, 'USAGE') THEN current_user ELSE v_owner END;
        SELECT concat('the schema ', n.nspname, ' belongs to ', pg_get_userbyid(o.role)) INTO v_saying
          FROM pg_class c JOIN pg_database d ON d.datname = current_database()
          JOIN pg_namespace n ON n.oid = c.relnamespace OR n.nspname = ANY (ARRAY[\(schemas)]::name[])
            OR n.oid IN (SELECT t.typnamespace FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                          WHERE a.attrelid = c.oid AND quote_ident(a.attname) = ANY (ARRAY[\(columns)]) AND t.oid >= 16384)
         CROSS JOIN LATERAL (
           SELECT CASE WHEN n.nspowner = 'pg_database_owner'::regrole THEN d.datdba ELSE n.nspowner END) o (role)
         WHERE c.oid = \(Quote.literal(name))::regclass AND NOT pg_has_role(o.role, v_role, 'USAGE')
           AND (o.role <> d.datdba OR \(reachesBeyondTables("v_role").indented(12)));
        IF FOUND THEN
          RAISE EXCEPTION USING
            MESSAGE = concat(v_saying, ', and its table ', \(Quote.literal(name)), ' is followed with the rights of ', v_role),
            HINT = 'Whoever owns the schema of the table, or of its key''s types and operators, could put others there. '
                || 'Apply as the owner of both, or give one to the other''s.';
        END IF;
        IF v_role <> current_user THEN
          IF EXISTS (SELECT FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
                      WHERE c.oid = \(Quote.literal(name))::regclass AND c.relforcerowsecurity AND NOT r.rolbypassrls) THEN
            RAISE EXCEPTION USING
              MESSAGE = concat('policies of ', \(Quote.literal(name)), ' hide rows from its owner ', v_owner, ' too'),
              HINT = 'Take FORCE ROW LEVEL SECURITY away until it is converted.';
          END IF;
          FOREACH v_saying IN ARRAY ARRAY[
            \(Quote.literal("GRANT USAGE, CREATE ON SCHEMA \(Self.newSchema) TO %I")),
            \(Quote.literal("GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON \(tables) TO %I")),
            \(Quote.literal("ALTER FUNCTION \(Quote.insideFormat(function))() OWNER TO %I")),
            \(Quote.literal("REVOKE CREATE ON SCHEMA \(Self.newSchema) FROM %I"))]
          LOOP
            EXECUTE format(v_saying, v_owner);
          END LOOP;
        END IF;
      END
      """
    return OwnBlock.sql(body)
  }

  /// Refuses a `search_path` in which somebody who could not act as the function's owner could create what it would find.
  var trustedPath: String {
    let message = ", where functions that \(name) calls look up names. What they find would run with the rights of "
    let hint =
      "Take that right back (REVOKE CREATE ON SCHEMA … FROM …), or give these functions a search_path of their own."
    return OwnBlock.sql(
      """
      DECLARE
        v_owner name := (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = \(Quote.literal(name))::regclass);
        v_role name := CASE WHEN pg_has_role(v_owner, current_user, 'USAGE') THEN current_user ELSE v_owner END;
        v_found record;
      BEGIN
        SELECT n.nspname, CASE h.role WHEN 0 THEN 'everybody' ELSE pg_get_userbyid(h.role) END AS who INTO v_found
          FROM pg_namespace n JOIN pg_database d ON d.datname = current_database() CROSS JOIN LATERAL (
            SELECT CASE WHEN g.role = 'pg_database_owner'::regrole THEN d.datdba ELSE g.role END
              FROM (SELECT n.nspowner UNION
                    SELECT x.grantee FROM aclexplode(n.nspacl) x WHERE x.privilege_type = 'CREATE') g (role)) h (role)
         WHERE n.nspname = ANY (ARRAY[\(searchPath.map(Quote.literal).joined(separator: ", "))])
           AND CASE WHEN h.role = 0 THEN true
                    WHEN pg_has_role(h.role, v_role, 'MEMBER') THEN false
                    ELSE h.role <> d.datdba OR \(reachesBeyondTables("v_role").indented(15)) END
         LIMIT 1;
        IF FOUND THEN
          RAISE EXCEPTION USING
            MESSAGE = concat(v_found.who, ' may create objects in the schema ', v_found.nspname, \(Quote.literal(message)),
                             v_role),
            HINT = \(Quote.literal(hint));
        END IF;
      END
      """)
  }

  /// Whether a role has rights that the owners of databases and tables have not.
  private func reachesBeyondTables(_ role: String) -> String {
    """
    EXISTS (
      SELECT FROM pg_roles r
       WHERE pg_has_role(\(role), r.oid, 'MEMBER')
         AND \(PrivilegedRoles.condition("r", version: "current_setting('server_version_num')::integer").indented(5)))
    """
  }
}
