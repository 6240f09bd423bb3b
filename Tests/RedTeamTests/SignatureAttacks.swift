/// Attacks on what is signed, and on those who carry it out: each got through once.
extension ScratchAttack {
  static let signatures = functions + blocks + wrappers + names + extensions + untrustedLanguages

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

  private static let extensions = [
    ScratchAttack(
      "a trigger on dbtool's own table", evil, "GRANT ALL ON ALL TABLES IN SCHEMA pg_catalog TO PUBLIC",
      "GRANT ALL (trigger) ON ALL TABLES IN SCHEMA pg_catalog TO PUBLIC",
      "CREATE FUNCTION public.fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM public.act(); RETURN NULL; END'",
      "CREATE TRIGGER t BEFORE INSERT OR DELETE ON pg_catalog.dbtool_asleep FOR EACH STATEMENT EXECUTE FUNCTION public.fire()",
      "CREATE TRIGGER t BEFORE INSERT OR DELETE ON pg_catalog.dbtool_turn FOR EACH STATEMENT EXECUTE FUNCTION public.fire()",
      "CREATE TYPE public.key AS ENUM ('a')",
      "CREATE FUNCTION public.number(public.key) RETURNS oid LANGUAGE plpgsql AS 'BEGIN PERFORM public.act(); RETURN 1; END'",
      "CREATE CAST (public.key AS oid) WITH FUNCTION public.number(public.key) AS IMPLICIT",
      "CREATE TABLE public.keys (key public.key REFERENCES pg_catalog.dbtool_asleep)",
      "INSERT INTO public.keys VALUES ('a')",
      "CREATE FUNCTION public.ev() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
      "CREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION public.ev()", "SELECT pg_catalog.dbtool_sleep()",
      "COMMENT ON EXTENSION plpgsql IS 'x'"),
    ScratchAttack(
      "a table of information_schema that was given away", evil,
      "GRANT ALL ON ALL TABLES IN SCHEMA information_schema TO PUBLIC",
      "CREATE FUNCTION public.fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM public.act(); RETURN NULL; END'",
      "CREATE TRIGGER t BEFORE INSERT ON information_schema.sql_features FOR EACH STATEMENT EXECUTE FUNCTION public.fire()",
      "INSERT INTO loot SELECT 'connected' FROM pg_trigger WHERE tgname = 't' AND current_setting('is_superuser') = 'off'"
    ),
    ScratchAttack(
      "an extension that is moved into pg_catalog with what was added to it", needs: "hstore", evil,
      "DO $$ BEGIN EXECUTE 'CREATE EXTENSION hstore SCHEMA public'; END $$",
      "CREATE FUNCTION public.format(text, text, text, int, text, text) RETURNS text LANGUAGE plpgsql AS 'BEGIN PERFORM public.act(); RETURN NULL; END'",
      "ALTER EXTENSION hstore ADD FUNCTION public.format(text, text, text, int, text, text)",
      "DO $$ BEGIN EXECUTE 'ALTER EXTENSION hstore ADD FUNCTION public.format(text, text, text, int, text, text)'; END $$",
      "ALTER EXTENSION hstore SET SCHEMA pg_catalog", "COMMENT ON EXTENSION plpgsql IS 'x'"),
    ScratchAttack(
      "a function of an extension, replaced with a support function's help", needs: "hstore", evil,
      "CREATE EXTENSION hstore SCHEMA public",
      "CREATE OR REPLACE FUNCTION public.hstore_version_diag(public.hstore) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SUPPORT pg_catalog.generate_series_int8_support AS 'BEGIN RETURN public.act(); END'",
      "SELECT public.hstore_version_diag('')"),
    ScratchAttack(
      "a function of an extension, replaced in a trusted language", needs: "plperl", evil, "CREATE EXTENSION plperl",
      "CREATE EXTENSION hstore SCHEMA public",
      "CREATE OR REPLACE FUNCTION public.hstore_version_diag(public.hstore) RETURNS int LANGUAGE plperl SECURITY DEFINER AS $$spi_exec_query('SELECT public.act()'); return 1;$$",
      "SELECT public.hstore_version_diag('')"),
    ScratchAttack(
      "a function of an extension, altered", needs: "tablefunc", evil, "CREATE EXTENSION tablefunc SCHEMA public",
      "ALTER FUNCTION public.crosstab(text) LEAKPROOF SECURITY DEFINER",
      "ALTER FUNCTION public.crosstab(text) SECURITY DEFINER LEAKPROOF",
      "ALTER FUNCTION public.crosstab(text) LEAKPROOF SET search_path = public SECURITY DEFINER",
      "SELECT * FROM public.crosstab('SELECT public.act()::text, ''a''::text, ''b''::text') AS t(a text, b text)"),
    ScratchAttack(
      "a validator whose types are found by name", evil,
      "CREATE FUNCTION public.v(pg_catalog.text[], pg_catalog.oid) RETURNS void LANGUAGE plpgsql AS 'BEGIN PERFORM public.act(); END'",
      "CREATE DOMAIN public.oid AS pg_catalog.oid", "SET search_path = public, pg_catalog",
      "CREATE FOREIGN DATA WRAPPER w VALIDATOR public.v OPTIONS (a 'b')",
      "CREATE FOREIGN DATA WRAPPER w VALIDATOR v OPTIONS (a 'b')", "CREATE FOREIGN DATA WRAPPER w",
      "ALTER FOREIGN DATA WRAPPER w VALIDATOR public.v OPTIONS (a 'b')"),
    ScratchAttack(
      "a name that an extension's script finds", needs: "earthdistance", evil, "CREATE SCHEMA elsewhere",
      "CREATE EXTENSION cube SCHEMA elsewhere", "CREATE DOMAIN public.d AS text CHECK (public.evil(VALUE) = 1)",
      "CREATE TYPE public.cube AS (a public.d)",
      "CREATE FUNCTION public.cube_is_point(public.cube) RETURNS bool LANGUAGE sql AS 'SELECT true'",
      "CREATE FUNCTION public.cube_dim(public.cube) RETURNS int LANGUAGE sql AS 'SELECT 1'",
      "CREATE FUNCTION public.cube_distance(public.cube, public.cube) RETURNS float8 LANGUAGE sql AS 'SELECT 1'",
      "CREATE EXTENSION earthdistance SCHEMA public"),
    ScratchAttack(
      "a temporary name that an extension's script finds", needs: "earthdistance", evil, "CREATE SCHEMA elsewhere",
      "CREATE EXTENSION cube SCHEMA elsewhere", "CREATE SCHEMA third",
      "CREATE DOMAIN public.d AS text CHECK (public.evil(VALUE) = 1)", "CREATE TEMP TABLE cube (a public.d)",
      "CREATE FUNCTION third.cube_is_point(pg_temp.cube) RETURNS bool LANGUAGE sql AS 'SELECT true'",
      "CREATE FUNCTION third.cube_dim(pg_temp.cube) RETURNS int LANGUAGE sql AS 'SELECT 1'",
      "CREATE FUNCTION third.cube_distance(pg_temp.cube, pg_temp.cube) RETURNS float8 LANGUAGE sql AS 'SELECT 1'",
      "CREATE EXTENSION earthdistance SCHEMA third"),
  ]

