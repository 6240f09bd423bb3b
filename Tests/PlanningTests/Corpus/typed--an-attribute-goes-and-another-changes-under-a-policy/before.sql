create type tt as (n int, m varchar, e int, z int);
create table a of tt;
create policy p on a using (m <> '' and e > 0);
