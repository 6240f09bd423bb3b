CREATE TABLE t (a int, b int); CREATE VIEW v AS SELECT a, b FROM t; CREATE TABLE o (a int); ALTER TABLE o OWNER TO corpus_owner;
GRANT INSERT ON t TO corpus_reader; GRANT SELECT (a) ON t TO corpus_reader;
GRANT SELECT ON v TO corpus_reader; GRANT SELECT (b) ON v TO corpus_reader WITH GRANT OPTION;
GRANT UPDATE (a) ON o TO corpus_owner; REVOKE UPDATE ON o FROM corpus_owner; GRANT UPDATE (a) ON o TO corpus_owner; GRANT UPDATE (b) ON t TO PUBLIC;
