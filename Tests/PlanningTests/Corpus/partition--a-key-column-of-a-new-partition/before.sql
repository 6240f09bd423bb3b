create table p(id int, n bigint) partition by list (id); create table p1 partition of p for values in (1);
