create table p(id int primary key) partition by range (id);
create table q(id int primary key) partition by range (id);
create table p1 partition of q for values from (1) to (10);
create table x(id int references q(id));
