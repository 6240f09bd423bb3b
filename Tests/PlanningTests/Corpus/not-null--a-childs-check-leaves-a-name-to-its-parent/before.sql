create table m(a int constraint ma not null);
create table m1(c int, constraint mc check (c > 0)) inherits (m);
