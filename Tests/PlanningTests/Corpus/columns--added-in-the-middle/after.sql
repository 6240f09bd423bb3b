CREATE TABLE staff (id int PRIMARY KEY, name text NOT NULL DEFAULT '', hired date);
COMMENT ON COLUMN staff.name IS 'as on the badge';
