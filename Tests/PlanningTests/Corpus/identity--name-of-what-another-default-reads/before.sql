create sequence s;
create table t1(id int not null);
create table t2(id int default nextval('s'));
insert into t1 values(1);
insert into t2 default values;
