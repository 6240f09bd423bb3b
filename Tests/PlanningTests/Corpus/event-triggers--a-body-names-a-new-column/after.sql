create table audit(tag text, who text);
create function e() returns event_trigger language plpgsql as 'begin insert into audit(tag, who) values (tg_tag, current_user); end';
create event trigger z on ddl_command_end execute function e();
