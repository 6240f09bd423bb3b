create table t1(id int generated always as identity (sequence name b));
create table t2(id int generated always as identity (sequence name a));
