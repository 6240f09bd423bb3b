CREATE SCHEMA s1;
CREATE TABLE s1.sized (id integer, k integer NOT NULL, v text) PARTITION BY LIST (k);
CREATE TABLE s1.sized_1 PARTITION OF s1.sized FOR VALUES IN (1);
CREATE TABLE s1.sized_rest PARTITION OF s1.sized DEFAULT;
ALTER TABLE s1.sized_1 ADD CONSTRAINT sized_own PRIMARY KEY (id);
CREATE UNIQUE INDEX sized_u ON s1.sized (k, id);
ALTER INDEX s1.sized_1_k_id_idx SET (fillfactor = 60);
ALTER TABLE s1.sized_1 REPLICA IDENTITY FULL;
