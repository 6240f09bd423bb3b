create type e as enum('a','b','c');
create type ct as (x int, y e, z text);
create table tt of ct;
insert into tt values (1,'a','q');
