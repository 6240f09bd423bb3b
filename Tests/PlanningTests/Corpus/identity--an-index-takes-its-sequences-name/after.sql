create table t(id serial, n int);
create index q on t(n);
