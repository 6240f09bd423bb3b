create function tf() returns trigger language plpgsql as 'begin return null; end';
create table r(b int primary key);
create table u(b int constraint fk references r);
create constraint trigger ct after update on u for each row execute function tf();
