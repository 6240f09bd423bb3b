CREATE TABLE pt (k integer NOT NULL, v integer) PARTITION BY LIST (k);
CREATE TABLE pt1 PARTITION OF pt FOR VALUES IN (1);
CREATE TABLE root (id integer, born date);
CREATE TABLE heir (wage integer) INHERITS (root);
CREATE TABLE grandheir () INHERITS (heir);
CREATE TABLE goes (p pt1, ps pt1[], g grandheir);
CREATE TABLE stays (id integer, h heir, p pt1);
