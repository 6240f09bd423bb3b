create function po(a anyelement, b anyarray) returns int language sql immutable as 'select 1';
create table t(a int default po(1,'{}'::int[]));
