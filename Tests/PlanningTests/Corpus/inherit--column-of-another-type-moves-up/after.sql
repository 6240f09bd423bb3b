CREATE TABLE a (id int, n bigint);
CREATE TABLE b (n bigint) INHERITS (a);
