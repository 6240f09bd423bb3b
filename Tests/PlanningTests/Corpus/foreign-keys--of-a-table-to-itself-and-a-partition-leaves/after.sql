create table p(id int primary key, par int) partition by range (id);
create table p1(id int primary key, par int); create table p2 partition of p for values from (10) to (20);
