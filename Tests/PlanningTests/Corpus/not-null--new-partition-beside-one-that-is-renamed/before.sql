CREATE TABLE tree (k integer NOT NULL, region text NOT NULL, note text NOT NULL) PARTITION BY LIST (region);
CREATE TABLE tree_us (k integer NOT NULL, region text NOT NULL, note text NOT NULL);
ALTER TABLE tree ATTACH PARTITION tree_us FOR VALUES IN ('us');
