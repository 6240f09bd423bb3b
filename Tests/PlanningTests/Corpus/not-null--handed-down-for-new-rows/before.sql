create table p (a int, b int);
create table c (a int, b int);
alter table c add constraint c_nn not null a;
alter table p add constraint p_nn not null a no inherit;
alter table c inherit p;
