CREATE TABLE pt (k integer NOT NULL, v integer) PARTITION BY LIST (k);
CREATE TABLE pt1 PARTITION OF pt FOR VALUES IN (1);
CREATE TABLE holder (a pt1, b pt1[], c pt, d text);
