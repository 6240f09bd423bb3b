create type tt as (n varchar, e int);
create table a of tt;
create policy p on a using (n <> '' and e > 0);
