create table p(a int) partition by list (a);
