create table p(a int primary key) partition by range (a);
create table q partition of p for values from (1) to (10);
create table r(a int references p(a));
