import TestSupport
import Testing

/// SQL that tries to get out of a scratch server.
///
/// `{canary}` is a file that it may not make, `{secret}` one that it may not read, `{folder}` the folder of both, `{socket}` the
/// scratch server's own, `{library}` a shared library that makes the canary when it is loaded. What it has read it puts into
/// the table `loot`.
struct ScratchAttack: Sendable, CustomTestStringConvertible {
  var name: String
  var statements: [String]
  /// An extension, or a program, without which there is nothing to try.
  var needs: String?

  var testDescription: String { name }

  init(_ name: String, needs: String? = nil, _ statements: String...) {
    self.name = name
    self.statements = statements
    self.needs = needs
  }

  /// A function that does what only a superuser's code could, and says nothing when it cannot.
  static let evil = """
    CREATE FUNCTION public.act() RETURNS int LANGUAGE "plpgsql" AS $evil$
    BEGIN
      BEGIN EXECUTE $c$COPY (SELECT 1) TO PROGRAM 'cat > {canary}'$c$; EXCEPTION WHEN OTHERS THEN NULL; END;
      BEGIN EXECUTE $c$COPY (SELECT 1) TO '{canary}'$c$; EXCEPTION WHEN OTHERS THEN NULL; END;
      BEGIN EXECUTE $c$INSERT INTO public.loot SELECT pg_read_file('{secret}')$c$; EXCEPTION WHEN OTHERS THEN NULL; END;
      BEGIN EXECUTE $c$RESET ROLE$c$; EXCEPTION WHEN OTHERS THEN NULL; END;
      BEGIN EXECUTE $c$ALTER ROLE CURRENT_USER SUPERUSER$c$; EXCEPTION WHEN OTHERS THEN NULL; END;
      BEGIN EXECUTE $c$GRANT pg_execute_server_program TO CURRENT_USER$c$; EXCEPTION WHEN OTHERS THEN NULL; END;
      BEGIN EXECUTE $c$COPY (SELECT 1) TO PROGRAM 'cat > {canary}'$c$; EXCEPTION WHEN OTHERS THEN NULL; END;
      RETURN 1;
    END $evil$;
    -- One that may stand in an index; what it calls need not.
    CREATE FUNCTION evil(anything text DEFAULT '') RETURNS int LANGUAGE plpgsql IMMUTABLE AS $evil$
    BEGIN
      RETURN public.act();
    END $evil$
    """

  static let all: [ScratchAttack] = direct + roles + languages + connections + calls + signatures

