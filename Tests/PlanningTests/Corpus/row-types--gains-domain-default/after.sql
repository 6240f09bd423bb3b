create domain dd as int default 3; create table a(id int, d dd); create table b(r a);
