CREATE TABLE root (id bigint, name text, CONSTRAINT root_alone CHECK (id > 0) NO INHERIT);
CREATE TABLE heir (wage integer) INHERITS (root);
CREATE TABLE grandheir () INHERITS (heir);
CREATE TABLE rows_of (id integer PRIMARY KEY, r grandheir, rs grandheir[]);
