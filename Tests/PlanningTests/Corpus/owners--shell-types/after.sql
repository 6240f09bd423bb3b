CREATE TYPE sh; ALTER TYPE sh OWNER TO corpus_owner; CREATE TYPE other; ALTER TYPE other OWNER TO corpus_other; CREATE TYPE third; COMMENT ON TYPE third IS 'later';
