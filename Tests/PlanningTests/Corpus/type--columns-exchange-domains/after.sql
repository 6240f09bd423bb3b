create domain ci as bigint;
create domain de as bigint;
create table t(a de, b ci);
