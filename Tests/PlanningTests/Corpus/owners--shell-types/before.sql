CREATE TYPE sh; CREATE TYPE other; ALTER TYPE other OWNER TO corpus_owner;
