CREATE TABLE pt (k integer NOT NULL, v bigint) PARTITION BY LIST (k);
CREATE TABLE pt1 PARTITION OF pt FOR VALUES IN (1);
CREATE TABLE root (id integer, born timestamp);
CREATE TABLE heir (wage integer) INHERITS (root);
CREATE TABLE grandheir () INHERITS (heir);
CREATE TABLE stays (id integer, h heir, p pt1);
CREATE TABLE comes (p pt1, ps pt1[], g grandheir);
CREATE MATERIALIZED VIEW kept AS SELECT p FROM pt1 p;
