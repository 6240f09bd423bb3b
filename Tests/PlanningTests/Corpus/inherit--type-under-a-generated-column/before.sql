CREATE TABLE a (id int, g int);
CREATE TABLE b (own bigint GENERATED ALWAYS AS (g + 1) STORED) INHERITS (a);
