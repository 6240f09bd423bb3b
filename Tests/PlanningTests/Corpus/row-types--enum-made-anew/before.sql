create type e as enum ('a','b'); create table a(e e); create table b(r a);
