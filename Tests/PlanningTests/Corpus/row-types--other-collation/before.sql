create table a(t text collate "C"); create table b(r a);
