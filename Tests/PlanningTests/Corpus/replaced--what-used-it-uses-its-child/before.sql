CREATE TABLE root (id integer, name text);
CREATE TABLE heir (name text, wage integer) INHERITS (root);
CREATE VIEW heirs AS SELECT h.id, h.name FROM heir h;
CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM heir; END;
CREATE POLICY p ON root USING (EXISTS (SELECT FROM heir));
