CREATE SCHEMA s;
CREATE DOMAIN s.zamount AS integer NOT NULL CHECK (VALUE > 0);
CREATE DOMAIN s.small AS s.zamount CHECK (VALUE < 500);
CREATE TYPE s.box AS (n s.small, tag varchar(30), since date);
CREATE DOMAIN s.some_boxes AS s.box[] CHECK (cardinality(VALUE) < 9);
CREATE TYPE s.zamounts AS RANGE (SUBTYPE = s.zamount);
CREATE TABLE s.holders (id integer PRIMARY KEY, a s.zamount, c s.box, i s.some_boxes, b s.zamount[], j s.zamounts);
