create table p(a int not null, b int not null) partition by list(a);
create table p1 partition of p for values in (1);
create table p2 partition of p for values in (2);
create unique index u on only p(a,b);
alter table p1 add constraint pk1 primary key (a,b);
alter index u attach partition pk1;
