CREATE SEQUENCE sq;
CREATE TABLE a (id bigint);
CREATE TABLE b (id bigint DEFAULT nextval('sq'));
