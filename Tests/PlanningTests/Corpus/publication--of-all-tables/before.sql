create table a(id int); create publication q for all tables;