  private static let direct = [
    ScratchAttack(
      "a policy", evil, "CREATE TABLE t (a text)", "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
      "ALTER TABLE t FORCE ROW LEVEL SECURITY", "CREATE POLICY p ON t USING (evil(a) = 1)", "CREATE ROLE policy_reader",
      "GRANT SELECT ON t TO policy_reader", "SET ROLE policy_reader", "SELECT * FROM t", "RESET ROLE"),
    ScratchAttack("COPY TO PROGRAM", "COPY (SELECT 1) TO PROGRAM 'cat > {canary}'"),
    ScratchAttack("COPY FROM PROGRAM", "COPY loot FROM PROGRAM 'cat {secret}'"),
    ScratchAttack("COPY TO a file", "COPY (SELECT 1) TO '{canary}'"),
    ScratchAttack("COPY FROM a file", "COPY loot FROM '{secret}'"),
    ScratchAttack("pg_read_file", "INSERT INTO loot SELECT pg_read_file('{secret}')"),
    ScratchAttack(
      "pg_read_binary_file", "INSERT INTO loot SELECT convert_from(pg_read_binary_file('{secret}'), 'UTF8')"),
    ScratchAttack(
      "lo_import", "INSERT INTO loot SELECT convert_from(lo_get(lo_import('{secret}')), 'UTF8')"),
    ScratchAttack("lo_export", "SELECT lo_export(lo_from_bytea(0, 'x'), '{canary}')"),
    ScratchAttack("LOAD", "LOAD '{library}'"),
    ScratchAttack(
      "a library in the data folder", "SELECT lo_export(lo_import('{library}'), 'evil.so')", "LOAD 'evil.so'"),
    ScratchAttack(
      "a function in C", "CREATE FUNCTION f() RETURNS int LANGUAGE c AS '{library}', 'f'", "SELECT f()"),
    ScratchAttack(
      "a library above the libraries' folder",
      "CREATE FUNCTION f() RETURNS int LANGUAGE c AS '$libdir/../../../../../..{library}', 'f'", "SELECT f()"),
    ScratchAttack(
      "libraries of new sessions",
      "DO $$ BEGIN EXECUTE pg_catalog.format('ALTER DATABASE %I %s', pg_catalog.current_database(), 'SET session_preload_libraries TO ''{library}'''); END $$",
      "DO $$ BEGIN EXECUTE pg_catalog.format('ALTER DATABASE %I %s', pg_catalog.current_database(), 'SET \"SESSION_PRELOAD_LIBRARIES\" TO ''{library}'''); END $$",
      "DO $$ BEGIN EXECUTE pg_catalog.format('ALTER ROLE dbtool IN DATABASE %I %s', pg_catalog.current_database(), 'SET session_preload_libraries TO ''{library}'''); END $$",
      "ALTER ROLE dbtool SET session_preload_libraries TO '{library}'",
      "ALTER ROLE dbtool_owner SET session_preload_libraries TO '{library}'"),
    ScratchAttack(
      "ALTER SYSTEM", "ALTER SYSTEM SET archive_command TO 'cat > {canary}'",
      "ALTER SYSTEM SET session_preload_libraries TO '{library}'", "SELECT pg_reload_conf()"),
    ScratchAttack(
      "file_fdw", needs: "file_fdw", "CREATE EXTENSION file_fdw", "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw",
      "CREATE FOREIGN TABLE f (t text) SERVER files OPTIONS (filename '{secret}')", "INSERT INTO loot SELECT t FROM f"),
    ScratchAttack(
      "file_fdw runs a program", needs: "file_fdw", "CREATE EXTENSION file_fdw",
      "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw",
      "CREATE FOREIGN TABLE f (t text) SERVER files OPTIONS (program 'cat {secret} > {canary}')", "SELECT * FROM f"),
    ScratchAttack(
      "adminpack", needs: "adminpack", "CREATE EXTENSION adminpack",
      "GRANT EXECUTE ON FUNCTION pg_catalog.pg_file_write(text, text, boolean) TO PUBLIC",
      "SELECT pg_catalog.pg_file_write('{canary}', 'x', false)"),
  ]

