create table a(t text collate "POSIX"); create table b(r a);
