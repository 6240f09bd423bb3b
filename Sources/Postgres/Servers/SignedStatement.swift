/// A statement that a superuser carries out in a scratch server.
extension ScratchRights {
  /// Carries out a statement that was signed. It evaluates nothing that was loaded: the statement holds no expression
  /// (`SuperuserStatement`), event triggers are asleep meanwhile, names are looked up where the session looks for them, and
  /// everything else here is PostgreSQL's own: temporary relations come last.
  ///
  /// What the statement has made is given to the owner, as far as PostgreSQL lets it belong to others than superusers. The
  /// languages internal, C and SQL have the numbers 12, 13 and 14, whatever they are called.
  static let asSuperuser = """
    CREATE FUNCTION pg_catalog.dbtool_as_superuser(statement text, kind text, detail text, signature text, path text)
      RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
      SET search_path = pg_catalog, pg_temp SET check_function_bodies = off SET standard_conforming_strings = on AS $$
    DECLARE
      made record;
      undone integer := 0;
      name text;
      parts text[];
      known jsonb;
      began xid;
      written oid[];
      is_extension boolean := kind IN ('extension', 'available extension', 'updated extension');
      is_quiet boolean := kind = 'role' AND path = 'pg_catalog';
      is_done_here boolean := kind NOT IN ('member', 'event owner');
    BEGIN
      IF signature IS DISTINCT FROM (
        SELECT encode(sha256(convert_to(
                 format('%s:%s:%s:%s%s', h.rolpassword, kind, octet_length(detail), detail, statement), 'UTF8')), 'hex')
          FROM pg_authid h WHERE h.rolname = '\(helper)')
      THEN
        RAISE insufficient_privilege USING MESSAGE = 'must be superuser';
      END IF;
      IF kind = 'owner' AND (SELECT rolsuper FROM pg_authid WHERE rolname = detail) THEN
        RAISE insufficient_privilege USING MESSAGE = format('must be able to SET ROLE %I', detail);
      END IF;
      IF kind = 'setting' AND (lower(detail) LIKE '%preload_libraries' OR lower(detail) IN ('role', 'session_authorization')
                               OR EXISTS (SELECT FROM pg_settings s WHERE lower(s.name) = lower(detail)
                                             AND s.context <> 'user' AND NOT \(harmless)))
      THEN
        RAISE insufficient_privilege USING MESSAGE = format('permission denied to set parameter "%s"', detail);
      END IF;
      IF kind = 'available extension' AND NOT EXISTS (SELECT FROM pg_available_extensions a WHERE a.name = detail) THEN
        RETURN undone;
      END IF;
      PERFORM dbtool_sleep();
      IF kind = 'event' THEN
        -- These fire for no statement about event triggers, and it says what the trigger is to be.
        UPDATE pg_event_trigger e SET evtenabled = s.enabled FROM dbtool_asleep s WHERE s.trigger = e.oid;
        DELETE FROM dbtool_asleep;
      END IF;
      IF kind = 'wrapper' THEN
        -- A superuser would call these to judge options.
        SELECT w.fdwname INTO name FROM pg_foreign_data_wrapper w JOIN pg_proc v ON v.oid = w.fdwvalidator
         WHERE v.prolang NOT IN (12, 13);
        IF FOUND THEN
          RAISE insufficient_privilege USING MESSAGE = format('the validator of the foreign-data wrapper %I is not called in a scratch server', name);
        END IF;
        IF detail <> '' THEN
          parts := parse_ident(detail);
          -- Its arguments are text[] and oid, whatever those are called where the session looks.
          SELECT v.oid::regprocedure::text INTO name FROM pg_proc v
           WHERE v.proname = parts[cardinality(parts)] AND v.proargtypes = '1009 26' AND v.prolang NOT IN (12, 13)
             AND (cardinality(parts) = 1 OR v.pronamespace = to_regnamespace(quote_ident(parts[cardinality(parts) - 1])));
          IF FOUND THEN
            RAISE insufficient_privilege USING MESSAGE = format('the validator %s is not called in a scratch server', name);
          END IF;
        END IF;
      END IF;
      IF is_extension THEN
        name := dbtool_found_by_script(detail, kind, path);
        IF name IS NOT NULL THEN
          RAISE insufficient_privilege USING
            MESSAGE = format('the extension %s is not made or updated beside %s in a scratch server',
                             CASE kind WHEN 'available extension' THEN detail ELSE (parse_ident(detail))[1] END, name),
            DETAIL = 'Its script runs as a superuser, holds that name, and could find what was loaded.',
            HINT = 'Make the extension first, or have it and what was loaded in different schemas.';
        END IF;
      END IF;
      IF kind = 'event owner' THEN
        UPDATE pg_event_trigger e SET evtowner = r.oid FROM pg_authid r
         WHERE e.evtname = (detail::text[])[1] AND r.rolname = (detail::text[])[2] AND NOT r.rolsuper;
        IF NOT FOUND THEN
          RAISE undefined_object USING MESSAGE = format('there is no event trigger %I, or no such owner as %I', VARIADIC detail::text[]);
        END IF;
        UPDATE pg_shdepend s SET refobjid = e.evtowner FROM pg_event_trigger e
         WHERE s.classid = 'pg_event_trigger'::regclass AND s.objid = e.oid AND s.deptype = 'o' AND s.refobjid <> e.evtowner
           AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database());
      END IF;
      IF kind = 'language' THEN
        known := (SELECT coalesce(jsonb_agg(to_jsonb(l)), '[]') FROM pg_language l);
      END IF;

      -- From here to where the path is back, no expression may hold an operator or a name: it would be the loaded one's.
      PERFORM pg_catalog.set_config('search_path', path, true);
      -- A role cannot be set in here; that is done after it.
      IF is_quiet THEN
        -- Another database of the server may be making it at this moment.
        BEGIN EXECUTE statement; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END;
      ELSIF is_done_here THEN
        -- In a subtransaction, whose number tells what this has written from what was there before, also in its transaction.
        BEGIN
          INSERT INTO pg_catalog.dbtool_turn DEFAULT VALUES RETURNING xmin INTO began;
          EXECUTE statement;
        EXCEPTION WHEN SQLSTATE 'ZZZZZ' THEN RAISE;
        END;
      END IF;
      PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
      DELETE FROM dbtool_turn;

      IF is_extension OR kind IN ('moved extension', 'language', 'function', 'wrapper', 'other') THEN
        -- A number that is not older is less far away.
        SELECT pg_describe_object(w.catalog, w.oid, 0) INTO name
          FROM (SELECT tableoid AS catalog, oid, pronamespace AS schema, proowner AS owner FROM pg_proc WHERE age(xmin) <= age(began)
                UNION ALL SELECT tableoid, oid, typnamespace, typowner FROM pg_type WHERE age(xmin) <= age(began)
                UNION ALL SELECT tableoid, oid, relnamespace, relowner FROM pg_class WHERE age(xmin) <= age(began)
                UNION ALL SELECT tableoid, oid, oprnamespace, oprowner FROM pg_operator WHERE age(xmin) <= age(began)
                UNION ALL SELECT tableoid, oid, opcnamespace, opcowner FROM pg_opclass WHERE age(xmin) <= age(began)
                UNION ALL SELECT tableoid, oid, opfnamespace, opfowner FROM pg_opfamily WHERE age(xmin) <= age(began)
                UNION ALL SELECT tableoid, oid, collnamespace, collowner FROM pg_collation WHERE age(xmin) <= age(began)
                UNION ALL SELECT tableoid, oid, connamespace, conowner FROM pg_conversion WHERE age(xmin) <= age(began)
                UNION ALL SELECT tableoid, oid, cfgnamespace, cfgowner FROM pg_ts_config WHERE age(xmin) <= age(began)
                UNION ALL SELECT tableoid, oid, dictnamespace, dictowner FROM pg_ts_dict WHERE age(xmin) <= age(began)
                UNION ALL SELECT tableoid, oid, prsnamespace, 10 FROM pg_ts_parser WHERE age(xmin) <= age(began)
                UNION ALL SELECT tableoid, oid, tmplnamespace, 10 FROM pg_ts_template WHERE age(xmin) <= age(began)
                UNION ALL SELECT tableoid, oid, 0, lanowner FROM pg_language WHERE age(xmin) <= age(began)
                UNION ALL SELECT tableoid, oid, oid, nspowner FROM pg_namespace WHERE age(xmin) <= age(began)) w
          JOIN pg_authid a ON a.oid = w.owner
         -- The script of an extension may put things there, and change what it likes.
         WHERE w.schema IN (\(own)) AND NOT (is_extension AND a.rolsuper)
               AND NOT (w.schema = 'pg_toast'::regnamespace AND w.catalog IN ('pg_class'::regclass, 'pg_type'::regclass))
            OR a.rolsuper AND NOT is_extension
               AND (w.oid < 16384
                    OR kind <> 'moved extension'
                       AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = w.catalog AND d.objid = w.oid AND d.deptype = 'e'));
        IF FOUND THEN
          RAISE insufficient_privilege USING
            MESSAGE = format('what PostgreSQL or an extension brings is not changed in a scratch server: %s', name);
        END IF;
      END IF;
      IF is_extension OR kind = 'function' THEN
        written := ARRAY(SELECT p.oid FROM pg_proc p WHERE age(p.xmin) <= age(began));
        -- Functions in a language that does what it likes can be there, and cannot be called.
        UPDATE pg_language l
           SET lanpltrusted = true, lanplcallfoid = '\(DeadFunction.handler)(cstring)'::regprocedure, laninline = 0, lanvalidator = 0
         WHERE NOT l.lanpltrusted AND l.oid >= 16384 AND age(l.xmin) <= age(began);
        -- Nor can what calls them, under any language's name. Foreign tables cannot be read; nobody connects to elsewhere, or
        -- writes files.
        UPDATE pg_proc p SET prolang = 12, prosrc = '\(DeadFunction.body)', probin = NULL
         WHERE p.oid = ANY (written) AND p.prolang = 13
           AND (p.prorettype = 'fdw_handler'::regtype
                OR p.probin IN ('$libdir/dblink', '$libdir/adminpack') AND p.prorettype <> 'void'::regtype
                OR (p.probin, p.prosrc) NOT IN (\(confining))
                   AND p.probin IN (SELECT h.probin FROM pg_proc h
                                     WHERE h.prolang = 13 AND h.prorettype = 'language_handler'::regtype
                                       AND (h.probin, h.prosrc) NOT IN (\(confining))
                                       -- One that an extension says is to be trusted.
                                       AND NOT EXISTS (SELECT FROM pg_language l WHERE l.lanplcallfoid = h.oid AND l.lanpltrusted)));
      END IF;
      IF kind = 'language' THEN
        -- Functions that are there would be called by another handler.
        IF EXISTS (SELECT FROM jsonb_array_elements(known) k WHERE NOT EXISTS (
                     SELECT FROM pg_language l WHERE to_jsonb(l) = k.value))
        THEN
          RAISE insufficient_privilege USING MESSAGE = 'a language is not replaced in a scratch server';
        END IF;
        -- Of those that were made or changed: what may be used by everybody runs with a handler that confines it.
        SELECT l.lanname INTO name
          FROM pg_language l JOIN pg_proc h ON h.oid = l.lanplcallfoid
          LEFT JOIN pg_proc v ON v.oid = l.lanvalidator LEFT JOIN pg_proc i ON i.oid = l.laninline
         WHERE NOT known @> jsonb_build_array(to_jsonb(l))
           AND (l.oid < 16384
                OR l.lanpltrusted AND NOT (
                     h.prolang = 13
                     AND (h.probin, h.prosrc) IN (('$libdir/plpgsql', 'plpgsql_call_handler'), ('$libdir/plperl', 'plperl_call_handler'),
                                                  ('$libdir/pltcl', 'pltcl_call_handler'))
                     AND (l.laninline = 0 OR i.probin = h.probin AND i.prosrc IN ('plpgsql_inline_handler', 'plperl_inline_handler'))
                     AND (l.lanvalidator = 0 OR v.probin = h.probin
                                              AND v.prosrc IN ('plpgsql_validator', 'plperl_validator')))
                OR l.lanvalidator <> 0 AND v.prolang NOT IN (12, 13));
        IF FOUND THEN
          RAISE insufficient_privilege USING MESSAGE = format('the language %I is not loaded into a scratch server', name),
            DETAIL = 'Its functions could do anything that the server may.';
        END IF;
      END IF;
      IF (SELECT array_agg(l.lanname ORDER BY l.oid) FROM pg_language l WHERE l.oid IN (12, 13, 14)) <> '{internal,c,sql}' THEN
        RAISE insufficient_privilege USING MESSAGE = 'what PostgreSQL itself brings is not changed in a scratch server';
      END IF;
      IF kind = 'function' THEN
        SELECT f.oid::regprocedure::text INTO name FROM pg_proc f
         WHERE f.oid = ANY (written)
           AND CASE f.prolang
                 -- Another name for a function of PostgreSQL's own must not open one that is not for everybody.
                 WHEN 12 THEN f.prosrc <> '\(DeadFunction.body)' AND (
                   SELECT bool_or(has_function_privilege('\(owner)', b.oid, 'EXECUTE')) IS NOT true FROM pg_proc b
                    WHERE b.oid < 16384 AND b.prolang = f.prolang AND b.prosrc = f.prosrc AND b.pronargs = f.pronargs)
                 WHEN 13 THEN f.probin NOT LIKE '$libdir/%' OR f.probin LIKE '%..%'
                 -- Of the languages that do what they like, only the name is there; plpgsql is safe whatever it is called.
                 ELSE NOT EXISTS (
                   SELECT FROM pg_language l JOIN pg_proc h ON h.oid = l.lanplcallfoid
                    WHERE l.oid = f.prolang
                      AND (l.lanpltrusted OR h.prolang = 12 AND h.prosrc = '\(DeadFunction.body)'
                           OR h.prolang = 13 AND h.probin = '$libdir/plpgsql' AND h.prosrc = 'plpgsql_call_handler'))
                   AND f.prolang <> 14
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
          undone := undone + 1;
        END LOOP;
        IF detail = 'OBJECT_TABLE' OR detail = 'OBJECT_SEQUENCE' THEN
          -- Nor does anybody get what was nobody's: whoever may refer to a table, or make triggers, has its owner run code.
          FOR made IN
            SELECT c.oid, i.initprivs
              FROM pg_class c JOIN pg_authid a ON a.oid = c.relowner AND a.rolsuper
              LEFT JOIN pg_init_privs i ON i.classoid = 'pg_class'::regclass AND i.objoid = c.oid AND i.objsubid = 0
             WHERE c.relacl IS DISTINCT FROM i.initprivs
          LOOP
            UPDATE pg_class SET relacl = made.initprivs WHERE oid = made.oid;
            undone := undone + 1;
          END LOOP;
        END IF;
      END IF;
      IF EXISTS (SELECT FROM pg_namespace n
                  WHERE n.nspname IN ('pg_catalog', 'information_schema', 'pg_toast')
                    AND (n.nspowner <> 10 OR EXISTS (
                      SELECT FROM aclexplode(n.nspacl) x WHERE x.privilege_type = 'CREATE' AND x.grantee <> 10)))
      THEN
        RAISE insufficient_privilege USING MESSAGE = 'what PostgreSQL itself brings is not changed in a scratch server';
      END IF;
      -- A grant makes nothing, and changes no owner. There are as many of them as of functions.
      IF kind = 'grant' THEN RETURN undone; END IF;
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
      IF kind = 'owner' AND EXISTS (
        SELECT FROM pg_shdepend s JOIN pg_depend d ON d.classid = s.classid AND d.objid = s.objid AND d.deptype = 'e'
         WHERE s.refclassid = 'pg_authid'::regclass AND s.deptype = 'o'
           AND s.refobjid = (SELECT oid FROM pg_authid WHERE rolname = detail)
           AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()))
      THEN
        RAISE insufficient_privilege USING MESSAGE = 'what an extension brings keeps its owner in a scratch server';
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
        SELECT a.type, a.identity, a.schema
          FROM pg_shdepend s CROSS JOIN LATERAL pg_identify_object(s.classid, s.objid, s.objsubid) a
         WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = '\(helper)'::regrole AND s.deptype = 'o'
           AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
           AND s.classid NOT IN ('pg_extension'::regclass, 'pg_event_trigger'::regclass,
                                 'pg_foreign_data_wrapper'::regclass, 'pg_subscription'::regclass)
           AND s.objid >= 16384
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = s.classid AND d.objid = s.objid AND d.deptype = 'e')
           -- Those of all tables, or of schemas, belong to superusers.
           AND s.classid <> 'pg_publication'::regclass
           -- A shell is filled by whoever made it.
           AND NOT EXISTS (SELECT FROM pg_type t WHERE s.classid = 'pg_type'::regclass AND t.oid = s.objid AND NOT t.typisdefined)
      LOOP
        IF made.schema IN ('pg_catalog', 'information_schema', 'pg_toast') OR made.type = 'default acl' THEN
          RAISE insufficient_privilege USING MESSAGE = 'what PostgreSQL itself brings is not changed in a scratch server';
        END IF;
        EXECUTE format('ALTER %s %s OWNER TO \(owner)', made.type, made.identity);
      END LOOP;
      -- One that this has made or changed.
      PERFORM dbtool_sleep();
      RETURN undone;
    END
    $$
    """

