create type tt as (n text);
create table a of tt;
create policy p on a using (n <> '');