  private static let roles = [
    ScratchAttack(
      "roles that read and run",
      "GRANT pg_execute_server_program, pg_read_server_files, pg_write_server_files TO CURRENT_USER",
      "GRANT pg_execute_server_program TO SESSION_USER", "GRANT pg_read_server_files TO dbtool_owner",
      "SET ROLE pg_read_server_files", "COPY loot FROM '{secret}'", "RESET ROLE",
      "COPY loot FROM '{secret}'", "COPY (SELECT 1) TO PROGRAM 'cat > {canary}'"),
    ScratchAttack(
      "becoming a superuser", "ALTER ROLE CURRENT_USER SUPERUSER", "ALTER ROLE dbtool_owner SUPERUSER",
      "CREATE ROLE mallory SUPERUSER LOGIN", "GRANT mallory TO CURRENT_USER", "SET ROLE mallory",
      "COPY (SELECT 1) TO PROGRAM 'cat > {canary}'"),
    ScratchAttack(
      "the server's superusers", "SET ROLE dbtool", "SET ROLE dbtool_helper", "SET SESSION AUTHORIZATION dbtool",
      "GRANT dbtool_helper TO CURRENT_USER", "COPY (SELECT 1) TO PROGRAM 'cat > {canary}'"),
    ScratchAttack(
      "a function that belongs to a superuser",
      evil.replacing("LANGUAGE plpgsql", with: "SECURITY DEFINER LANGUAGE plpgsql"),
      "ALTER FUNCTION evil(text) OWNER TO dbtool_helper", "ALTER FUNCTION evil(text) OWNER TO dbtool",
      "CREATE ROLE mallory SUPERUSER", "ALTER FUNCTION evil(text) OWNER TO mallory", "SELECT evil()"),
    ScratchAttack(
      "a schema that belongs to a superuser", "CREATE SCHEMA theirs AUTHORIZATION dbtool_helper",
      evil.replacing("FUNCTION evil", with: "FUNCTION theirs.evil").replacing(
        "LANGUAGE plpgsql", with: "SECURITY DEFINER LANGUAGE plpgsql"),
      "SELECT theirs.evil()"),
    ScratchAttack(
      "privileges on PostgreSQL's functions", "GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO PUBLIC",
      "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pg_catalog TO PUBLIC",
      "INSERT INTO loot SELECT pg_read_file('{secret}')",
      "INSERT INTO loot SELECT convert_from(lo_get(lo_import('{secret}')), 'UTF8')"),
    ScratchAttack(
      "privileges on PostgreSQL's tables", "GRANT ALL ON ALL TABLES IN SCHEMA pg_catalog TO PUBLIC",
      "GRANT ALL ON pg_catalog.pg_authid TO PUBLIC", "UPDATE pg_catalog.pg_authid SET rolsuper = true",
      "UPDATE pg_catalog.pg_proc SET proowner = 10, prosecdef = true",
      "COPY (SELECT 1) TO PROGRAM 'cat > {canary}'"),
    ScratchAttack(
      "a stolen signature", "GRANT SELECT ON pg_catalog.pg_authid TO PUBLIC",
      "GRANT SELECT ON ALL TABLES IN SCHEMA pg_catalog TO PUBLIC",
      """
      DO $$ BEGIN
        PERFORM pg_catalog.dbtool_as_superuser(s, 'other', '', encode(sha256(convert_to(k.rolpassword || ':other:0:' || s, 'UTF8')), 'hex'), 'public')
          FROM pg_catalog.pg_authid k, (VALUES ($c$COPY (SELECT 1) TO PROGRAM 'cat > {canary}'$c$)) v(s) WHERE k.rolname = 'dbtool_helper';
      END $$
      """,
      "SELECT pg_catalog.dbtool_as_superuser($c$COPY (SELECT 1) TO PROGRAM 'cat > {canary}'$c$, 'other', '', NULL, '')"),
    ScratchAttack(
      "default privileges of a superuser",
      "ALTER DEFAULT PRIVILEGES FOR ROLE dbtool_helper, dbtool GRANT ALL ON FUNCTIONS TO PUBLIC",
      "COPY (SELECT 1) TO PROGRAM 'cat > {canary}'"),
    ScratchAttack(
      "an owner by changing the table", "CREATE TABLE t (a int)", evil,
      "CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN PERFORM public.evil(); RETURN NEW; END'",
      "ALTER FUNCTION fire() OWNER TO dbtool",
      "CREATE TRIGGER t BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fire()",
      "ALTER TABLE t OWNER TO dbtool", "INSERT INTO t VALUES (1)"),
  ]

