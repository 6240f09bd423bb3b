create table audit(tag text);
create function h(t text) returns void language sql as 'insert into audit values (t)';
create function e() returns event_trigger language plpgsql as 'begin perform h(tg_tag); end';
create event trigger z on ddl_command_end execute function e();
