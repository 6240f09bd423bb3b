create domain e as bigint check(value>0);
create type ct as (x int, y e);
create table tt of ct;
