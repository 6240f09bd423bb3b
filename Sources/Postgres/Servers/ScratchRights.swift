internal import FoundationEssentials

/// Who does what in a scratch server.
///
/// What is loaded was written by others, so it is loaded without a superuser's rights: by a role for each database, which
/// acts as `dbtool_owner`. The few statements that PostgreSQL lets none but a superuser carry out go through
/// `pg_catalog.dbtool_as_superuser`, which takes those alone that dbtool has signed, one by one (`SuperuserStatement`).
///
/// PostgreSQL: chapter 22 "Database Roles", section 38.5 on `SECURITY DEFINER`.
package enum ScratchRights {
  /// Owns what is loaded. It may read past row level security, as a superuser does, and make roles.
  package static let owner = "dbtool_owner"
  /// Carries out what is signed. Not the superuser that `initdb` makes, so that what it has made can be told apart.
  static let helper = "dbtool_helper"

  /// The roles that stand for the owner of a database in a scratch server.
  package static let owners: Set<String> = [ScratchServer.superuser, owner, helper]

  /// Tells a scratch server's database from others, since nobody can make it in `pg_catalog`.
  package static let marker = "pg_catalog.dbtool_scratch"

  /// Gives a server that was just started the secret that signatures are made with, and reads it: as the password of a role
  /// that cannot log in, which is shared by all databases, and which only superusers can read.
  static func secret(of admin: Connection, isOwn: Bool) async throws -> String {
    let fresh = Digest(bytes: (0..<32).map { _ in UInt8.random(in: .min ... .max) }).description
    let secret = try await admin.query(
      """
      WITH kept AS (SELECT rolpassword FROM pg_catalog.pg_authid WHERE rolname = '\(helper)' AND rolpassword IS NOT NULL),
           given AS (UPDATE pg_catalog.pg_authid SET rolpassword = $1
                      WHERE rolname = '\(helper)' AND NOT EXISTS (SELECT FROM kept) RETURNING rolpassword)
      SELECT rolpassword FROM kept UNION ALL SELECT rolpassword FROM given
      """, [fresh])[0].string(0)
    // On a server that others use at the same time, nobody makes roles but by statements that are looked at: before version
    // 16 whoever may make roles may change everybody's.
    if isOwn { try await admin.execute("ALTER ROLE \(owner) CREATEROLE") }
    return secret
  }

  /// Between these two, in one transaction of a superuser, the owner is a superuser as well: so are made what a hosting
  /// platform brings, in the words of the project's own declarations. Nobody else ever sees it, since the change is never
  /// committed; whoever else wants to do that waits.
  package static let asOwner = (
    begin: """
    LOCK TABLE pg_catalog.pg_authid IN SHARE ROW EXCLUSIVE MODE;
    ALTER ROLE \(owner) SUPERUSER; SET LOCAL ROLE \(owner);
    """,
    end: """
    RESET ROLE; ALTER ROLE \(owner) NOSUPERUSER;
    DO $$
    DECLARE
      role text;
    BEGIN
      FOR role IN
        SELECT rolname FROM pg_catalog.pg_roles
         WHERE NOT rolsuper AND rolname !~ '^(pg_|scratch_)' AND rolname <> '\(owner)'
           AND NOT pg_catalog.pg_has_role('\(owner)', oid, 'MEMBER')
      LOOP
        EXECUTE pg_catalog.format('GRANT %I TO \(owner)', role);
      END LOOP;
    END
    $$;
    """
  )

  /// Has event triggers be what they were declared as.
  static let wake = """
    UPDATE pg_catalog.pg_event_trigger e SET evtenabled = s.enabled FROM pg_catalog.dbtool_asleep s WHERE s.trigger = e.oid;
    DELETE FROM pg_catalog.dbtool_asleep
    """

  /// What a cluster is given once, in single-user mode: statements that end with a semicolon and an empty line.
  ///
  static var setUp: (cluster: String, database: String) { (statements(clusterWide), statements(inDatabase)) }

  /// An empty line after a semicolon ends a statement, also in a function's body.
  private static func statements(_ list: [String]) -> String {
    list.map { $0.replacing("\n\n", with: "\n") + ";\n\n" }.joined()
  }

  private static let clusterWide = [
    "CREATE ROLE \(owner) NOLOGIN BYPASSRLS",
    "CREATE ROLE \(helper) NOLOGIN SUPERUSER",
    // Before version 16 whoever may make roles may also become a member of those that read files and run programs on the
    // server. Here the names are there and give nothing: PostgreSQL knows these roles by their numbers.
    """
    DO $$
    DECLARE
      role record;
    BEGIN
      FOR role IN
        SELECT oid FROM pg_catalog.pg_authid
         WHERE rolname LIKE 'pg\\_%' AND rolname <> 'pg_database_owner'
      LOOP
        UPDATE pg_catalog.pg_authid SET oid = role.oid::bigint + 5000 WHERE oid = role.oid;
        UPDATE pg_catalog.pg_auth_members SET roleid = role.oid::bigint + 5000 WHERE roleid = role.oid;
        UPDATE pg_catalog.pg_auth_members SET member = role.oid::bigint + 5000 WHERE member = role.oid;
      END LOOP;
    END
    $$
    """,
    // What a role may set that is no superuser, from version 15 on: what neither loads code nor opens anything.
    """
    DO $$
    DECLARE
      parameter text;
    BEGIN
      IF current_setting('server_version_num')::int < 150000 THEN RETURN; END IF;
      FOR parameter IN
        SELECT s.name FROM pg_catalog.pg_settings s WHERE s.context = 'superuser' AND \(harmless)
      LOOP
        EXECUTE format('GRANT SET ON PARAMETER %I TO \(owner)', parameter);
      END LOOP;
    END
    $$
    """,
    // From version 16 on a role is given by those alone who may administer it.
    """
    DO $$
    DECLARE
      role text;
    BEGIN
      IF current_setting('server_version_num')::int < 160000 THEN RETURN; END IF;
      FOR role IN SELECT rolname FROM pg_catalog.pg_authid WHERE rolname LIKE 'pg\\_%' AND rolname <> 'pg_database_owner'
      LOOP
        EXECUTE format('GRANT %I TO \(owner) WITH ADMIN TRUE, INHERIT FALSE, SET FALSE', role);
      END LOOP;
    END
    $$
    """,
  ]

  private static let inDatabase = [
    "CREATE TABLE \(marker) ()",
    // What initdb gave on information_schema is noted nowhere, as it is for pg_catalog.
    """
    INSERT INTO pg_catalog.pg_init_privs
    SELECT c.oid, c.tableoid, 0, 'i', c.relacl FROM pg_catalog.pg_class c
     WHERE c.relacl IS NOT NULL
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_init_privs i
                        WHERE i.classoid = c.tableoid AND i.objoid = c.oid AND i.objsubid = 0)
    """,
    // Before version 15 the schema belongs to the superuser.
    """
    DO $$
    BEGIN
      IF current_setting('server_version_num')::int < 150000 THEN ALTER SCHEMA public OWNER TO \(owner); END IF;
    END
    $$
    """,
    // The triggers of tables do not see rows that a proof puts there.
    """
    CREATE FUNCTION pg_catalog.dbtool_without_triggers() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
      SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
      PERFORM pg_catalog.set_config('session_replication_role', 'replica', true);
    END
    $$
    """,
    // Event triggers would fire on what a superuser does, also within an extension's script: they sleep while anybody loads.
    "CREATE TABLE pg_catalog.dbtool_asleep (trigger oid PRIMARY KEY, enabled \"char\" NOT NULL)",
    """
    CREATE FUNCTION pg_catalog.dbtool_sleep() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
      SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_event_trigger) THEN RETURN false; END IF;
      INSERT INTO pg_catalog.dbtool_asleep SELECT oid, evtenabled FROM pg_event_trigger WHERE evtenabled <> 'D'
        ON CONFLICT (trigger) DO UPDATE SET enabled = excluded.enabled;
      UPDATE pg_event_trigger SET evtenabled = 'D' WHERE evtenabled <> 'D';
      RETURN true;
    END
    $$
    """,
    // Whose number tells what a statement has written.
    "CREATE TABLE pg_catalog.dbtool_turn ()",
    foundByScript,
    asSuperuser,
    "ALTER FUNCTION pg_catalog.dbtool_found_by_script(text, text, text) OWNER TO \(helper)",
    "ALTER FUNCTION pg_catalog.dbtool_sleep() OWNER TO \(helper)",
    "ALTER FUNCTION pg_catalog.dbtool_without_triggers() OWNER TO \(helper)",
    "ALTER FUNCTION pg_catalog.dbtool_as_superuser(text, text, text, text, text) OWNER TO \(helper)",
  ]
}
