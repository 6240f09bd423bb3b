create table p(a int, v int generated always as (a + 3) stored) partition by list (a);
create table p1 partition of p (v generated always as (a + 30) stored) for values in (1);
