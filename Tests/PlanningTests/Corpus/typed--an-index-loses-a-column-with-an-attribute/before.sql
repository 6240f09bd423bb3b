create type pair as (a int, b text, c int);
create table t of pair;
create index t_b_idx on t (b, c);
