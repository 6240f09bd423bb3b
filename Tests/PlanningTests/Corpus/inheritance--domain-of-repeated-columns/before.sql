CREATE DOMAIN t AS int CHECK (VALUE > 0);
CREATE TABLE root (a t, n int);
CREATE TABLE child (a t, b t, c t[]) INHERITS (root);
CREATE TABLE grandchild (b t) INHERITS (child);
CREATE TABLE other (b t) INHERITS (root);
CREATE INDEX ON child (a);
CREATE INDEX ON grandchild (b);
CREATE VIEW v AS SELECT root.a, other.b FROM root, other;
