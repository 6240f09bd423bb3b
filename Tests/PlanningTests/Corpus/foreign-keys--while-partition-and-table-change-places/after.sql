create table p(id int primary key) partition by range (id);
create table b partition of p for values from (11) to (30);
create table a(id int primary key);
create table x(id int references a(id), y int references p(id));
