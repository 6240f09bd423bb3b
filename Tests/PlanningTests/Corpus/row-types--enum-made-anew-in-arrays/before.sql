create type e as enum ('a','b'); create table p(e e); create table a(x int) inherits (p); create table h(r a[]);
