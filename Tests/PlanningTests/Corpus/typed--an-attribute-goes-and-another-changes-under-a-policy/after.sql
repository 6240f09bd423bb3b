create type tt as (n int, m text, z int);
create table a of tt (m with options not null);
create policy p on a using (m <> '');
