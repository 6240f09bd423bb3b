create table p(id int, n bigint) partition by list (id);
create table p1 partition of p for values in (1);
create table p3 partition of p for values in (3);
