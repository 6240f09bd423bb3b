CREATE TABLE t (a int, b int); CREATE VIEW v AS SELECT a, b FROM t;
GRANT INSERT ON t, v TO corpus_reader; GRANT INSERT (a), SELECT (a) ON t TO corpus_reader; GRANT INSERT (a), SELECT (b) ON v TO corpus_reader; GRANT ALL ON t TO corpus_other WITH GRANT OPTION;
BEGIN; SET LOCAL ROLE corpus_other; GRANT INSERT ON t TO corpus_owner; GRANT SELECT (a), INSERT (b) ON t TO corpus_owner; COMMIT;
