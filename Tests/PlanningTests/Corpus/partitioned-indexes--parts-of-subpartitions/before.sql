create schema "S 1"; create schema s2;
create table "S 1".t (a int not null, k int not null, j int) partition by list (k); create table s2."T1" partition of "S 1".t for values in (1) partition by list (j); create table s2."T11" partition of s2."T1" for values in (1); create index "I x" on "S 1".t (a) with (fillfactor = 70); create unique index iu on "S 1".t (k, j, (a + 1)) ;
