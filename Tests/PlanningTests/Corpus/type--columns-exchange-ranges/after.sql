create type ci as range (subtype=bigint);
create type de as range (subtype=bigint);
create table t(a de, b ci);
