CREATE TABLE a (id serial);
CREATE TABLE b (id int NOT NULL DEFAULT nextval('a_id_seq'));
