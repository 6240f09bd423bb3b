CREATE TABLE stays (id int, v int, w int);
CREATE TABLE t (id int CONSTRAINT t_pkey PRIMARY KEY, v int, w int CONSTRAINT held UNIQUE, z int);
CREATE INDEX t_v_idx ON t (v);
CREATE INDEX seq_name ON t (w DESC);
CREATE INDEX view_name ON t (z);
