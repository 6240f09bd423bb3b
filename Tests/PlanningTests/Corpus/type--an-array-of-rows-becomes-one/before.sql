CREATE TABLE tree (k int NOT NULL, region text NOT NULL, amount int, note text) PARTITION BY LIST (region);
CREATE TABLE tree_us PARTITION OF tree FOR VALUES IN ('us');
CREATE TABLE leaf_rows (id int, r tree_us[]);
