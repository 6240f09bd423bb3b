create type mood as enum('a');
create table audit(tag text not null, m mood default 'a');
create function e() returns event_trigger language plpgsql as 'begin insert into audit(tag, m) values (tg_tag, ''a''); end';
create event trigger z on ddl_command_end execute function e();
