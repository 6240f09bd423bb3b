CREATE SCHEMA y;
CREATE EXTENSION pg_trgm WITH SCHEMA y;
CREATE TABLE words (w text NOT NULL);
CREATE INDEX words_w ON words USING gin (w y.gin_trgm_ops);
CREATE TABLE promise (a integer, k integer) PARTITION BY LIST (k);
CREATE TABLE promise_kept (a integer, k integer);
ALTER TABLE promise ATTACH PARTITION promise_kept FOR VALUES IN (1);