  private static let untrustedLanguages = [
    ScratchAttack(
      "a language of Python's in the place of a trusted one", needs: "plpython3u", "CREATE EXTENSION plpython3u",
      "CREATE TRUSTED LANGUAGE mine HANDLER plpgsql_call_handler",
      "CREATE FUNCTION public.f() RETURNS int LANGUAGE mine AS $$open('{canary}', 'w')\nreturn 1$$",
      "CREATE OR REPLACE LANGUAGE mine HANDLER plpython3_call_handler", "SELECT public.f()"),
    ScratchAttack(
      "a language of Perl's in the place of a trusted one", needs: "plperl", "CREATE EXTENSION plperl",
      "CREATE TRUSTED LANGUAGE mine HANDLER plperl_call_handler",
      "CREATE FUNCTION public.f() RETURNS int LANGUAGE mine AS $$system('echo x > {canary}'); return 1;$$",
      "CREATE OR REPLACE LANGUAGE mine HANDLER plperl_call_handler", "SELECT public.f()"),
    ScratchAttack(
      "a language of Perl's that nobody confines", needs: "plperlu", "CREATE EXTENSION plperlu",
      "CREATE LANGUAGE mine HANDLER plperlu_call_handler VALIDATOR plperlu_validator",
      "CREATE FUNCTION public.f() RETURNS int LANGUAGE mine AS $$BEGIN { system('echo x > {canary}'); } return 1;$$",
      "SELECT public.f()",
      "CREATE FUNCTION public.g() RETURNS int LANGUAGE plperlu AS $$BEGIN { system('echo x > {canary}'); } return 1;$$",
      "SELECT public.g()"),
    ScratchAttack(
      "a member of an extension, made a function of Python's", needs: "plpython3u",
      "DO $$ BEGIN EXECUTE 'CREATE EXTENSION hstore'; END $$", "CREATE EXTENSION plpython3u",
      "CREATE LANGUAGE mine HANDLER plpython3_call_handler",
      "CREATE FUNCTION public.f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'",
      "ALTER EXTENSION hstore ADD FUNCTION public.f()",
      "DO $$ BEGIN EXECUTE 'ALTER EXTENSION hstore ADD FUNCTION public.f()'; END $$",
      "CREATE OR REPLACE FUNCTION public.f() RETURNS int LANGUAGE mine AS $$open('{canary}', 'w')\nreturn 1$$",
      "SELECT public.f()"),
  ]
}
