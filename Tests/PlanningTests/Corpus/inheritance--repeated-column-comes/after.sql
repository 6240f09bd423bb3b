CREATE TABLE a (x int, k text); CREATE TABLE b (n int, x int, k text) INHERITS (a);
