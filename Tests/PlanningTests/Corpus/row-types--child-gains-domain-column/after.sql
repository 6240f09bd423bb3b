create domain pos as int check (value > 0); create table p(id int, d pos); create table a() inherits (p); create table b(r a);