  /// The handlers of languages that keep in what they run, with what comes with them.
  private static let confining = """
    ('$libdir/plpgsql', 'plpgsql_call_handler'), ('$libdir/plpgsql', 'plpgsql_inline_handler'), ('$libdir/plpgsql', 'plpgsql_validator'),
    ('$libdir/plperl', 'plperl_call_handler'), ('$libdir/plperl', 'plperl_inline_handler'), ('$libdir/plperl', 'plperl_validator'),
    ('$libdir/pltcl', 'pltcl_call_handler')
    """

  private static let own = "'pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace"

  /// What a role may set that is no superuser: what neither loads code nor opens anything.
  static let harmless = """
    (s.name IN ('session_replication_role', 'deadlock_timeout', 'lc_messages', 'temp_file_limit', 'update_process_title',
                'wal_compression', 'compute_query_id', 'commit_delay')
     OR s.context = 'superuser' AND (s.name LIKE 'log\\_%' OR s.name LIKE 'track\\_%'))
    """

  /// A call that carries out one statement with a superuser's rights.
  static func signed(_ sql: String, _ right: SuperuserStatement, secret: String) -> String {
    let (kind, detail) = (right.kind.rawValue, right.detail)
    let signature = Digest(of: "\(secret):\(kind):\(detail.utf8.count):\(detail)\(sql)").description
    let arguments = [sql, kind, detail, signature].map { Quote.literal($0) }.joined(separator: ", ")
    let path = right.hasOwnPath ? "'pg_catalog'" : "pg_catalog.current_setting('search_path')"
    return "SELECT pg_catalog.dbtool_as_superuser(\(arguments), \(path))"
  }
}
