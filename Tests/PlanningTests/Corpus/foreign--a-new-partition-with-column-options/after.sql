create extension postgres_fdw;
create server s foreign data wrapper postgres_fdw;
create table m(id int, v bigint) partition by list(id);
create foreign table m1 partition of m for values in (1) server s;
alter foreign table m1 alter column v options (column_name 'vv');
alter foreign table m1 alter column v set statistics 7;
