create domain pos as int check (value > 0);
create table a(id int);
create table b(r a);
