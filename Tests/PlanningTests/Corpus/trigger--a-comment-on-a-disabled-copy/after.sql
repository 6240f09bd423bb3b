create function tf() returns trigger language plpgsql as 'begin return null; end'; create table p(a int, b int) partition by list (a); create table p1 partition of p for values in (1);
create trigger t1 after insert on p for each row execute function tf(); comment on trigger t1 on p1 is 'x'; alter table p1 disable trigger t1;
