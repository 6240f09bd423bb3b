create type e as enum('a','b');
create type ct as (x int, y e);
create table tt of ct;
