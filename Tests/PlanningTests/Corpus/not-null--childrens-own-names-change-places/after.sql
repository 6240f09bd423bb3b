create table m(a int not null, b int not null);
create table m1(a int constraint r not null, b int constraint q not null);
alter table m1 inherit m;
