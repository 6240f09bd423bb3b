CREATE EXTENSION ltree;
CREATE TABLE t (a jsonb DEFAULT '{}', b text, c ltree);
CREATE VIEW v AS SELECT a -> 'x' AS x FROM t;
