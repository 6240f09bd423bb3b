create table k1(a int default 1); create table k2(a int default 22);  create table k12(a int default 3) inherits (k1, k2);
