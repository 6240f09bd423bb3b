create table p(k int) partition by range (k); create table p1 partition of p for values from (10) to (20); create table p2 partition of p for values from (0) to (10);
