CREATE TABLE promise (a integer, k integer) PARTITION BY LIST (k);
CREATE TABLE kept (a integer, k integer);
ALTER TABLE promise ATTACH PARTITION kept FOR VALUES IN (1);
ALTER TABLE promise ADD CONSTRAINT of_whole NOT NULL a NOT VALID;
