create table p(id int primary key) partition by range (id);
create table p1 partition of p for values from (1) to (10);
create table x(id int references p(id));
insert into p values (1); insert into x values (1);
