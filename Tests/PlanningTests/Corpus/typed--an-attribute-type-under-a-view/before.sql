create type tt as (n varchar);
create table a of tt;
create view v as select n <> '' as x from a;
