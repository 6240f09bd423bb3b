create table t(a int generated always as identity (sequence name qa));
create table u(a int generated always as identity (sequence name qb));
