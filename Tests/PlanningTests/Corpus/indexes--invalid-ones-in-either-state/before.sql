CREATE TABLE t (a int, b text); CREATE MATERIALIZED VIEW m AS SELECT a FROM t; CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p_1 PARTITION OF p FOR VALUES IN (1);
CREATE INDEX gone ON t (b); COMMENT ON INDEX gone IS 'left behind'; UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'gone'::regclass;
