CREATE TABLE root (id bigint, name text, born timestamp);
CREATE TABLE child (name text DEFAULT 'h', wage integer) INHERITS (root);
CREATE TABLE grandchild () INHERITS (child);
CREATE TABLE rows_of (id integer, r grandchild, rs grandchild[]);
CREATE TABLE made_anew (wage integer, name text) INHERITS (root);
CREATE TABLE other_rows (id integer, r made_anew, rs made_anew[]);
ALTER TABLE root ADD CONSTRAINT root_alone CHECK (id > 0) NO INHERIT;
