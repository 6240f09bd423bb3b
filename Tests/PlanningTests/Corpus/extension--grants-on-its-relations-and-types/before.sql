CREATE EXTENSION pg_buffercache;
CREATE EXTENSION citext;
GRANT SELECT ON pg_buffercache TO corpus_reader WITH GRANT OPTION;
REVOKE USAGE ON TYPE citext FROM PUBLIC;
GRANT USAGE ON TYPE citext TO corpus_reader;
