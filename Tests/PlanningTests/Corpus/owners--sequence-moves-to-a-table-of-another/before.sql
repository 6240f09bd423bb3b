CREATE TABLE a (id serial); CREATE TABLE b (id int); ALTER TABLE a OWNER TO corpus_owner; ALTER TABLE b OWNER TO corpus_other;
