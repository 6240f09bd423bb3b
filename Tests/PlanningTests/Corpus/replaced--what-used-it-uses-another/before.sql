CREATE TABLE other (id integer, name text);
CREATE TABLE made_anew (id integer, name text);
CREATE VIEW v AS SELECT m.id, m.name FROM made_anew m;
CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM made_anew; END;
CREATE TABLE guarded (id integer);
CREATE POLICY p ON guarded USING (EXISTS (SELECT FROM made_anew m WHERE m.id = guarded.id));
CREATE RULE r AS ON DELETE TO guarded DO ALSO DELETE FROM made_anew;
