CREATE SEQUENCE q;
CREATE TABLE a (id text DEFAULT nextval('q'));
