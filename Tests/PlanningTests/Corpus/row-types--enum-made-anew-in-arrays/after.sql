create type e as enum ('b','a'); create table p(e e); create table a(x int) inherits (p); create table h(r a[]);
