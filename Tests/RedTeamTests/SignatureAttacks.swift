/// Attacks on what is signed, and on those who carry it out: each got through once.
extension ScratchAttack {
  static let signatures = functions + blocks + wrappers + names

  private static let domain = "CREATE DOMAIN public.d AS text CHECK (public.evil(VALUE) = 1)"

  private static let functions = [
    ScratchAttack(
      "a leakproof function in pg_catalog", evil,
      "CREATE FUNCTION pg_catalog.zz() RETURNS int LANGUAGE plpgsql SECURITY DEFINER LEAKPROOF AS 'BEGIN RETURN public.act(); END'",
      "SELECT pg_catalog.zz()", "SET search_path = pg_catalog, public",
      "CREATE FUNCTION yy() RETURNS int LANGUAGE plpgsql SECURITY DEFINER SUPPORT pg_catalog.generate_series_int8_support AS 'BEGIN RETURN public.act(); END'",
      "SELECT pg_catalog.yy()"),
    ScratchAttack(
      "dbtool's own functions, replaced", evil,
      "CREATE OR REPLACE FUNCTION pg_catalog.dbtool_sleep() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER LEAKPROOF AS 'BEGIN PERFORM public.act(); RETURN true; END'",
      "CREATE OR REPLACE FUNCTION pg_catalog.dbtool_sleep() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SUPPORT pg_catalog.generate_series_int8_support AS 'BEGIN PERFORM public.act(); RETURN true; END'",
      "ALTER FUNCTION pg_catalog.dbtool_sleep() LEAKPROOF", "SELECT pg_catalog.dbtool_sleep()"),
    ScratchAttack(
      "a default that is read by a superuser", evil, domain, "CREATE TABLE public.c (a d)",
      "CREATE FUNCTION public.f1(x public.d[] DEFAULT '{x}') RETURNS int LANGUAGE sql LEAKPROOF AS 'SELECT 1'",
      "CREATE FUNCTION public.f2(x public.c DEFAULT '(x)') RETURNS int LANGUAGE sql LEAKPROOF AS 'SELECT 1'",
      "CREATE FUNCTION public.f3(x public.d[] DEFAULT '{x}') RETURNS SETOF int LANGUAGE sql SUPPORT pg_catalog.generate_series_int8_support AS 'SELECT 1'",
      "CREATE FUNCTION public.f4() RETURNS public.d[] LANGUAGE sql LEAKPROOF BEGIN ATOMIC SELECT '{x}'::public.d[]; END",
      "CREATE FUNCTION public.f5() RETURNS SETOF public.d[] LANGUAGE sql SUPPORT pg_catalog.generate_series_int8_support RETURN '{x}'::public.d[]",
      "CREATE FUNCTION public.f6(x public.d[] DEFAULT '{x}') RETURNS int LANGUAGE internal AS 'now'"),
    ScratchAttack(
      "a default of a function in a trusted language", needs: "plperl", evil, domain, "CREATE TABLE public.t0 (a int)",
      "CREATE VIEW public.v AS SELECT NULL::public.d AS a FROM public.t0", "CREATE EXTENSION plperl",
      "CREATE FUNCTION public.f(x public.v DEFAULT '(x)') RETURNS int LANGUAGE plperl AS 'return 1;'",
      "CREATE FUNCTION public.g(x public.d[] DEFAULT '{x}') RETURNS int LANGUAGE plperl LEAKPROOF AS 'return 1;'"),
    ScratchAttack(
      "a default of a function in an untrusted language", needs: "plpython3u", evil, domain,
      "CREATE EXTENSION plpython3u",
      "CREATE FUNCTION public.f(x public.d[] DEFAULT '{x}') RETURNS int LANGUAGE plpython3u AS $$open('{canary}', 'w')\nreturn 1$$",
      "SELECT public.f(NULL)", "DO LANGUAGE plpython3u $$open('{canary}', 'w')$$"),
    ScratchAttack(
      "what a publication leaves out", evil, domain, "CREATE TABLE public.t (a public.d[])",
      "CREATE PUBLICATION p FOR TABLE public.t WHERE (a = '{x}'::public.d[])",
      "CREATE PUBLICATION q FOR TABLES IN SCHEMA public, TABLE public.t WHERE (a = '{x}'::public.d[])",
      "CREATE PUBLICATION r FOR ALL TABLES", "ALTER PUBLICATION r SET TABLE public.t WHERE (a = '{x}'::public.d[])"),
  ]

