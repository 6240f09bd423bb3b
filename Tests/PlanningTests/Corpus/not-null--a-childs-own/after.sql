CREATE TABLE p (a integer, b integer CONSTRAINT b_there NOT NULL, c integer CONSTRAINT c_other NOT NULL, d integer CONSTRAINT d_other NOT NULL, e integer NOT NULL);
CREATE TABLE c1 (b integer, CONSTRAINT d_of_c1 NOT NULL d, e integer NOT NULL) INHERITS (p);
CREATE TABLE c2 (c integer CONSTRAINT c_of_c2 NOT NULL) INHERITS (p);
CREATE TABLE c11 (CONSTRAINT b_of_c11 NOT NULL b, NOT NULL a) INHERITS (c1);
CREATE TABLE q (a integer CONSTRAINT a_of_q NOT NULL, z integer CONSTRAINT z_of_q NOT NULL);
CREATE TABLE both_of (NOT NULL z) INHERITS (p, q);
