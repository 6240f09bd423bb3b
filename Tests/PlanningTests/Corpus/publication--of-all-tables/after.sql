create table a(id int, x int); create publication q for all tables;
