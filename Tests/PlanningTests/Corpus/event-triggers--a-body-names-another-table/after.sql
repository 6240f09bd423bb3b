create schema log2;
create table log2.audit(tag text, at timestamptz default now());
create table k(a int);
create function e() returns event_trigger language plpgsql as 'begin insert into log2.audit(tag) values (tg_tag); end';
create event trigger z on ddl_command_end execute function e();
