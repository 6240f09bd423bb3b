create table p(k int primary key) partition by range (k); create table pd partition of p default; create table r(id int references p);
