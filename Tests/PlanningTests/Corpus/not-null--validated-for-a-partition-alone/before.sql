create table p (a int, b int) partition by list (b);
create table c (a int, b int);
alter table p attach partition c for values in (1);

alter table p add constraint p_nn not null a not valid;
