CREATE TYPE crate AS (n bigint, tag text);
CREATE TYPE crates AS (name text, one crate);
CREATE FUNCTION f(v crate) RETURNS text LANGUAGE sql IMMUTABLE RETURN (v).tag;
CREATE FUNCTION g(v crates) RETURNS text LANGUAGE sql IMMUTABLE RETURN (v).name;
CREATE FUNCTION h(v crate[]) RETURNS crate LANGUAGE sql IMMUTABLE RETURN v[1];
