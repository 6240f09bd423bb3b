CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO corpus_other; CREATE TABLE s.t (a int, b int);
GRANT SELECT, DELETE ON s.t TO corpus_other;
GRANT SELECT (a), UPDATE (b) ON s.t TO corpus_other WITH GRANT OPTION;
SET ROLE corpus_other; GRANT SELECT (a), UPDATE (b) ON s.t TO corpus_reader; RESET ROLE;
