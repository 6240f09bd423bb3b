create table p(id int primary key, par int references p(id)) partition by range (id);
create table p1 partition of p for values from (1) to (10);
insert into p values (1,1);
