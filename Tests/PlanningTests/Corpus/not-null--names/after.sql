CREATE TABLE t (
  a integer CONSTRAINT y NOT NULL, b integer CONSTRAINT z NOT NULL, c integer CONSTRAINT x NOT NULL,
  d integer NOT NULL, e integer CONSTRAINT e_there NOT NULL, f integer, g integer NOT NULL,
  h integer, i integer CONSTRAINT freed NOT NULL, CONSTRAINT own CHECK (f > 0));
CREATE TABLE u (a integer CONSTRAINT two NOT NULL, b integer, CONSTRAINT one CHECK (b > 0));
CREATE TABLE w (a integer CONSTRAINT two NOT NULL, b integer CONSTRAINT one NOT NULL);
