-- Two texts that Unicode holds to be the same are two texts for PostgreSQL.
CREATE TYPE label AS ENUM ('a', 'K', 'café');
CREATE TYPE of_parts AS ("K" integer, note text);
CREATE DOMAIN word AS text DEFAULT 'é' CHECK (VALUE <> 'K');
CREATE FUNCTION body() RETURNS text LANGUAGE sql AS $$ SELECT 'KING'::text $$;
CREATE FUNCTION parsed() RETURNS text LANGUAGE sql RETURN 'é'::text;
CREATE FUNCTION named("K" integer) RETURNS integer LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE t (
  a text DEFAULT 'K' CHECK (a <> 'é'), l label DEFAULT 'a', w word, g text GENERATED ALWAYS AS (a || 'K') STORED,
  "cK" integer);
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON t USING (a = 'KING');
CREATE INDEX i ON t (a) WHERE a <> 'K';
CREATE INDEX "iK" ON t (l);
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.a <> 'é') EXECUTE FUNCTION guard('K');
CREATE RULE r AS ON DELETE TO t WHERE OLD.a = 'K' DO INSTEAD NOTHING;
CREATE VIEW v AS SELECT a, 'K' AS k FROM t;
CREATE MATERIALIZED VIEW m AS SELECT 'é'::text AS e;
CREATE SEQUENCE "sK";
COMMENT ON TABLE t IS 'K';
COMMENT ON COLUMN t.a IS 'café';
CREATE TABLE part (a text) PARTITION BY LIST (a);
CREATE TABLE part_1 PARTITION OF part FOR VALUES IN ('K');
CREATE FOREIGN DATA WRAPPER w OPTIONS (mode 'K');
CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'é');
CREATE PUBLICATION pub FOR TABLE part WHERE (a = 'K') WITH (publish_via_partition_root = true);
CREATE STATISTICS st ON (a || 'K'), l FROM t;
ALTER FUNCTION body() SET search_path = public, "K";
-- Both stand side by side.
CREATE TABLE "K" (a integer PRIMARY KEY, "K" integer, "K" text);
CREATE TABLE "K" (b text, CONSTRAINT "café" CHECK (b <> ''), CONSTRAINT "café" CHECK (b <> 'x'));
CREATE INDEX "jK" ON "K" ("K");
CREATE INDEX "jK" ON "K" ("K");
CREATE FUNCTION "fK"() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION "fK"() RETURNS integer LANGUAGE sql AS 'SELECT 2';
CREATE POLICY "K" ON "K" USING (a > 1);
CREATE POLICY "K" ON "K" USING (a > 2);
ALTER TABLE "K" ENABLE ROW LEVEL SECURITY;
CREATE TYPE both_labels AS ENUM ('K', 'K');
CREATE STATISTICS st_both ON "K", "K" FROM "K";