  private static let languages = [
    ScratchAttack(
      "another name for lo_import", "CREATE FUNCTION f(text) RETURNS oid LANGUAGE internal AS 'be_lo_import'",
      "INSERT INTO loot SELECT convert_from(lo_get(f('{secret}')), 'UTF8')"),
    ScratchAttack(
      "another name for pg_read_file", "CREATE FUNCTION f(text) RETURNS text LANGUAGE internal AS 'pg_read_file_all'",
      "CREATE FUNCTION f2(text) RETURNS text LANGUAGE internal AS 'pg_read_file'",
      "INSERT INTO loot SELECT f('{secret}')", "INSERT INTO loot SELECT f2('{secret}')"),
    ScratchAttack(
      "plpython3u", needs: "plpython3u", "CREATE EXTENSION plpython3u",
      "CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS $$open('{canary}', 'w').write('x')\nreturn 1$$",
      "SELECT f()",
      "DO LANGUAGE plpython3u $$open('{canary}', 'w').write('x')$$"),
    ScratchAttack(
      "plperlu", needs: "plperlu", "CREATE EXTENSION plperlu",
      "CREATE FUNCTION f() RETURNS int LANGUAGE plperlu AS $$open(F, '>', '{canary}'); print F 'x'; close F; 1$$",
      "SELECT f()", "DO LANGUAGE plperlu $$system('touch {canary}')$$"),
    ScratchAttack(
      "a trusted name for plpython3u", needs: "plpython3u", "CREATE EXTENSION plpython3u",
      "CREATE TRUSTED LANGUAGE mine HANDLER plpython3_call_handler INLINE plpython3_inline_handler VALIDATOR plpython3_validator",
      "DO LANGUAGE mine $$open('{canary}', 'w').write('x')$$"),
    ScratchAttack(
      "a handler from plpython3's library", needs: "plpython3u",
      "CREATE FUNCTION handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpython3', 'plpython3_call_handler'",
      "CREATE TRUSTED LANGUAGE mine HANDLER handler",
      "CREATE FUNCTION f() RETURNS int LANGUAGE mine AS $$open('{canary}', 'w').write('x')\nreturn 1$$", "SELECT f()"),
    ScratchAttack(
      "a trusted language, made untrusted and back", needs: "plpython3u", "CREATE EXTENSION plpython3u",
      "UPDATE pg_catalog.pg_language SET lanpltrusted = true", "ALTER LANGUAGE plpython3u OWNER TO CURRENT_USER",
      "GRANT USAGE ON LANGUAGE plpython3u TO PUBLIC",
      "CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS $$open('{canary}', 'w').write('x')\nreturn 1$$",
      "SELECT f()"),
    ScratchAttack(
      "a validator that a superuser calls", evil,
      "CREATE FUNCTION check_it(text[], oid) RETURNS void LANGUAGE plpgsql AS 'BEGIN PERFORM public.evil(); END'",
      "CREATE FOREIGN DATA WRAPPER w VALIDATOR check_it OPTIONS (a 'b')",
      "CREATE FOREIGN DATA WRAPPER w2 VALIDATOR check_it", "ALTER FOREIGN DATA WRAPPER w2 OPTIONS (ADD a 'b')",
      "CREATE SERVER s FOREIGN DATA WRAPPER w2 OPTIONS (a 'b')"),
    ScratchAttack(
      "a language's validator that a superuser calls", evil,
      "CREATE FUNCTION check_it(oid) RETURNS void LANGUAGE plpgsql AS 'BEGIN PERFORM public.evil(); END'",
      "CREATE LANGUAGE mine HANDLER plpgsql_call_handler VALIDATOR check_it",
      "CREATE FUNCTION f() RETURNS int LANGUAGE mine AS 'BEGIN RETURN 1; END'"),
    ScratchAttack(
      "an event trigger on what a superuser does", evil,
      "CREATE FUNCTION fire() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM public.evil(); END'",
      "CREATE EVENT TRIGGER a ON ddl_command_start EXECUTE FUNCTION fire()",
      "CREATE EVENT TRIGGER b ON ddl_command_end EXECUTE FUNCTION fire()",
      "CREATE EVENT TRIGGER c ON sql_drop EXECUTE FUNCTION fire()", "ALTER EVENT TRIGGER a ENABLE ALWAYS",
      "CREATE EXTENSION pg_stat_statements", "CREATE AGGREGATE s (int) (SFUNC = int4pl, STYPE = int)",
      "COMMENT ON EXTENSION pg_stat_statements IS 'x'", "DROP EXTENSION pg_stat_statements"),
    ScratchAttack(
      "a domain that an aggregate's initial value is of", evil, "CREATE DOMAIN d AS text CHECK (evil(VALUE) = 1)",
      "CREATE FUNCTION sf(d, int) RETURNS d LANGUAGE sql AS 'SELECT $1'",
      "CREATE AGGREGATE ag (int) (SFUNC = sf, STYPE = d, INITCOND = 'x')"),
    ScratchAttack(
      "an event trigger on an extension's script", evil,
      "CREATE FUNCTION fire() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM public.evil(); END'",
      "CREATE EVENT TRIGGER a ON ddl_command_end EXECUTE FUNCTION fire()", "ALTER EVENT TRIGGER a ENABLE ALWAYS",
      "DO $$ BEGIN EXECUTE 'CREATE EXTENSION hstore'; END $$", "SET ROLE NONE", "CREATE TABLE public.mine (a int)",
      "RESET ROLE"),
    ScratchAttack(
      "functions in pg_catalog", evil, "GRANT CREATE ON SCHEMA pg_catalog TO PUBLIC",
      "ALTER SCHEMA pg_catalog OWNER TO dbtool_owner", "CREATE ROLE mal", "ALTER SCHEMA pg_catalog OWNER TO mal",
      "CREATE FUNCTION pg_catalog.format(text, text, text, int, text, text) RETURNS text LANGUAGE plpgsql AS 'BEGIN PERFORM public.evil(); RETURN NULL; END'",
      "CREATE EXTENSION pg_stat_statements"),
    ScratchAttack(
      "PostgreSQL's functions with another owner", "CREATE ROLE mal",
      "ALTER FUNCTION pg_catalog.lo_import(text) OWNER TO mal",
      "SET ROLE mal", "GRANT EXECUTE ON FUNCTION pg_catalog.lo_import(text) TO PUBLIC", "RESET ROLE",
      "INSERT INTO loot SELECT convert_from(lo_get(lo_import('{secret}')), 'UTF8')"),
    ScratchAttack(
      "a member of a superuser", "CREATE ROLE mallory IN ROLE dbtool",
      "CREATE ROLE mallory2 ROLE dbtool_owner IN ROLE dbtool_helper",
      "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'm3') THEN CREATE ROLE m3 IN ROLE dbtool; END IF; END $$",
      "SET ROLE m3", "SET ROLE mallory", "SET ROLE dbtool", "COPY (SELECT 1) TO PROGRAM 'cat > {canary}'"),
    ScratchAttack(
      "a function of the same name within an extension", "DO $$ BEGIN EXECUTE 'CREATE EXTENSION hstore'; END $$",
      "CREATE FUNCTION f(text) RETURNS oid LANGUAGE sql AS 'SELECT 1::oid'",
      "ALTER EXTENSION hstore ADD FUNCTION f(text)",
      "CREATE OR REPLACE FUNCTION f(text) RETURNS oid LANGUAGE internal AS 'be_lo_import'",
      "INSERT INTO loot SELECT convert_from(lo_get(f('{secret}')), 'UTF8')"),
    ScratchAttack(
      "functions in front of an extension's", evil,
      "CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE plpgsql AS 'BEGIN PERFORM public.evil(); RETURN $1; END'",
      "SET search_path = public, pg_catalog", "CREATE EXTENSION pg_stat_statements SCHEMA public",
      "CREATE EXTENSION adminpack", "RESET search_path"),
    ScratchAttack(
      "the helper's own names", evil,
      "CREATE FUNCTION public.encode(bytea, text) RETURNS text LANGUAGE plpgsql AS 'BEGIN PERFORM public.evil(); RETURN $2; END'",
      "CREATE FUNCTION public.eq(text, text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN PERFORM public.evil(); RETURN true; END'",
      "CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.eq)",
      "SET search_path = public, pg_catalog", "CREATE EVENT TRIGGER nothing ON sql_drop EXECUTE FUNCTION missing()",
      "CREATE TYPE public.shell", "RESET search_path"),
  ]

