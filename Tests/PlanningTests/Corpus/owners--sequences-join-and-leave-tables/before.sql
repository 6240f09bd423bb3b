CREATE TABLE t (id int, n int); ALTER TABLE t OWNER TO corpus_owner; CREATE SEQUENCE free; CREATE SEQUENCE his; ALTER SEQUENCE his OWNER TO corpus_other;
CREATE TABLE u (id serial, k int); ALTER TABLE u OWNER TO corpus_other; GRANT USAGE ON SEQUENCE u_id_seq TO corpus_reader;
