create domain ci as text;
create type de as enum ('a','b');
create table t(a de, b ci);
