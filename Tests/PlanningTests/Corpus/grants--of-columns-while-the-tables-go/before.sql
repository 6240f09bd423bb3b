CREATE TABLE t (a int, b int); CREATE VIEW v AS SELECT a, b FROM t;
GRANT SELECT ON t, v TO corpus_reader; GRANT UPDATE (a), SELECT (a, b) ON t TO corpus_reader; GRANT UPDATE (a), SELECT (b) ON v TO corpus_reader; GRANT ALL ON t TO corpus_other WITH GRANT OPTION;
BEGIN; SET LOCAL ROLE corpus_other; GRANT SELECT, UPDATE ON t TO corpus_owner; GRANT SELECT (a), UPDATE (b) ON t TO corpus_owner; COMMIT;
