CREATE TABLE t1 (id integer PRIMARY KEY);
CREATE TABLE t3 (id integer PRIMARY KEY, c1 integer REFERENCES t1);
ALTER TABLE t1 ENABLE ROW LEVEL SECURITY;
-- The table goes only once nothing needs it any more.
CREATE POLICY p ON t1 USING (EXISTS (SELECT FROM t3));
