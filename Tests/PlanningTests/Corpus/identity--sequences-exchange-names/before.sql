create table t1(id int generated always as identity (sequence name a));
create table t2(id int generated always as identity (sequence name b));
insert into t1 default values;
insert into t1 default values;
insert into t2 default values;
