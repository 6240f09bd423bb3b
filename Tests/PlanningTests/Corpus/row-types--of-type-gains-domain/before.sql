create domain pos as int check (value > 0); create type ty as (id int); create table a of ty; create table b(r a);
