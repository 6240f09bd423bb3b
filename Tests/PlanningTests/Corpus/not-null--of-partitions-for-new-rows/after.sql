create table p (a int, b int) partition by list (b);
create table c (a int, b int);
alter table p attach partition c for values in (1);
alter table c add constraint c_nn not null a not valid;
alter table p add constraint p_other not null a not valid;
