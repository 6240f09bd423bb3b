CREATE TABLE a (x int); CREATE TABLE b (n int, x int) INHERITS (a);
