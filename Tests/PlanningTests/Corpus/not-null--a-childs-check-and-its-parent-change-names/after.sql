create table m(a int constraint mc not null);
create table m1(c int, constraint ma check (c > 0)) inherits (m);
