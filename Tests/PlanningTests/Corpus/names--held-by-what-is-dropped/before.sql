CREATE TABLE gone (id int CONSTRAINT t_pkey PRIMARY KEY, v int);
CREATE INDEX t_v_idx ON gone (v);
CREATE TABLE stays (id int CONSTRAINT held UNIQUE, v int, w int);
CREATE SEQUENCE seq_name;
CREATE VIEW view_name AS SELECT 1 AS one;
CREATE TABLE t (id int CONSTRAINT t_pkey1 PRIMARY KEY, v int, w int CONSTRAINT w1 UNIQUE, z int);
CREATE INDEX t_v_idx1 ON t (v);
CREATE INDEX w2 ON t (w DESC);
CREATE INDEX w3 ON t (z);
