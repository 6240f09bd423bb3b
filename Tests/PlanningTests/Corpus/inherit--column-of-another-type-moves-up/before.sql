CREATE TABLE a (id int);
CREATE TABLE b (n int) INHERITS (a);
