CREATE DOMAIN d AS varchar; ALTER DOMAIN d ADD CONSTRAINT e CHECK (length(VALUE) > 5) NOT VALID; CREATE TYPE c AS (d d); CREATE TABLE t (a d, b d[], c c);
CREATE DOMAIN g AS bigint; CREATE TABLE u (id int, g g, h g[]);
