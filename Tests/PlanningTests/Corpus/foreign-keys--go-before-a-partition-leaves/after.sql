create table p(id int primary key) partition by range (id);
create table p1(id int primary key);
create table x(id int);
