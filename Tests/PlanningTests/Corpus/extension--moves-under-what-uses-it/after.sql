CREATE SCHEMA extensions;
CREATE EXTENSION pg_trgm SCHEMA extensions;
CREATE EXTENSION citext SCHEMA extensions;
CREATE EXTENSION hstore SCHEMA extensions;
CREATE DOMAIN mail AS extensions.citext CHECK (VALUE OPERATOR(extensions.~) '@'::extensions.citext);
CREATE TYPE pair AS (a extensions.citext, b extensions.hstore[]);
CREATE FUNCTION f(extensions.citext, extensions.hstore[] DEFAULT '{}') RETURNS extensions.citext LANGUAGE sql AS 'SELECT $1';
CREATE TABLE t (
  a text, b extensions.citext PRIMARY KEY DEFAULT 'x', c extensions.citext[], d mail, e pair, g extensions.hstore,
  CHECK (b OPERATOR(extensions.<>) 'z'::extensions.citext), h extensions.citext);
CREATE INDEX ON t USING gin (a extensions.gin_trgm_ops);
CREATE INDEX ON t USING gin (g);
CREATE VIEW v AS
  SELECT extensions.similarity(a, 'x') AS s, f(b), g OPERATOR(extensions.->) 'x' AS x FROM t WHERE a OPERATOR(extensions.%) 'x';
CREATE TABLE p (k extensions.citext) PARTITION BY LIST (k);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN ('a');
