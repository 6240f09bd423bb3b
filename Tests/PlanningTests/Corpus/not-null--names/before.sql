CREATE TABLE t (
  a integer CONSTRAINT x NOT NULL, b integer CONSTRAINT y NOT NULL, c integer CONSTRAINT z NOT NULL,
  d integer CONSTRAINT own NOT NULL, e integer NOT NULL, f integer, g integer CONSTRAINT "must have" NOT NULL,
  h integer CONSTRAINT freed NOT NULL, i integer);
CREATE TABLE u (a integer CONSTRAINT one NOT NULL, b integer, CONSTRAINT two CHECK (b > 0));
CREATE TABLE w (a integer CONSTRAINT one NOT NULL, b integer CONSTRAINT two NOT NULL);
