/// What somebody puts into a schema that comes first in `search_path`, and sets on a role or a database.
package enum Shadowing {
  /// What runs, as whoever: a number is taken that no ROLLBACK gives back.
  package static let trap = """
    CREATE SCHEMA evil;
    CREATE SEQUENCE evil.runs;
    CREATE FUNCTION evil.ran() RETURNS boolean LANGUAGE sql SECURITY DEFINER
      AS $$ SELECT pg_catalog.nextval('evil.runs') OPERATOR(pg_catalog.>) 0 $$;
    """

  package static let kinds = sql.keys.sorted()

  /// What takes the place of what dbtool says, in a schema that comes first.
  package static let sql = [
    "functions": """
    CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT pg_catalog.now() WHERE evil.ran()';
    CREATE FUNCTION evil.to_regclass(text) RETURNS regclass LANGUAGE sql AS 'SELECT NULL::regclass WHERE evil.ran()';
    CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS 'SELECT $2 WHERE evil.ran()';
    CREATE FUNCTION evil.current_setting(text) RETURNS text LANGUAGE sql AS 'SELECT $1 WHERE evil.ran()';
    CREATE FUNCTION evil.pg_backend_pid() RETURNS integer LANGUAGE sql AS 'SELECT 1 WHERE evil.ran()';
    CREATE FUNCTION evil.current_database() RETURNS name LANGUAGE sql AS $$ SELECT 'x'::name WHERE evil.ran() $$;
    CREATE FUNCTION evil.format_type(oid, integer) RETURNS text LANGUAGE sql AS $$ SELECT 'x' WHERE evil.ran() $$;
    CREATE FUNCTION evil.pg_get_expr(pg_node_tree, oid) RETURNS text LANGUAGE sql AS $$ SELECT 'x' WHERE evil.ran() $$;
    CREATE FUNCTION evil.pg_advisory_xact_lock(integer, integer) RETURNS void LANGUAGE sql AS 'SELECT evil.ran()::text::void';
    CREATE FUNCTION evil.hashtext(text) RETURNS integer LANGUAGE sql AS 'SELECT 1 WHERE evil.ran()';
    CREATE FUNCTION evil.greatest_of(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1 WHERE evil.ran()';
    CREATE FUNCTION evil.date_trunc(text, timestamptz) RETURNS timestamptz LANGUAGE sql AS 'SELECT $2 WHERE evil.ran()';
    CREATE FUNCTION evil.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT pg_catalog.now() WHERE evil.ran()';
    CREATE FUNCTION evil.left(text, integer) RETURNS text LANGUAGE sql AS 'SELECT $1 WHERE evil.ran()';
    CREATE FUNCTION evil.quote_ident(text) RETURNS text LANGUAGE sql AS 'SELECT $1 WHERE evil.ran()';
    """,
    "operators": """
    CREATE FUNCTION evil.eq(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT evil.ran()';
    CREATE FUNCTION evil.eq(integer, integer) RETURNS boolean LANGUAGE sql AS 'SELECT evil.ran()';
    CREATE FUNCTION evil.eq(oid, oid) RETURNS boolean LANGUAGE sql AS 'SELECT evil.ran()';
    CREATE FUNCTION evil.eq(name, name) RETURNS boolean LANGUAGE sql AS 'SELECT evil.ran()';
    CREATE FUNCTION evil.eq(name, text) RETURNS boolean LANGUAGE sql AS 'SELECT evil.ran()';
    CREATE FUNCTION evil.join(text, text) RETURNS text LANGUAGE sql AS 'SELECT $1 WHERE evil.ran()';
    CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.eq);
    CREATE OPERATOR evil.= (LEFTARG = integer, RIGHTARG = integer, FUNCTION = evil.eq);
    CREATE OPERATOR evil.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = evil.eq);
    CREATE OPERATOR evil.= (LEFTARG = name, RIGHTARG = name, FUNCTION = evil.eq);
    CREATE OPERATOR evil.= (LEFTARG = name, RIGHTARG = text, FUNCTION = evil.eq);
    CREATE OPERATOR evil.<> (LEFTARG = integer, RIGHTARG = integer, FUNCTION = evil.eq);
    CREATE OPERATOR evil.> (LEFTARG = integer, RIGHTARG = integer, FUNCTION = evil.eq);
    CREATE OPERATOR evil.<= (LEFTARG = integer, RIGHTARG = integer, FUNCTION = evil.eq);
    CREATE OPERATOR evil.> (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = evil.eq_big);
    CREATE OPERATOR evil.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.join);
    """.replacing(
      "CREATE OPERATOR evil.> (LEFTARG = bigint",
      with:
        "CREATE FUNCTION evil.eq_big(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT evil.ran()';\nCREATE OPERATOR evil.> (LEFTARG = bigint"
    ),
    // A type of one's own may be cast to any other, without being asked.
    "casts": """
    CREATE TYPE evil.regclass AS (o oid);
    CREATE TYPE evil.int4 AS (o oid);
    CREATE FUNCTION evil.cast_to(evil.regclass) RETURNS oid LANGUAGE sql AS 'SELECT 1::oid WHERE evil.ran()';
    CREATE FUNCTION evil.cast_from(text) RETURNS evil.regclass LANGUAGE sql AS 'SELECT NULL::evil.regclass WHERE evil.ran()';
    CREATE FUNCTION evil.cast_int(text) RETURNS evil.int4 LANGUAGE sql AS 'SELECT NULL::evil.int4 WHERE evil.ran()';
    CREATE CAST (evil.regclass AS oid) WITH FUNCTION evil.cast_to(evil.regclass) AS IMPLICIT;
    CREATE CAST (text AS evil.regclass) WITH FUNCTION evil.cast_from(text) AS IMPLICIT;
    CREATE CAST (text AS evil.int4) WITH FUNCTION evil.cast_int(text) AS IMPLICIT;
    """,
    "types": """
    CREATE DOMAIN evil.text AS pg_catalog.text CHECK (evil.ran());
    CREATE DOMAIN evil.oid AS pg_catalog.oid CHECK (evil.ran());
    CREATE DOMAIN evil.name AS pg_catalog.name CHECK (evil.ran());
    CREATE DOMAIN evil.regclass AS pg_catalog.regclass CHECK (evil.ran());
    CREATE DOMAIN evil.regnamespace AS pg_catalog.regnamespace CHECK (evil.ran());
    CREATE DOMAIN evil.timestamptz AS pg_catalog.timestamptz CHECK (evil.ran());
    CREATE DOMAIN evil.jsonb AS pg_catalog.jsonb CHECK (evil.ran());
    """,
    "relations": [
      "pg_class", "pg_namespace", "pg_database", "pg_inherits", "pg_index", "pg_locks",
      "pg_stat_activity", "pg_settings", "pg_roles", "pg_stat_progress_create_index", "pg_constraint",
    ].map { "CREATE VIEW evil.\($0) AS SELECT * FROM pg_catalog.\($0) WHERE evil.ran();" }.joined(separator: "\n")
      + """
      CREATE VIEW evil.pg_attribute AS SELECT attrelid, attname, atttypid, atttypmod, attnum, attnotnull, attisdropped,
        attgenerated, attidentity, attacl, attcollation FROM pg_catalog.pg_attribute WHERE evil.ran();
      """,
  ]

  /// What is set on role or database, and would change what dbtool reads, writes or waits for.
  package static let settings = [
    "DateStyle = 'SQL, DMY'", "TimeZone = 'Asia/Kathmandu'", "IntervalStyle = 'sql_standard'",
    "standard_conforming_strings = off", "quote_all_identifiers = on", "bytea_output = escape",
    "extra_float_digits = -15", "transform_null_equals = on", "array_nulls = off", "row_security = off",
    "statement_timeout = '300ms'", "lock_timeout = '300ms'", "idle_in_transaction_session_timeout = '300ms'",
    "idle_session_timeout = '300ms'", "exit_on_error = off",
    "default_transaction_isolation = 'serializable'", "default_transaction_read_only = on",
    "default_transaction_deferrable = on", "session_replication_role = 'replica'", "check_function_bodies = off",
    "client_encoding = 'LATIN1'",
  ]
}
