create domain ci as int;
create domain de as int;
create table t(a ci, b de);
insert into t values (1,2);
