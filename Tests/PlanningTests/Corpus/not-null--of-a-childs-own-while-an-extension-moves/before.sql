CREATE SCHEMA x;
CREATE EXTENSION pg_trgm WITH SCHEMA x;
CREATE TABLE words (w text NOT NULL);
CREATE INDEX words_w ON words USING gin (w x.gin_trgm_ops);
CREATE TABLE promise (a integer, k integer) PARTITION BY LIST (k);
CREATE TABLE promise_kept (a integer, k integer);
ALTER TABLE promise ATTACH PARTITION promise_kept FOR VALUES IN (1);
ALTER TABLE promise_kept ADD CONSTRAINT of_whole NOT NULL a;
ALTER TABLE promise ADD CONSTRAINT of_whole NOT NULL a;
