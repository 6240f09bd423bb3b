CREATE TABLE p (id int PRIMARY KEY, n text);
CREATE VIEW v AS SELECT id, n, count(*) FROM p GROUP BY id;
CREATE TABLE c (pid int REFERENCES p);
