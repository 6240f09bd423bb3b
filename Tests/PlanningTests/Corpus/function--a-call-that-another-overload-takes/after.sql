create function f(anyelement) returns int language sql immutable as 'select 1'; create view v as select f('a'::varchar);
