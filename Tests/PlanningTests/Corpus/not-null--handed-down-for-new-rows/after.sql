create table p (a int, b int);
create table c (a int, b int);
alter table c inherit p;

alter table p add constraint p_nn not null a not valid;
