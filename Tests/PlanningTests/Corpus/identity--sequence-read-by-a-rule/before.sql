CREATE SEQUENCE q;
CREATE TABLE a (id int NOT NULL DEFAULT nextval('q'));
CREATE RULE r AS ON INSERT TO a DO ALSO SELECT last_value FROM q;
CREATE TABLE c (x int CHECK (x <> nextval('q')));
