create table g(a int); create table k1() inherits (g); create table k2() inherits (g); create table k12() inherits (k1, k2);
