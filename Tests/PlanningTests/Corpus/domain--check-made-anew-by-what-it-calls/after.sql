create function ok(text, int default 3) returns bool immutable language sql as 'select true';
create domain d as text check (ok(value));
create table t(b d[]);
