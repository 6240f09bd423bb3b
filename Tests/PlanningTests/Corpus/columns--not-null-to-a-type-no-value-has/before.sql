CREATE TABLE t (a integer NOT NULL, b integer PRIMARY KEY, c integer NOT NULL DEFAULT 1);
