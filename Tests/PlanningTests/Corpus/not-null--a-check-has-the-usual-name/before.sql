CREATE TABLE zz(a int);
