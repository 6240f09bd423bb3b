CREATE SEQUENCE a; CREATE TABLE t (x int); CREATE TABLE u (x bigint DEFAULT nextval('a'));
