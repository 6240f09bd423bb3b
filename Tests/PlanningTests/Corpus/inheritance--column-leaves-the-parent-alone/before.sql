CREATE TABLE person (id int, name text, born date);
CREATE TABLE worker (wage int) INHERITS (person);
CREATE TABLE boss (name text, born date DEFAULT current_date) INHERITS (worker);
