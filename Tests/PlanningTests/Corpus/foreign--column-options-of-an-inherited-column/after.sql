create extension postgres_fdw;
create server s foreign data wrapper postgres_fdw;
create table m(id int, v text);
create foreign table m1() inherits (m) server s;
alter foreign table m1 alter column v options (column_name 'vv');
