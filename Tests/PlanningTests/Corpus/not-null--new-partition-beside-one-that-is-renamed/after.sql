CREATE TABLE tree (k integer NOT NULL, region text NOT NULL, amount integer, note text) PARTITION BY LIST (region);
CREATE TABLE tree_us PARTITION OF tree FOR VALUES IN ('us');
CREATE TABLE tree_eu PARTITION OF tree FOR VALUES IN ('eu') PARTITION BY RANGE (k);
CREATE TABLE tree_eu_1 PARTITION OF tree_eu FOR VALUES FROM (0) TO (100);
ALTER TABLE tree_eu_1 ALTER amount SET NOT NULL;
