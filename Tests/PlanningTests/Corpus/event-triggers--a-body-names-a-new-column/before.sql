create table audit(tag text);
create function e() returns event_trigger language plpgsql as 'begin insert into audit(tag) values (tg_tag); end';
create event trigger z on ddl_command_end execute function e();
