CREATE TABLE other (id integer, name text);
CREATE TABLE made_anew (id integer, name text) PARTITION BY LIST (id);
CREATE VIEW v AS SELECT o.id, o.name FROM other o;
CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM other; END;
CREATE TABLE guarded (id integer);
CREATE POLICY p ON guarded USING (EXISTS (SELECT FROM other o WHERE o.id = guarded.id));
CREATE RULE r AS ON DELETE TO guarded DO ALSO DELETE FROM other;
