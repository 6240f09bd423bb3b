create table k1(a int); create table k2(a int); create table k12() inherits (k1, k2);
