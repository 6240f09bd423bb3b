create type e as enum ('a'); create table a(e e); create table b(r a);
