create table g(a text); create table p() inherits (g); create table k() inherits (p); alter table only k alter a set storage external; alter table only g alter a set storage main;
