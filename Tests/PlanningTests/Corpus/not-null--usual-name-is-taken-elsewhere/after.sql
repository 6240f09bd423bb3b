CREATE TABLE t(id int, who text NOT NULL);
CREATE TABLE audit(w text CONSTRAINT t_who_not_null NOT NULL);
