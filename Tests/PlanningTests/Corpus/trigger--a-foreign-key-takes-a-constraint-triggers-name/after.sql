create function tf() returns trigger language plpgsql as 'begin return null; end';
create table r(b int primary key);
create table u(b int constraint ct references r);
