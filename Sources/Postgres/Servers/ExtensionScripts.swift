/// What the script of an extension could find by name, and run with a superuser's rights.
extension ScratchRights {
  /// Looks whether something that was loaded, and that runs code, has a name that stands in the scripts of an extension and of
  /// those that it requires, in a schema where the script could look. That is: functions, operators, views, tables whose rows
  /// run something (triggers, rules, checks, defaults, expressions of indexes), and types with a domain or a cast function in
  /// them. Other tables, enums and composites are harmless.
  ///
  /// Extensions that PostgreSQL trusts are left alone: whoever loads may make those himself, so their authors have seen to it.
  /// Where a script is not found, every name is taken to stand in it.
  ///
  /// `extension` is a name, quoted, and after a dot the schema that the statement names, if it does.
  static let foundByScript = #"""
    CREATE FUNCTION pg_catalog.dbtool_found_by_script(extension text, kind text, path text)
      RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
      is_quoted boolean := kind <> 'available extension';
      parts text[] := CASE WHEN is_quoted THEN parse_ident(extension) ELSE ARRAY[extension] END;
      scripts text[];
      folder text;
      script text;
      words text[];
      places oid[];
      found_there text;
      names name[];
      looked name[];
    BEGIN
      -- One that is there is not made anew.
      IF kind <> 'updated extension' AND EXISTS (SELECT FROM pg_extension e WHERE e.extname = parts[1]) THEN RETURN NULL; END IF;
      IF NOT EXISTS (SELECT FROM pg_shdepend s JOIN pg_authid a ON a.oid = s.refobjid
                      WHERE s.dbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                        AND s.classid IN ('pg_proc'::regclass, 'pg_type'::regclass, 'pg_class'::regclass, 'pg_operator'::regclass)
                        AND s.refclassid = 'pg_authid'::regclass AND s.deptype = 'o' AND NOT a.rolsuper)
      THEN RETURN NULL; END IF;
      -- Those that it may bring with it.
      WITH RECURSIVE available AS MATERIALIZED (
        SELECT v.name, v.trusted, v.schema, v.requires FROM pg_available_extension_versions v
      ), needed(name) AS (
        SELECT v.name FROM available v WHERE v.name = parts[1]
         UNION SELECT r.name FROM needed n JOIN available v ON v.name = n.name CROSS JOIN unnest(v.requires) r(name)
      ), risky AS (
        SELECT v.name, v.schema FROM available v
         WHERE v.name IN (SELECT n.name FROM needed n) AND v.name NOT IN (SELECT t.name FROM available t WHERE t.trusted)
           AND (v.name = parts[1] OR v.name NOT IN (SELECT e.extname FROM pg_extension e))
      )
      SELECT array_agg(DISTINCT r.name::text), array_agg(DISTINCT r.schema) INTO scripts, names FROM risky r;
      IF scripts IS NULL THEN RETURN NULL; END IF;
      IF is_quoted THEN
        PERFORM pg_catalog.set_config('search_path', path, true);
        looked := pg_catalog.current_schemas(true);
        PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
        SELECT array_agg(n.oid) INTO places FROM pg_namespace n
         WHERE n.nspname = parts[2] OR n.nspname = ANY (names) OR n.nspname = ANY (looked) OR n.oid = pg_my_temp_schema()
            OR n.oid IN (SELECT e.extnamespace FROM pg_extension e);
      END IF;
      folder := (SELECT c.setting FROM pg_config() c WHERE c.name = 'SHAREDIR') || '/extension';
      SELECT string_agg(encode(pg_read_binary_file(folder || '/' || f.file), 'escape'), ' ') INTO script
        FROM pg_ls_dir(folder) f(file) JOIN unnest(scripts) s(name) ON starts_with(f.file, s.name || '--')
       WHERE f.file LIKE '%.sql';
      script := lower(script);
      -- Lines that are remarks say nothing to a server.
      words := ARRAY(SELECT DISTINCT w FROM regexp_split_to_table(regexp_replace(script, '^\s*(--|\\).*$', '', 'gn'), '[^a-z0-9_$]+') w);
      WITH RECURSIVE loaded(oid) AS (
        SELECT a.oid FROM pg_authid a WHERE NOT a.rolsuper
      ), within(part, whole) AS (
        SELECT t.typelem, t.oid FROM pg_type t WHERE t.oid >= 16384 AND t.typelem <> 0
         UNION ALL SELECT t.typbasetype, t.oid FROM pg_type t WHERE t.oid >= 16384 AND t.typbasetype <> 0
         UNION ALL SELECT a.atttypid, c.reltype FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                    WHERE c.oid >= 16384 AND c.reltype <> 0 AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid >= 16384
         UNION ALL SELECT r.rngsubtype, r.rngtypid FROM pg_range r WHERE r.rngtypid >= 16384
         UNION ALL SELECT r.rngtypid, m.oid FROM pg_range r JOIN pg_type t ON t.oid = r.rngtypid
                     JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid = t.oid AND d.classid = 'pg_type'::regclass
                     JOIN pg_type m ON m.oid = d.objid AND m.typtype = 'm'
                    WHERE t.oid >= 16384
      ), risky(oid) AS (
        SELECT t.oid FROM pg_type t WHERE t.typtype = 'd' AND t.typowner IN (SELECT l.oid FROM loaded l)
         UNION SELECT x.type FROM pg_cast c JOIN pg_proc f ON f.oid = c.castfunc AND f.proowner IN (SELECT l.oid FROM loaded l)
                 CROSS JOIN LATERAL (VALUES (c.castsource), (c.casttarget)) x(type)
         UNION SELECT w.whole FROM risky r JOIN within w ON w.part = r.oid
      ), thing(catalog, oid, name, schema) AS (
        SELECT p.tableoid, p.oid, p.proname, p.pronamespace FROM pg_proc p WHERE p.proowner IN (SELECT l.oid FROM loaded l)
         UNION ALL SELECT t.tableoid, t.oid, t.typname, t.typnamespace FROM pg_type t JOIN risky r ON r.oid = t.oid
                    WHERE t.typowner IN (SELECT l.oid FROM loaded l)
         UNION ALL SELECT c.tableoid, c.oid, c.relname, c.relnamespace FROM pg_class c
                    WHERE c.relowner IN (SELECT l.oid FROM loaded l)
                      AND (c.relkind IN ('v', 'f', 'p') OR c.relhasrules OR c.relhassubclass
                           OR c.relhastriggers AND EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal)
                           OR EXISTS (SELECT FROM pg_attrdef d WHERE d.adrelid = c.oid)
                           OR EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('c', 'x'))
                           OR EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)))
      )
      SELECT pg_describe_object(t.catalog, t.oid, 0) INTO found_there FROM thing t
       WHERE (places IS NULL OR t.schema = ANY (places))
         AND (script IS NULL
              OR NOT EXISTS (SELECT FROM regexp_split_to_table(lower(encode(convert_to(t.name, 'UTF8'), 'escape')), '[^a-z0-9_$]+') w
                              WHERE NOT w = ANY (words)))
       LIMIT 1;
      IF found_there IS NULL THEN
        -- That of x IN (…), or BETWEEN, stands nowhere.
        SELECT pg_describe_object(o.tableoid, o.oid, 0) INTO found_there FROM pg_operator o JOIN pg_authid a ON a.oid = o.oprowner
         WHERE NOT a.rolsuper AND (places IS NULL OR o.oprnamespace = ANY (places))
           AND (script IS NULL OR position(o.oprname IN script) > 0 OR o.oprname IN ('=', '<>', '<', '>', '<=', '>=', '~~', '!~~'))
         LIMIT 1;
      END IF;
      RETURN found_there;
    END
    $$
    """#
}
