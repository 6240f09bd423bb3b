CREATE SCHEMA s1;
CREATE TABLE s1.sized (id integer NOT NULL, k integer NOT NULL, v text) PARTITION BY LIST (k);
CREATE TABLE s1.sized_1 PARTITION OF s1.sized FOR VALUES IN (1);
ALTER TABLE s1.sized_1 ADD CONSTRAINT sized_own PRIMARY KEY (id, k);
CREATE VIEW s1.v_sized AS SELECT id, v FROM s1.sized_1 GROUP BY id, k;
CREATE UNIQUE INDEX sized_u ON s1.sized (k, id);
ALTER INDEX s1.sized_1_k_id_idx SET (fillfactor = 60);
ALTER INDEX s1.sized_1_k_id_idx RESET (fillfactor);
ALTER TABLE s1.sized_1 REPLICA IDENTITY USING INDEX sized_1_k_id_idx;
