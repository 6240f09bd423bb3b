create table p(k int) partition by list (k); create table p1 partition of p for values in (1); create table pd partition of p default;
