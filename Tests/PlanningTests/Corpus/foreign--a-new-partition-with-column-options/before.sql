create extension postgres_fdw;
create server s foreign data wrapper postgres_fdw;
create table m(id int, v text) partition by list(id);