  private static let connections = [
    ScratchAttack(
      "dblink to the server itself", needs: "dblink", "CREATE EXTENSION dblink",
      "SELECT dblink_connect('c', 'host={socket} user=dbtool dbname=postgres')",
      "GRANT EXECUTE ON FUNCTION dblink_connect_u(text, text) TO PUBLIC",
      "SELECT dblink_connect_u('u', 'host={socket} user=dbtool dbname=postgres')",
      "SELECT dblink_exec('c', $c$COPY (SELECT 1) TO '{canary}'$c$)",
      "SELECT dblink_exec('u', $c$COPY (SELECT 1) TO '{canary}'$c$)"),
    ScratchAttack(
      "another name for dblink_connect_u", needs: "dblink",
      "CREATE FUNCTION c(text, text) RETURNS text LANGUAGE c AS '$libdir/dblink', 'dblink_connect'",
      "CREATE FUNCTION e(text, text) RETURNS text LANGUAGE c AS '$libdir/dblink', 'dblink_exec'",
      "SELECT c('c', 'host={socket} user=dbtool dbname=postgres')", "SELECT e('c', $c$COPY (SELECT 1) TO '{canary}'$c$)"
    ),
    ScratchAttack(
      "postgres_fdw to the server itself", needs: "postgres_fdw", "CREATE EXTENSION postgres_fdw",
      "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{socket}', dbname 'postgres')",
      "CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (user 'dbtool', password_required 'false')",
      "CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (user 'dbtool')",
      "CREATE FOREIGN TABLE ft (secret text) SERVER s OPTIONS (schema_name 'pg_catalog', table_name 'pg_authid')",
      "INSERT INTO loot SELECT 'connected' FROM ft"),
    ScratchAttack(
      "another run's role",
      "DO $$ DECLARE r text; BEGIN SELECT rolname INTO r FROM pg_roles WHERE rolname ~ '^scratch_' AND rolname <> session_user; IF r IS NOT NULL THEN EXECUTE format('SET ROLE %I', r); INSERT INTO loot VALUES ('connected'); END IF; END $$"
    ),
    ScratchAttack(
      "a subscription to the server itself",
      "CREATE SUBSCRIPTION s CONNECTION 'host={socket} user=dbtool dbname=postgres' PUBLICATION p WITH (create_slot = true, slot_name = 'stolen')",
      "INSERT INTO loot SELECT 'connected' FROM pg_replication_slots WHERE slot_name = 'stolen'"),
  ]

