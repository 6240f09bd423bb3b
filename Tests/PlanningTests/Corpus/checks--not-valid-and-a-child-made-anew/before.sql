CREATE TABLE root (id integer, name text);
CREATE TABLE heir (wage integer) INHERITS (root);
CREATE TABLE grandheir () INHERITS (heir);
ALTER TABLE root ADD CONSTRAINT root_id CHECK (id > 0) NOT VALID;
CREATE TABLE pt (k integer, v integer) PARTITION BY LIST (k);
CREATE TABLE pt1 PARTITION OF pt FOR VALUES IN (1);
CREATE INDEX pt_v ON ONLY pt (v);
