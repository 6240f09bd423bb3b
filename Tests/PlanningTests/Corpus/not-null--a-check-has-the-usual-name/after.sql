CREATE TABLE zz(a int NOT NULL CHECK (a>0), b int);
CREATE TABLE aa(a int CONSTRAINT zz_a_not_null CHECK (a>0));
