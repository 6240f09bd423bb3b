create table p(id int primary key, par int references p) partition by range (id);
create table p1 partition of p for values from (1) to (10); create table p2 partition of p for values from (10) to (20);
insert into p values (1,null),(11,1);
