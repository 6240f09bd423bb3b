create table sized(id int, k int) partition by list(k);
create table sized_1 partition of sized for values in (1);
create table p(id int);
create table c() inherits (p);
