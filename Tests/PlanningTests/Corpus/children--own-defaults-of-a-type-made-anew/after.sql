CREATE TYPE k AS ENUM ('page', 'mail', 'note');
CREATE TABLE doc (id int, k k DEFAULT 'page', n bigint DEFAULT 3);
CREATE TABLE mail () INHERITS (doc);
ALTER TABLE mail ALTER k SET DEFAULT 'mail', ALTER n SET DEFAULT 4;
CREATE TABLE page () INHERITS (doc);
CREATE TABLE pt (k k DEFAULT 'page', n int) PARTITION BY LIST (n);
CREATE TABLE pt1 PARTITION OF pt (k DEFAULT 'mail') FOR VALUES IN (1);
