CREATE TABLE p (a integer NOT NULL, b integer, c integer CONSTRAINT c_there NOT NULL, d integer CONSTRAINT d_there NOT NULL, e integer NOT NULL);
CREATE TABLE c1 (NOT NULL a, b integer NOT NULL, e integer) INHERITS (p);
CREATE TABLE c2 (CONSTRAINT a_of_c2 NOT NULL a, c integer CONSTRAINT c_of_c2 NOT NULL) INHERITS (p);
CREATE TABLE c11 (CONSTRAINT b_of_c11 NOT NULL b) INHERITS (c1);
CREATE TABLE q (a integer NOT NULL, z integer NOT NULL);
CREATE TABLE both_of (CONSTRAINT a_of_both NOT NULL a) INHERITS (p, q);
