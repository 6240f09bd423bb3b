create function tf() returns trigger language plpgsql as 'begin return null; end'; create table p(a int, b int) partition by list (a); create table p1 partition of p for values in (1);