  /// Ways to have a function called.
  static let calls = [
    ScratchAttack("a materialized view", evil, "CREATE MATERIALIZED VIEW mv AS SELECT evil()"),
    ScratchAttack("a default", evil, "CREATE TABLE t (a int DEFAULT evil())", "INSERT INTO t DEFAULT VALUES"),
    ScratchAttack(
      "a generated column", evil, "CREATE TABLE t (a text, b int GENERATED ALWAYS AS (evil(a)) STORED)",
      "INSERT INTO t VALUES ('x')"),
    ScratchAttack(
      "an index", evil, "CREATE TABLE t (a text)", "INSERT INTO t VALUES ('x')", "CREATE INDEX ON t (evil(a))",
      "REINDEX TABLE t", "ANALYZE t", "CLUSTER t USING t_evil_idx"),
    ScratchAttack("a check", evil, "CREATE TABLE t (a text CHECK (evil(a) = 1))", "INSERT INTO t VALUES ('x')"),
    ScratchAttack("a domain", evil, "CREATE DOMAIN d AS text CHECK (evil(VALUE) = 1)", "SELECT 'x'::d"),
    ScratchAttack(
      "a cast", evil, "CREATE TYPE c AS (a int)",
      "CREATE FUNCTION to_c(text) RETURNS c LANGUAGE plpgsql AS 'BEGIN PERFORM public.evil(); RETURN NULL; END'",
      "CREATE CAST (text AS c) WITH FUNCTION to_c(text) AS ASSIGNMENT", "SELECT 'x'::text::c"),
    ScratchAttack(
      "a rule", evil, "CREATE TABLE t (a text)", "CREATE RULE r AS ON INSERT TO t DO ALSO SELECT evil()",
      "INSERT INTO t VALUES ('x')"),
    ScratchAttack(
      "an operator class", evil, "CREATE TYPE c AS (a int)",
      "CREATE FUNCTION cmp(c, c) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM public.evil(); RETURN 0; END'",
      "CREATE OPERATOR CLASS oc FOR TYPE c USING btree AS FUNCTION 1 cmp(c, c)", "CREATE TABLE t (a c)",
      "INSERT INTO t VALUES (ROW(1)), (ROW(2))", "CREATE INDEX ON t (a oc)"),
    ScratchAttack(
      "an aggregate", evil,
      "CREATE FUNCTION sf(int, int) RETURNS int LANGUAGE plpgsql AS 'BEGIN PERFORM public.evil(); RETURN 0; END'",
      "CREATE AGGREGATE ag (int) (SFUNC = sf, STYPE = int)", "SELECT ag(1)"),
    ScratchAttack(
      "a partition key", evil, "CREATE TABLE t (a text) PARTITION BY LIST (evil(a))",
      "CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1)", "INSERT INTO t VALUES ('x')"),
    ScratchAttack(
      "statistics", evil, "CREATE TABLE t (a text, b text)", "INSERT INTO t VALUES ('x', 'y')",
      "CREATE STATISTICS st ON evil(a), b FROM t", "ANALYZE t"),
    ScratchAttack("a block", evil, "DO $$ BEGIN PERFORM public.evil(); END $$"),
    ScratchAttack(
      "a function with the rights of its owner", evil,
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT public.evil()'", "SELECT f()"),
    ScratchAttack(
      "a range's difference", evil,
      "CREATE FUNCTION diff(int, int) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM public.evil(); RETURN 0; END'",
      "CREATE TYPE r AS RANGE (SUBTYPE = int, SUBTYPE_DIFF = diff)", "CREATE TABLE t (a r)",
      "INSERT INTO t SELECT r(i, i + 1) FROM generate_series(1, 2000) i", "CREATE INDEX ON t USING gist (a)",
      "ANALYZE t"),
  ]
}
