create domain e as int check(value>0);
create type ct as (x int, y e, z text);
create table tt of ct;
insert into tt values (1,1,'q');
