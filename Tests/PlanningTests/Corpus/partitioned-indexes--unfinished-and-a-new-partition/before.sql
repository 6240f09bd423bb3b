create table p(a int not null, b int not null) partition by list(a);
create table p1 partition of p for values in (1);
create table p2 partition of p for values in (2);
create unique index u on only p(a,b);
create unique index u1 on p1 (a,b);
alter index u attach partition u1;
create table r(a int, b int, foreign key (a,b) references p1(a,b));
