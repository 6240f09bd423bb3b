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

  /// Where the secret is kept that signatures are made with; also tells a scratch server's database from others, since
  /// nobody can make it in `pg_catalog`.
  package static let marker = "pg_catalog.dbtool_secret"

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
  /// - Parameter secret: signs statements; only superusers can read it.
  static func setUp(secret: String) -> (cluster: String, database: String) {
    (statements(clusterWide), statements([keep(secret)] + inDatabase))
  }

  /// An empty line after a semicolon ends a statement, also in a function's body.
  private static func statements(_ list: [String]) -> String {
    list.map { $0.replacing("\n\n", with: "\n") + ";\n\n" }.joined()
  }

  private static func keep(_ secret: String) -> String {
    "CREATE TABLE pg_catalog.dbtool_secret AS SELECT \(Quote.literal(secret))::text AS secret"
  }

  private static let clusterWide = [
    "CREATE ROLE \(owner) NOLOGIN BYPASSRLS CREATEROLE",
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
        SELECT name FROM pg_catalog.pg_settings
         WHERE context = 'superuser'
           AND (name IN ('session_replication_role', 'deadlock_timeout', 'lc_messages', 'temp_file_limit',
                         'update_process_title', 'wal_compression', 'compute_query_id', 'commit_delay')
                OR name LIKE 'log\\_%' OR name LIKE 'track\\_%')
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
    CREATE FUNCTION pg_catalog.dbtool_without_triggers() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
      PERFORM pg_catalog.set_config('session_replication_role', 'replica', true);
    END
    $$
    """,
    // Event triggers would fire on what a superuser does, also within an extension's script: they sleep while anybody loads.
    "CREATE TABLE pg_catalog.dbtool_asleep (trigger oid PRIMARY KEY, enabled \"char\" NOT NULL)",
    """
    CREATE FUNCTION pg_catalog.dbtool_sleep() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_event_trigger) THEN RETURN false; END IF;
      INSERT INTO pg_catalog.dbtool_asleep SELECT oid, evtenabled FROM pg_event_trigger WHERE evtenabled <> 'D'
        ON CONFLICT (trigger) DO UPDATE SET enabled = excluded.enabled;
      UPDATE pg_event_trigger SET evtenabled = 'D' WHERE evtenabled <> 'D';
      RETURN true;
    END
    $$
    """,
    asSuperuser,
    "ALTER FUNCTION pg_catalog.dbtool_sleep() OWNER TO \(helper)",
    "ALTER FUNCTION pg_catalog.dbtool_without_triggers() OWNER TO \(helper)",
    "ALTER FUNCTION pg_catalog.dbtool_as_superuser(text, text, text, text, text) OWNER TO \(helper)",
  ]

  /// Carries out a statement that was signed. It evaluates nothing that was loaded: event triggers are asleep meanwhile, names
  /// are looked up where the session looks for them, and everything else here is PostgreSQL's own.
  ///
  /// What the statement has made is given to the owner, as far as PostgreSQL lets it belong to others than superusers.
  private static let asSuperuser = """
    CREATE FUNCTION pg_catalog.dbtool_as_superuser(statement text, kind text, detail text, signature text, path text)
      RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET check_function_bodies = off AS $$
    DECLARE
      made record;
      name text;
      validator regprocedure;
      is_quiet boolean := kind = 'role' AND path = 'pg_catalog';
      is_done_here boolean := kind <> 'member';
    BEGIN
      IF signature IS DISTINCT FROM (
        SELECT encode(sha256(convert_to(
                 format('%s:%s:%s:%s%s', s.secret, kind, octet_length(detail), detail, statement), 'UTF8')), 'hex')
          FROM pg_catalog.dbtool_secret s)
      THEN
        RAISE insufficient_privilege USING MESSAGE = 'must be superuser';
      END IF;
      IF kind = 'owner' AND (SELECT rolsuper FROM pg_authid WHERE rolname = detail) THEN
        RAISE insufficient_privilege USING MESSAGE = format('must be able to SET ROLE %I', detail);
      END IF;

      IF kind = 'setting' AND (lower(detail) LIKE '%preload_libraries' OR lower(detail) IN ('dynamic_library_path', 'role', 'session_authorization'))
      THEN
        RAISE insufficient_privilege USING MESSAGE = format('permission denied to set parameter "%s"', detail);
      END IF;
      PERFORM pg_catalog.dbtool_sleep();
      IF kind = 'event' THEN
        -- These fire for no statement about event triggers, and it says what the trigger is to be.
        UPDATE pg_event_trigger e SET evtenabled = s.enabled FROM pg_catalog.dbtool_asleep s WHERE s.trigger = e.oid;
        DELETE FROM pg_catalog.dbtool_asleep;
      END IF;
      IF kind = 'wrapper' THEN
        -- A superuser would call these to judge options.
        SELECT w.fdwname INTO name FROM pg_foreign_data_wrapper w JOIN pg_proc v ON v.oid = w.fdwvalidator
         WHERE v.prolang NOT IN (SELECT oid FROM pg_language WHERE lanname IN ('internal', 'c'));
        IF FOUND THEN
          RAISE insufficient_privilege USING MESSAGE = format('the validator of the foreign-data wrapper %I is not called in a scratch server', name);
        END IF;
        IF detail <> '' THEN
          PERFORM pg_catalog.set_config('search_path', path, true);
          validator := pg_catalog.to_regprocedure(detail);
          PERFORM pg_catalog.set_config('search_path', 'pg_catalog', true);
          IF EXISTS (SELECT FROM pg_proc v WHERE v.oid = validator
                        AND v.prolang NOT IN (SELECT oid FROM pg_language WHERE lanname IN ('internal', 'c')))
          THEN
            RAISE insufficient_privilege USING MESSAGE = format('the validator %s is not called in a scratch server', validator);
          END IF;
        END IF;
      END IF;

      -- From here to where the path is back, no expression may hold an operator or a name: it would be the loaded one's.
      PERFORM pg_catalog.set_config('search_path', path, true);
      -- A role cannot be set in here; that is done after it.
      IF is_quiet THEN
        -- Another database of the server may be making it at this moment.
        BEGIN EXECUTE statement; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END;
      ELSIF is_done_here THEN
        EXECUTE statement;
      END IF;
      PERFORM pg_catalog.set_config('search_path', 'pg_catalog', true);

      IF kind = 'extension' THEN
        -- Functions in a language that does what it likes can be there, and cannot be called.
        UPDATE pg_language l
           SET lanplcallfoid = 'language_handler_in(cstring)'::regprocedure, laninline = 0, lanvalidator = 0
         WHERE NOT l.lanpltrusted AND l.lanname NOT IN ('internal', 'c')
           AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_language'::regclass AND d.objid = l.oid AND d.deptype = 'e');
      END IF;
      IF kind = 'language' THEN
        SELECT l.lanname INTO name FROM pg_language l
          JOIN pg_proc h ON h.oid = l.lanplcallfoid LEFT JOIN pg_proc v ON v.oid = l.lanvalidator
         WHERE l.oid >= 16384
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_language'::regclass AND d.objid = l.oid AND d.deptype = 'e')
           AND (l.lanpltrusted AND NOT EXISTS (
                  SELECT FROM pg_language t JOIN pg_depend d ON d.classid = 'pg_language'::regclass AND d.objid = t.oid AND d.deptype = 'e'
                   WHERE t.lanpltrusted AND t.lanplcallfoid = h.oid)
                OR v.prolang NOT IN (SELECT oid FROM pg_language WHERE lanname IN ('internal', 'c')));
        IF FOUND THEN
          RAISE insufficient_privilege USING MESSAGE = format('the language %I is not loaded into a scratch server', name),
            DETAIL = 'Its functions could do anything that the server may.';
        END IF;
      END IF;
      IF kind = 'function' THEN
        SELECT f.oid::regprocedure::text INTO name FROM pg_proc f JOIN pg_language l ON l.oid = f.prolang
         WHERE f.oid >= 16384 AND f.pronamespace <> 'pg_catalog'::regnamespace
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.deptype = 'e')
           AND CASE l.lanname
                 -- Another name for a function of PostgreSQL's own must not open one that is not for everybody.
                 WHEN 'internal' THEN NOT EXISTS (
                   SELECT FROM pg_proc b WHERE b.oid < 16384 AND b.prolang = f.prolang AND b.prosrc = f.prosrc
                      AND b.pronargs = f.pronargs AND has_function_privilege('\(owner)', b.oid, 'EXECUTE'))
                 WHEN 'c' THEN f.probin NOT LIKE '$libdir/%' OR f.probin LIKE '%..%'
                 -- Those of extensions cannot be called; others may share what runs a trusted language.
                 ELSE NOT l.lanpltrusted AND NOT EXISTS (
                   SELECT FROM pg_language t JOIN pg_depend d ON d.classid = 'pg_language'::regclass AND d.objid = t.oid AND d.deptype = 'e'
                    WHERE t.oid = l.oid OR t.lanpltrusted AND t.lanplcallfoid = l.lanplcallfoid)
               END;
        IF FOUND THEN
          RAISE insufficient_privilege USING MESSAGE = format('the function %s is not loaded into a scratch server', name),
            DETAIL = 'It could do anything that the server may.';
        END IF;
      END IF;
      IF kind = 'grant' THEN
        -- What initdb and extensions keep from everybody stays so, whatever was granted.
        -- These are few, and each is looked up by its number: there may be thousands of functions, and as many grants.
        FOR made IN
          SELECT i.classoid, i.objoid, i.initprivs FROM pg_init_privs i
           WHERE i.objsubid = 0
             AND CASE i.classoid
                   WHEN 'pg_proc'::regclass THEN (SELECT p.proacl FROM pg_proc p WHERE p.oid = i.objoid) IS DISTINCT FROM i.initprivs
                   WHEN 'pg_class'::regclass THEN (SELECT c.relacl FROM pg_class c WHERE c.oid = i.objoid) IS DISTINCT FROM i.initprivs
                 END
        LOOP
          UPDATE pg_proc SET proacl = made.initprivs WHERE made.classoid = 'pg_proc'::regclass AND oid = made.objoid;
          UPDATE pg_class SET relacl = made.initprivs WHERE made.classoid = 'pg_class'::regclass AND oid = made.objoid;
        END LOOP;
        UPDATE pg_class c SET relacl = NULL WHERE c.oid = 'pg_catalog.dbtool_secret'::regclass AND c.relacl IS NOT NULL;
      END IF;
      IF EXISTS (SELECT FROM pg_namespace n
                  WHERE n.nspname IN ('pg_catalog', 'information_schema', 'pg_toast')
                    AND (n.nspowner <> 10 OR EXISTS (
                      SELECT FROM aclexplode(n.nspacl) x WHERE x.privilege_type = 'CREATE' AND x.grantee <> 10)))
      THEN
        RAISE insufficient_privilege USING MESSAGE = 'what PostgreSQL itself brings is not changed in a scratch server';
      END IF;
      -- A grant makes nothing, and changes no owner. There are as many of them as of functions.
      IF kind = 'grant' THEN RETURN; END IF;
      IF EXISTS (SELECT FROM pg_shdepend s
                  WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
                    AND s.refclassid = 'pg_authid'::regclass AND s.deptype = 'o' AND s.objid < 16384
                    -- What stands here was made in single-user mode, and has such numbers too.
                    AND s.refobjid <> '\(helper)'::regrole
                    AND s.classid <> 'pg_largeobject'::regclass
                    AND NOT (s.classid = 'pg_namespace'::regclass AND s.objid = 2200))
      THEN
        RAISE insufficient_privilege USING MESSAGE = 'what PostgreSQL itself brings is not changed in a scratch server';
      END IF;
      IF EXISTS (SELECT FROM pg_auth_members m JOIN pg_authid g ON g.oid = m.roleid JOIN pg_authid r ON r.oid = m.member
                  WHERE g.rolsuper AND NOT r.rolsuper)
      THEN
        RAISE insufficient_privilege USING MESSAGE = 'must be superuser';
      END IF;
      IF kind = 'role' THEN
        UPDATE pg_authid SET rolsuper = false, rolreplication = false
         WHERE (rolsuper OR rolreplication) AND rolname NOT IN ('\(ScratchServer.superuser)', '\(helper)');
      END IF;
      IF kind IN ('owner', 'member', 'role') AND detail <> '' THEN
        IF EXISTS (SELECT FROM pg_authid WHERE rolname = detail AND NOT rolsuper AND rolname <> '\(owner)')
           AND NOT pg_has_role('\(owner)', detail, 'MEMBER')
        THEN
          EXECUTE format('GRANT %I TO \(owner)', detail);
        END IF;
      END IF;

      FOR made IN
        SELECT a.type, a.identity
          FROM pg_shdepend s CROSS JOIN LATERAL pg_identify_object(s.classid, s.objid, s.objsubid) a
         WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = '\(helper)'::regrole AND s.deptype = 'o'
           AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
           AND s.classid NOT IN ('pg_extension'::regclass, 'pg_event_trigger'::regclass,
                                 'pg_foreign_data_wrapper'::regclass, 'pg_subscription'::regclass)
           AND a.schema IS DISTINCT FROM 'pg_catalog'
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = s.classid AND d.objid = s.objid AND d.deptype = 'e')
           -- Those of all tables, or of schemas, belong to superusers.
           AND s.classid <> 'pg_publication'::regclass
           -- A shell is filled by whoever made it.
           AND NOT EXISTS (SELECT FROM pg_type t WHERE s.classid = 'pg_type'::regclass AND t.oid = s.objid AND NOT t.typisdefined)
      LOOP
        EXECUTE format('ALTER %s %s OWNER TO \(owner)', made.type, made.identity);
      END LOOP;
      -- One that this has made or changed.
      PERFORM pg_catalog.dbtool_sleep();
    END
    $$
    """

  /// A call that carries out one statement with a superuser's rights.
  static func signed(_ sql: String, _ right: SuperuserStatement, secret: String) -> String {
    let (kind, detail) = (right.kind.rawValue, right.detail)
    let signature = Digest(of: "\(secret):\(kind):\(detail.utf8.count):\(detail)\(sql)").description
    let arguments = [sql, kind, detail, signature].map { Quote.literal($0) }.joined(separator: ", ")
    let path = right.hasOwnPath ? "'pg_catalog'" : "pg_catalog.current_setting('search_path')"
    return "SELECT pg_catalog.dbtool_as_superuser(\(arguments), \(path))"
  }

  /// A new secret.
  static func newSecret() -> String {
    Digest(bytes: (0..<32).map { _ in UInt8.random(in: .min ... .max) }).description
  }
}
