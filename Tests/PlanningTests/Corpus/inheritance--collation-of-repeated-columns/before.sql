CREATE COLLATION co (provider = icu, locale = 'de');
CREATE TABLE root (a text COLLATE co, n int);
CREATE TABLE child (a text COLLATE co, b text COLLATE co, c text[] COLLATE co) INHERITS (root);
CREATE TABLE grandchild (b text COLLATE co) INHERITS (child);
CREATE TABLE other (b text COLLATE co) INHERITS (root);
CREATE INDEX ON child (a);
CREATE INDEX ON grandchild (b);
CREATE VIEW v AS SELECT root.a, other.b FROM root, other;
