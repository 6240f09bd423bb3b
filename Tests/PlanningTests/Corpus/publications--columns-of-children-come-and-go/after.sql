CREATE TABLE m (id int NOT NULL, region text NOT NULL) PARTITION BY LIST (region);
CREATE TABLE m_eu PARTITION OF m FOR VALUES IN ('eu');
CREATE TABLE root (id int);
CREATE TABLE heir (own int) INHERITS (root);
CREATE PUBLICATION p FOR TABLE m (id), TABLE m_eu (region), TABLE ONLY root (id), TABLE ONLY heir (own) WITH (publish = 'insert', publish_via_partition_root = true);
