create table p(k int) partition by list (k); create table p2 partition of p for values in (2,3);
