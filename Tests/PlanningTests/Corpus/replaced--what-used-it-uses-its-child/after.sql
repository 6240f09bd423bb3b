CREATE TABLE root (id integer, name text);
CREATE TABLE heir (wage integer) INHERITS (root);
CREATE TABLE grandheir (id integer, name text) INHERITS (heir);
CREATE VIEW heirs AS SELECT h.id, h.name FROM grandheir h;
CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM grandheir; END;
CREATE POLICY p ON root USING (EXISTS (SELECT FROM grandheir));
