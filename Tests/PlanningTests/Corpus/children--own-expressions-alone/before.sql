create table p(a int, v int generated always as (a + 1) virtual) partition by list (a);
create table p1 partition of p for values in (1);
