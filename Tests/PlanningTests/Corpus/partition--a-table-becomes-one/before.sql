create table p(k int) partition by list (k); create table p2(k int);
