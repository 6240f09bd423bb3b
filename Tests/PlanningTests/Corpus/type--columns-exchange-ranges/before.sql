create type ci as range (subtype=int);
create type de as range (subtype=int);
create table t(a ci, b de);
