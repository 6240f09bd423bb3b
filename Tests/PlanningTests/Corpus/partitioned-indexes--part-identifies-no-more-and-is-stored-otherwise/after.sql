CREATE SCHEMA s1;
CREATE TABLE s1.sized (id integer, k integer NOT NULL, v text) PARTITION BY LIST (k);
CREATE TABLE s1.sized_1 PARTITION OF s1.sized FOR VALUES IN (1, 2);
ALTER TABLE s1.sized_1 ADD CONSTRAINT sized_own PRIMARY KEY (id, k);
CREATE VIEW s1.v_sized AS SELECT id, v FROM s1.sized_1 GROUP BY id, k;
CREATE UNIQUE INDEX sized_u ON s1.sized (k, id);
ALTER TABLE s1.sized_1 CLUSTER ON sized_1_k_id_idx;
ALTER TABLE s1.sized_1 REPLICA IDENTITY FULL;
