CREATE TABLE pt (k integer NOT NULL, v integer, twice integer GENERATED ALWAYS AS (k * 2) STORED) PARTITION BY LIST (k);
CREATE TABLE pt1 PARTITION OF pt FOR VALUES IN (1);
CREATE TABLE holder (a pt, b pt1);
