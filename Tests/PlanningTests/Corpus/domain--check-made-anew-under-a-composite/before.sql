create function ok(text) returns bool immutable language sql as 'select true';
create domain d as text check (ok(value));
create type c as (x d);
create table t(b c);
