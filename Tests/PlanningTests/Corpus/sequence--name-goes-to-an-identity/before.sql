CREATE TABLE b (id int NOT NULL);
CREATE TABLE c (id serial);
