create type tt as (n text);
create table a of tt;
create view v as select n <> '' as x from a;
