CREATE TABLE person (id int);
CREATE TABLE worker (wage int) INHERITS (person);
CREATE TABLE boss () INHERITS (worker);
