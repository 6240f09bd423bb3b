create table audit(tag varchar(20));
create function e() returns event_trigger language plpgsql as 'begin insert into audit(tag) values (tg_tag); end';
create event trigger z on ddl_command_end execute function e();
