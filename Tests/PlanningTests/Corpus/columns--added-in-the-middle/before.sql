CREATE TABLE staff (id int PRIMARY KEY, hired date);
