create table p(a int not null, b int) partition by list(a);
create table p1 partition of p for values in (1);
create table p2 partition of p for values in (2) partition by list (b);
create table p2a partition of p2 for values in (1);
create table p2b partition of p2 for values in (2);
create index i on only p(b);
create index s on p2(b);
alter index i attach partition s;
