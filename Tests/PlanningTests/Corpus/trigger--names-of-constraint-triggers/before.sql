create function tf() returns trigger language plpgsql as 'begin return null; end';
create table t(a int, constraint c check (a > 0));
create constraint trigger d after insert on t for each row execute function tf();
