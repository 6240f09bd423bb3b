create sequence s1;
create table t(a int not null default nextval('s1'));
create table u(a int generated always as identity (sequence name s2));
