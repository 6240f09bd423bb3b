CREATE TABLE a (id int, g bigint);
CREATE TABLE b (own bigint GENERATED ALWAYS AS (g + 1) STORED) INHERITS (a);
