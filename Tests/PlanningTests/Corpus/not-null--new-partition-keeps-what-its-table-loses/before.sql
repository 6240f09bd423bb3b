CREATE TABLE tree (k integer NOT NULL, region text NOT NULL, amount integer NOT NULL) PARTITION BY LIST (region);
CREATE TABLE tree_us PARTITION OF tree FOR VALUES IN ('us');
