create domain pos as int check (value > 0);
create table a(id int, p pos);
create table b(r a);
