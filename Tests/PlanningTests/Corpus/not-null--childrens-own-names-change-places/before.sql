create table m(a int not null, b int not null);
create table m1(a int constraint q not null, b int constraint r not null);
alter table m1 inherit m;
