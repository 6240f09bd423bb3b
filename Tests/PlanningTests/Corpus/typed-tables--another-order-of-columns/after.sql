create type e as enum('a','b');
create type ct as (y e, x int, z text, w e);
create table tt of ct;
