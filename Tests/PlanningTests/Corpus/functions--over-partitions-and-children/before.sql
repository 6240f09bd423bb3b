CREATE TABLE m (id int, v int) PARTITION BY LIST (id);
CREATE TABLE root (id int, name text);
