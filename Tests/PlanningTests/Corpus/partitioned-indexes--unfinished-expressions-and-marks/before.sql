create table p(a int not null, b int not null) partition by list(a);
create table p1 partition of p for values in (1);
create table p2 partition of p for values in (2);
create index u on only p(lower(b::text));
create index u1 on p1 (lower(b::text));
alter index u attach partition u1;
alter index u1 alter column 1 set statistics 50;
alter table p1 cluster on u1;
