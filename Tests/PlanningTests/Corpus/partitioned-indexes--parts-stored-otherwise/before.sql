create table a (id int, k int, primary key (id, k)) partition by list (k); create table a1 partition of a for values in (1); create index ai on a (k);
