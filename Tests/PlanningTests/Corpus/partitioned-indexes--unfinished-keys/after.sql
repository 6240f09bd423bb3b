create table p(a int not null, b int not null) partition by list(a);
create table p1 partition of p for values in (1);
create table p2 partition of p for values in (2);
alter table only p add constraint pk primary key (a, b);
alter table p2 add constraint pk2 primary key (a,b);
alter index pk attach partition pk2;
