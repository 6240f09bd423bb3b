CREATE TABLE b (id int NOT NULL, n text, CONSTRAINT k CHECK (id > 0)); CREATE TABLE c (id int NOT NULL, CONSTRAINT k CHECK (id > 0)); CREATE TABLE y (n text);
CREATE TABLE d (own int) INHERITS (b, c); CREATE TABLE e () INHERITS (b, y); CREATE TABLE f (own int) INHERITS (d);
