create table m(a int constraint mb not null, b int constraint ma not null) partition by list(a);
create table m1(a int constraint q not null, b int constraint r not null);
alter table m attach partition m1 for values in (1);
