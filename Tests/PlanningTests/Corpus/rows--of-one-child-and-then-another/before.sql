CREATE TABLE root (id integer NOT NULL, name varchar(40), born date);
CREATE TABLE child (name varchar(40), wage integer) INHERITS (root);
CREATE TABLE rows_of (id integer, r child, rs child[]);
CREATE TABLE made_anew (wage integer, note text) INHERITS (root);
CREATE TABLE goes () INHERITS (made_anew);
CREATE TABLE other_rows (id integer, r goes, rs goes[]);
INSERT INTO rows_of VALUES (1, ROW (1, 'a', '2000-01-01', 2)::child, '{}');
