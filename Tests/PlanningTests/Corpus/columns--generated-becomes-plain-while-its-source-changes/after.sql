create table t(a bigint, b int);
