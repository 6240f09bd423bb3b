create table audit(tag text, n int);
create function h2(t text, n int) returns void language plpgsql as 'begin insert into audit(tag, n) values (t, n); end';
create function e() returns event_trigger language plpgsql as 'begin perform h2(tg_tag, 1); end';
create event trigger z on ddl_command_end execute function e();
create table b(x int);
