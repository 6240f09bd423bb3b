CREATE TABLE t (a integer CONSTRAINT a_there NOT NULL, b integer, c integer NOT NULL, d integer CONSTRAINT d_other NOT NULL,
  e integer, f integer, g integer, h integer CONSTRAINT h_there NOT NULL);
ALTER TABLE t ADD CONSTRAINT t_b_not_null NOT NULL b NOT VALID;
ALTER TABLE t ADD CONSTRAINT e_there NOT NULL e NOT VALID;
ALTER TABLE t ADD CONSTRAINT g_other NOT NULL g NO INHERIT NOT VALID;
COMMENT ON CONSTRAINT h_there ON t IS 'for all';
