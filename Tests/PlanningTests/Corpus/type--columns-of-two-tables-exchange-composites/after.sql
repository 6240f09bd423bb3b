create type ci as (b int, a int);
create type de as (b int, a int);
create table t(a de);
create table u(b ci);
