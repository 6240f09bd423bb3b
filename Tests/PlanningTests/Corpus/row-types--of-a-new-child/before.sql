CREATE TABLE root (id integer, name text);
CREATE TABLE heir (wage integer) INHERITS (root);
CREATE TABLE rows_of (id integer PRIMARY KEY, r heir, rs heir[]);
