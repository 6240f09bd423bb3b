CREATE TABLE m (id int NOT NULL, region text NOT NULL, amount int, note text) PARTITION BY LIST (region);
CREATE TABLE m_eu PARTITION OF m FOR VALUES IN ('eu');
CREATE TABLE root (id int, amount int, note text);
CREATE TABLE heir (own int) INHERITS (root);
CREATE PUBLICATION p FOR TABLE m (id, amount) WHERE (amount > 1), TABLE m_eu (region, note) WHERE (note <> ''), TABLE ONLY root (id, note) WHERE (amount > 2), TABLE ONLY heir (amount) WHERE (note <> '') WITH (publish = 'insert', publish_via_partition_root = true);
