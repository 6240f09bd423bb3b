alter default privileges grant select on large objects to corpus_reader;
