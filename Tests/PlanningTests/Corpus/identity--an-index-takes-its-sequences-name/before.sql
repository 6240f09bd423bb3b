create table t(id int generated always as identity (sequence name q), n int);
insert into t(n) values (1),(2);
