create sequence s;
create table t1(id int not null default nextval('s'));
create table t2(id int default nextval('s'));
insert into t1 default values;
insert into t2 default values;
