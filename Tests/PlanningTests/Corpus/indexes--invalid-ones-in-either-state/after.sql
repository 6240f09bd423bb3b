CREATE TABLE t (a int, b text); CREATE MATERIALIZED VIEW m AS SELECT a FROM t; CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p_1 PARTITION OF p FOR VALUES IN (1);
CREATE UNIQUE INDEX broken ON t (a); CREATE INDEX t_b_idx_ccnew ON t (lower(b)) WHERE a > 1; CREATE INDEX m_a ON m (a); CREATE INDEX of_partition ON p_1 (a);
UPDATE pg_index SET indisvalid = false WHERE indexrelid IN ('broken'::regclass, 't_b_idx_ccnew'::regclass, 'm_a'::regclass, 'of_partition'::regclass);
