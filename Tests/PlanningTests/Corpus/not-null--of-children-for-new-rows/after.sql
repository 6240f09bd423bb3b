create table p (a int, b int);
create table c (a int, b int);
alter table c add constraint c_nn not null a not valid;
alter table p add constraint p_nn not null a not valid;
alter table c inherit p;
