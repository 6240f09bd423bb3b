create table t(a int generated always as identity (sequence name s2));
create table u(a int generated always as identity (sequence name s1));
