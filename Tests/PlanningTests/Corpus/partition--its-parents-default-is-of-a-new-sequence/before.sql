CREATE TABLE p(id int default 1,k int) PARTITION BY LIST(k); CREATE TABLE p2 PARTITION OF p (id default 5) DEFAULT;
