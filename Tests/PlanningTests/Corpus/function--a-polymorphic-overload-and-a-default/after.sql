create function po(a anycompatible, b anycompatiblearray) returns int language sql immutable as 'select 1';
create table t(a int default po(1,'{3}'::int[]));
