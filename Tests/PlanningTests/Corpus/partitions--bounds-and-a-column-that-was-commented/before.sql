CREATE TABLE pt (k integer, v integer, gone integer) PARTITION BY RANGE (k);
CREATE TABLE pt1 PARTITION OF pt FOR VALUES FROM (1) TO (10);
COMMENT ON COLUMN pt1.gone IS 'x';
GRANT SELECT (gone) ON pt1 TO corpus_reader;
ALTER TABLE pt1 ALTER gone SET DEFAULT 7;
CREATE INDEX pt1_gone ON pt1 (gone);
