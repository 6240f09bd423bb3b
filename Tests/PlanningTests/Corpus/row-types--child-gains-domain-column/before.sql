create domain pos as int check (value > 0); create table p(id int); create table a() inherits (p); create table b(r a);
