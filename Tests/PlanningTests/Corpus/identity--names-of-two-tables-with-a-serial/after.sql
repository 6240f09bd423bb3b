create table t(a int generated always as identity (sequence name qb));
create table u(a serial);
