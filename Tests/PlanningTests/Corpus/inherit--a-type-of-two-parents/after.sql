create table k1(a bigint); create table k2(a bigint); create table k12() inherits (k1, k2);
