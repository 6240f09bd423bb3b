create table m(a int constraint ma not null);
create table m1(c int constraint mc not null) inherits (m);
