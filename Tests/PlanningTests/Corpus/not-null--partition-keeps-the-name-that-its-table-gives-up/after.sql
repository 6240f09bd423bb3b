CREATE TABLE promise (a integer, k integer) PARTITION BY LIST (k);
CREATE TABLE kept (a integer, k integer);
ALTER TABLE promise ATTACH PARTITION kept FOR VALUES IN (1);
ALTER TABLE kept ADD CONSTRAINT of_whole NOT NULL a;
ALTER TABLE promise ADD CONSTRAINT other NOT NULL a;
