create table p (a int, b int) partition by list (b);
create table c (a int, b int);
alter table c add constraint c_nn not null a;

alter table p attach partition c for values in (1);
