CREATE TABLE t (a int, b int); CREATE TABLE u (a int); ALTER TABLE u OWNER TO corpus_other; CREATE FUNCTION f(int) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
GRANT SELECT ON t TO corpus_reader WITH GRANT OPTION; GRANT EXECUTE ON FUNCTION f(int) TO corpus_owner WITH GRANT OPTION;
BEGIN; SET LOCAL ROLE corpus_reader; GRANT SELECT ON t TO corpus_other WITH GRANT OPTION; COMMIT;
BEGIN; SET LOCAL ROLE corpus_other; GRANT SELECT ON t TO corpus_owner; GRANT SELECT (a) ON t TO corpus_owner; GRANT SELECT ON u TO corpus_reader; COMMIT;
BEGIN; SET LOCAL ROLE corpus_owner; GRANT EXECUTE ON FUNCTION f(int) TO corpus_reader; COMMIT;
