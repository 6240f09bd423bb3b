create table p(a int primary key) partition by range (a);
create table q(a int primary key);
create table r(a int references q(a));
insert into q values (1); insert into r values (1);
