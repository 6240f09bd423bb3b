create domain dd as int default 3; create table a(id int); create table b(r a);
