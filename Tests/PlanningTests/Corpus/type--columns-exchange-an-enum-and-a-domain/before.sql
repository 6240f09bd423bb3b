create domain de as text;
create type ci as enum ('a','b');
create table t(a ci, b de);
