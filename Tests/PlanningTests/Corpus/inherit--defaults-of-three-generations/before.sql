create table g(a int); create table p() inherits (g); create table k() inherits (p); alter table only g alter a set default 1; alter table only k alter a set default 3;
