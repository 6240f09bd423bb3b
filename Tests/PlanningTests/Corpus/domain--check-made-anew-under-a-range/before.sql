create function ok(int) returns bool immutable language sql as 'select true';
create domain d as int check (ok(value));
create type dr_range as range (subtype = d);
create table t(b dr_range);
