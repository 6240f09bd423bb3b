create table p(k int primary key) partition by range (k); create table pd partition of p for values from (2) to (100); create table r(id int references p);
