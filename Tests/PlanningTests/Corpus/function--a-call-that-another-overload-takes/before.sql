create function f(text) returns int language sql immutable as 'select 1'; create view v as select f('b'::varchar);
