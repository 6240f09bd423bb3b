create type ci as (a int, b int);
create type de as (a int, b int);
create table t(a ci, b de);
