create table a(x int default 1); create table b(x int default 1); create table ab(z text) inherits (a, b);
