CREATE TABLE p (id int, v int);
CREATE TABLE keeps () INHERITS (p);
ALTER TABLE keeps ALTER v SET NOT NULL;
CREATE TABLE below () INHERITS (keeps);
CREATE TABLE takes () INHERITS (p);
CREATE TABLE twice () INHERITS (takes, keeps);
INSERT INTO below VALUES (1, 2);
