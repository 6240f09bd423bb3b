CREATE DOMAIN amount AS bigint CHECK (VALUE < 1000) CHECK (VALUE > 0);
CREATE TYPE crate AS (n integer, tag text, many amount[]);
CREATE TYPE crates AS (one crate);
CREATE FUNCTION f(v crate) RETURNS text LANGUAGE sql IMMUTABLE RETURN (v).tag;
CREATE FUNCTION g(v crates) RETURNS crate LANGUAGE sql IMMUTABLE RETURN (v).one;
CREATE FUNCTION h(v amount[]) RETURNS amount LANGUAGE sql IMMUTABLE RETURN v[1];
CREATE FUNCTION own(v amount) RETURNS bigint LANGUAGE sql IMMUTABLE RETURN v + 1;
CREATE VIEW uses AS SELECT f(ROW(1, 'x', NULL)::crate) AS tag;
