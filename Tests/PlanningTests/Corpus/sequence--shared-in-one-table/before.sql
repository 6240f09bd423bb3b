CREATE SEQUENCE s;
CREATE TABLE a (x int NOT NULL DEFAULT nextval('s'), y int DEFAULT nextval('s'));