  private static let blocks = [
    ScratchAttack(
      "a setting's block that reads from a function", evil,
      "DO $$ BEGIN EXECUTE pg_catalog.format('ALTER DATABASE %I %s', pg_catalog.current_database(), 'SET work_mem TO ''4MB''') FROM public.evil(); END $$",
      "DO $$ BEGIN EXECUTE pg_catalog.format('ALTER DATABASE %I %s', pg_catalog.current_database(), 'SET work_mem TO ''4MB''') WHERE public.evil() = 1; END $$",
      "DO $$ DECLARE found int := public.evil(); BEGIN EXECUTE pg_catalog.format('ALTER DATABASE %I %s', pg_catalog.current_database(), 'SET work_mem TO ''4MB'''); END $$"
    ),
    ScratchAttack(
      "an optional extension's block that says what a function returns", evil,
      "DO $$ BEGIN IF EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'nonesuch') THEN CREATE EXTENSION nonesuch; ELSE RAISE NOTICE '%', 'x' FROM public.evil(); END IF; END $$",
      "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'made') THEN CREATE ROLE made; ELSE RAISE NOTICE '%', 'x' FROM public.evil(); END IF; END $$"
    ),
    ScratchAttack(
      "one statement for dbtool, two for the server", "SET standard_conforming_strings = off",
      "COMMENT ON EXTENSION plpgsql IS '\\''; COPY (SELECT 1) TO PROGRAM $q$cat > {canary}$q$ --'",
      "SET standard_conforming_strings = on"),
    ScratchAttack(
      "a parameter that finds extensions and libraries",
      "DO $$ BEGIN EXECUTE pg_catalog.format('ALTER DATABASE %I %s', pg_catalog.current_database(), 'SET session_preload_libraries TO ''{library}'''); END $$",
      "DO $$ BEGIN EXECUTE pg_catalog.format('ALTER DATABASE %I %s', pg_catalog.current_database(), 'SET dynamic_library_path TO ''{folder}'''); END $$",
      "DO $$ BEGIN EXECUTE pg_catalog.format('ALTER DATABASE %I %s', pg_catalog.current_database(), 'SET extension_control_path TO ''{folder}'''); END $$",
      "CREATE ROLE r", "ALTER ROLE r SET session_preload_libraries = '{library}'",
      "ALTER ROLE r SET dynamic_library_path = '{folder}'"),
  ]

