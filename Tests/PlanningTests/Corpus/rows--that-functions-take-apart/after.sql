CREATE TABLE pt (k integer NOT NULL, v bigint) PARTITION BY LIST (k);
CREATE TABLE pt1 PARTITION OF pt FOR VALUES IN (1);
CREATE FUNCTION f(r pt1) RETURNS integer LANGUAGE sql IMMUTABLE RETURN (r).k;
CREATE FUNCTION stays_text(r pt1) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT (r).k';
CREATE VIEW v AS SELECT f(p) AS n FROM pt1 p;
CREATE TABLE plain (k integer, v integer, made timestamptz DEFAULT clock_timestamp());
CREATE FUNCTION comes(r plain) RETURNS integer LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT (r).k; END;
