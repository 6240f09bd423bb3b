create table sized(id int, k int) partition by list(k);
create table sized_1 partition of sized for values in (1);
alter table sized_1 add constraint sized_own primary key(id);
create table p(id int);
create table c() inherits (p);
alter table c add constraint c_own primary key(id);