  private static let wrappers = [
    ScratchAttack(
      "a wrapper of one's own with file_fdw's handler", needs: "file_fdw", "CREATE EXTENSION file_fdw",
      "CREATE FOREIGN DATA WRAPPER w HANDLER file_fdw_handler", "CREATE SERVER s FOREIGN DATA WRAPPER w",
      "CREATE FOREIGN TABLE public.ft (t text) SERVER s OPTIONS (program 'cat > {canary}')",
      "INSERT INTO loot SELECT t FROM public.ft",
      "CREATE FOREIGN TABLE public.ft2 (t text) SERVER s OPTIONS (filename '{secret}')",
      "INSERT INTO loot SELECT t FROM public.ft2"),
    ScratchAttack(
      "file_fdw without its validator", needs: "file_fdw", "CREATE EXTENSION file_fdw",
      "ALTER FOREIGN DATA WRAPPER file_fdw NO VALIDATOR", "CREATE SERVER s FOREIGN DATA WRAPPER file_fdw",
      "CREATE FOREIGN TABLE public.ft (t text) SERVER s OPTIONS (filename '{secret}')",
      "INSERT INTO loot SELECT t FROM public.ft"),
    ScratchAttack(
      "a validator in a language that is called C", evil,
      "CREATE FUNCTION public.c(text[], oid) RETURNS void LANGUAGE plpgsql AS 'BEGIN PERFORM public.evil(); END'",
      "ALTER LANGUAGE c RENAME TO cc", "ALTER LANGUAGE plpgsql RENAME TO c",
      "CREATE FOREIGN DATA WRAPPER w VALIDATOR public.c OPTIONS (a 'b')"),
    ScratchAttack(
      "a member of an extension, made a language of Python's", needs: "plpython3u",
      "DO $$ BEGIN EXECUTE 'CREATE EXTENSION hstore'; END $$", "CREATE EXTENSION plpython3u",
      "CREATE LANGUAGE mine HANDLER plpgsql_call_handler", "ALTER EXTENSION hstore ADD LANGUAGE mine",
      "CREATE OR REPLACE TRUSTED LANGUAGE mine HANDLER plpython3_call_handler",
      "CREATE OR REPLACE TRUSTED LANGUAGE mine HANDLER plpgsql_call_handler INLINE plpython3_inline_handler",
      "CREATE OR REPLACE TRUSTED LANGUAGE plpython3u HANDLER plpython3_call_handler",
      "CREATE FUNCTION public.f() RETURNS int LANGUAGE mine AS $$open('{canary}', 'w')\nreturn 1$$",
      "SELECT public.f()",
      "DO LANGUAGE mine $$open('{canary}', 'w')$$",
      "CREATE FUNCTION public.g() RETURNS int LANGUAGE plpython3u AS $$open('{canary}', 'w')\nreturn 1$$",
      "SELECT public.g()"),
    ScratchAttack(
      "a superuser's session before a password is asked for", needs: "dblink", "CREATE EXTENSION dblink",
      "SELECT dblink_connect('c', 'host={socket} user=dbtool password=x dbname=postgres options=''-c session_preload_libraries={library}''')",
      "SELECT * FROM dblink('host={socket} user=dbtool password=x dbname=postgres options=''-c session_preload_libraries={library}''', 'SELECT 1') AS t(a int)"
    ),
    ScratchAttack(
      "functions of an extension with another owner", needs: "adminpack", "CREATE EXTENSION adminpack", "CREATE ROLE m",
      "ALTER FUNCTION pg_catalog.pg_file_write(text, text, boolean) OWNER TO m",
      "INSERT INTO loot SELECT 'connected' WHERE current_setting('is_superuser') = 'off' AND pg_catalog.pg_file_write('written', 'y', false) = 1"
    ),
  ]

  private static let names = [
    ScratchAttack(
      "temporary relations in front of the catalogs", evil,
      "CREATE TEMP VIEW pg_event_trigger AS SELECT 1::oid AS oid, 'O'::\"char\" AS evtenabled, x.e FROM (SELECT public.evil() AS e OFFSET 0) x WHERE x.e = 1",
      "CREATE RULE r AS ON UPDATE TO pg_event_trigger DO INSTEAD NOTHING", "SELECT pg_catalog.dbtool_sleep()",
      "COMMENT ON EXTENSION plpgsql IS 'x'", "CREATE EXTENSION pg_stat_statements"),
    ScratchAttack(
      "temporary tables for what a signature is checked with",
      "CREATE TEMP TABLE pg_authid AS SELECT 'dbtool_helper'::name AS rolname, 'mine'::text AS rolpassword, false AS rolsuper, 1::oid AS oid",
      "DO $$ DECLARE s text := $c$COPY (SELECT 1) TO PROGRAM 'cat > {canary}'$c$; BEGIN PERFORM pg_catalog.dbtool_as_superuser(s, 'other', '', encode(sha256(convert_to('mine:other:0:' || s, 'UTF8')), 'hex'), 'public'); END $$",
      "DO $$ DECLARE s text := $c$COPY (SELECT 1) TO PROGRAM 'cat > {canary}'$c$; BEGIN PERFORM pg_catalog.dbtool_as_superuser(s, 'other', '', encode(sha256(convert_to('mine:other:0:' || s, 'UTF8')), 'hex'), 'pg_temp, pg_catalog'); END $$"
    ),
    ScratchAttack(
      "temporary types and tables in what a superuser makes", evil,
      "CREATE TEMP TABLE pg_proc (oid oid, prolang oid)", "CREATE TEMP TABLE pg_language (oid oid, lanname name)",
      "CREATE TEMP TABLE pg_namespace (nspname name)", "CREATE TEMP TABLE pg_shdepend (dbid oid)",
      "CREATE TEMP TABLE pg_auth_members (roleid oid, member oid)", "CREATE ROLE mallory SUPERUSER",
      "GRANT mallory TO CURRENT_USER", "SET ROLE mallory", "COPY (SELECT 1) TO PROGRAM 'cat > {canary}'"),
  ]
}
