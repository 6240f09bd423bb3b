internal import Catalog
internal import Postgres

/// Whose the function is that keeps a copy the same.
extension TableReplica {
  /// Gives the function to whom the table belongs, with the rights that it needs, where a superuser applies this, or a role that reaches
  /// as far: it reads the table whenever the owner writes to it, with what he has made an index or statistics compute. Partitions of
  /// other roles are refused.
  var handOver: String {
    let tables = Quote.insideFormat((isCertain ? [new] : [new, refused]).joined(separator: ", "))
    let body = """
      DECLARE
        v_owner name := (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = \(Quote.literal(name))::regclass);
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
        IF v_owner <> current_user
           AND NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = v_owner)
           AND EXISTS (
             SELECT FROM pg_roles r
              WHERE pg_has_role(current_user, r.oid, 'MEMBER')
                AND \(PrivilegedRoles.condition("r", version: "current_setting('server_version_num')::integer").indented(16))) THEN
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
}
