create table p(k int) partition by list (k); create table p1 partition of p for values in (1); create table p2 partition of p for values in (2); create table pd partition of p default;
