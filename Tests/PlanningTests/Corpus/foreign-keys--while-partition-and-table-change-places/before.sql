create table p(id int primary key) partition by range (id);
create table a partition of p for values from (1) to (10);
create table b(id int primary key);
create table x(id int references p(id), y int references b(id));
insert into p values (1); insert into b values (20); insert into x values (1,20);
