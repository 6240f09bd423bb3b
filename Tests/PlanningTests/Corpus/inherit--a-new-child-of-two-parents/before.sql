create table a(x int); create table b(x int default 5);
