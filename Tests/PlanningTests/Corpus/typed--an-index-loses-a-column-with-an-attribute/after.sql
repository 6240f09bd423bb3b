create type pair as (a int, b text);
create table t of pair;
create index t_b_idx on t (b);
