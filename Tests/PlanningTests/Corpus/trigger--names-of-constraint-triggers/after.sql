create function tf() returns trigger language plpgsql as 'begin return null; end';
create table t(a int, constraint d check (a > 0));
create constraint trigger c after insert on t for each row execute function tf();
