create table g(a text); create table p() inherits (g); create table k() inherits (p); alter table only k alter a set storage external;
