CREATE TABLE t (id bigserial, n int, m serial); ALTER TABLE t OWNER TO corpus_owner; CREATE SEQUENCE free; CREATE SEQUENCE his;
CREATE TABLE u (id int, k int DEFAULT nextval('his')); ALTER TABLE u OWNER TO corpus_owner; ALTER SEQUENCE his OWNER TO corpus_owner; ALTER SEQUENCE his OWNED BY u.k;
CREATE SEQUENCE u_id_seq AS int; GRANT USAGE ON SEQUENCE u_id_seq TO corpus_reader; GRANT SELECT ON SEQUENCE his TO corpus_other; GRANT SELECT ON SEQUENCE t_m_seq TO corpus_other;
ALTER SEQUENCE free OWNER TO corpus_owner; ALTER SEQUENCE free OWNED BY t.n;
