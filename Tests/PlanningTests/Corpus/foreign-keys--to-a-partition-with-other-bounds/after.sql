create table p(id int primary key) partition by range (id);
create table p1 partition of p for values from (1) to (20);
create table x(id int references p(id));
