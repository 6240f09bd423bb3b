create extension btree_gist;
create table emp(id int, x int4range, unique (id, x without overlaps)) partition by list (id);
create table emp1 partition of emp for values in (1);
