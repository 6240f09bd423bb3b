/// A database as somebody else might have made it: a little of everything, some of it for which the DSL has no words.
package let somebodysDatabase = #"""
  CREATE EXTENSION pg_trgm;
  CREATE EXTENSION btree_gist;
  CREATE EXTENSION postgres_fdw;
  CREATE SCHEMA billing;
  COMMENT ON SCHEMA billing IS 'Money: "in" and ''out''.';
  CREATE TYPE public.mood AS ENUM ('good', 'so-so', 'very bad', 'default');
  COMMENT ON TYPE public.mood IS 'How it is.';
  CREATE DOMAIN public.positive AS integer CHECK (VALUE > 0);
  CREATE TYPE public.address AS (street text, zip varchar(10));
  CREATE TYPE public.span AS RANGE (SUBTYPE = integer);
  CREATE COLLATION public.plain_order (LOCALE = 'C');
  CREATE OPERATOR public.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq);
  CREATE TEXT SEARCH CONFIGURATION public.plain_search (COPY = simple);
  CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'far');
  CREATE USER MAPPING FOR dbtool_reader SERVER far OPTIONS (user 'me');
  CREATE FOREIGN TABLE public.far_items (id integer OPTIONS (column_name 'key'), note text) SERVER far OPTIONS (table_name 'items');
  CREATE SEQUENCE billing.invoice_numbers START 1000 INCREMENT BY 10;

  CREATE TABLE public.tenants (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL COLLATE "C",
    mood public.mood NOT NULL DEFAULT 'so-so',
    created_at timestamptz NOT NULL DEFAULT now(),
    settings jsonb NOT NULL DEFAULT '{"a": "it''s \\ b"}',
    tags text[] NOT NULL DEFAULT '{}',
    UNIQUE (name));
  COMMENT ON COLUMN public.tenants.name IS E'Two lines:\nand a \\ backslash, "quotes" and \t a tab.';
  CREATE TABLE public.users (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    tenant_id uuid NOT NULL REFERENCES public.tenants ON DELETE CASCADE,
    email varchar(255) NOT NULL CHECK (email LIKE '%@%' AND length(email) > 3),
    manager_id bigint REFERENCES public.users DEFERRABLE INITIALLY DEFERRED,
    serial_number serial,
    weight numeric(8,2), height numeric(5), score double precision DEFAULT 1.5, born date DEFAULT CURRENT_DATE,
    home public.address, lucky public.positive, active boolean NOT NULL DEFAULT true,
    full_text tsvector GENERATED ALWAYS AS (to_tsvector('simple', email)) STORED,
    CONSTRAINT "odd name" UNIQUE (tenant_id, id));
  CREATE INDEX users_email_trgm ON public.users USING gin (email gin_trgm_ops) WITH (fastupdate = off) WHERE active;
  CREATE UNIQUE INDEX users_lower ON public.users (lower(email), tenant_id DESC NULLS LAST) INCLUDE (active);
  CREATE INDEX users_expression ON public.users ((weight + 1), (email COLLATE "C") text_pattern_ops);
  CREATE INDEX ON public.users USING brin (id) WITH (pages_per_range = 32);
  ALTER TABLE public.users ALTER email SET STATISTICS 500, ALTER email SET STORAGE EXTERNAL;

  CREATE TABLE billing.invoices (
    "number" integer NOT NULL DEFAULT nextval('billing.invoice_numbers'), "user" bigint NOT NULL, tenant uuid NOT NULL,
    "from" timestamp NOT NULL DEFAULT now(), "order" smallint, during tstzrange, "Total" bigint,
    PRIMARY KEY ("number"),
    CONSTRAINT invoices_user FOREIGN KEY (tenant, "user") REFERENCES public.users (tenant_id, id) ON UPDATE CASCADE ON DELETE RESTRICT,
    CONSTRAINT one_at_a_time EXCLUDE USING gist (tenant WITH =, during WITH &&) WHERE ("order" > 0));
  ALTER TABLE billing.invoices ADD CONSTRAINT narrow FOREIGN KEY ("order") REFERENCES billing.invoices ("number") NOT VALID;
  COMMENT ON CONSTRAINT one_at_a_time ON billing.invoices IS 'No two.';
  CREATE TABLE billing."table" ("column" text, "Column" text, "check" integer CHECK ("check" > 0) NO INHERIT, self integer, body text)
    WITH (autovacuum_enabled = off, fillfactor = 70);
  CREATE UNLOGGED TABLE public.scratch (id integer);
  CREATE TABLE public.measures (at date NOT NULL, value real) PARTITION BY RANGE (at);
  CREATE TABLE public.measures_2026 PARTITION OF public.measures FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
  CREATE TABLE public.parent (a integer, b text);
  CREATE TABLE public.child (c integer) INHERITS (public.parent);
  CREATE STATISTICS public.users_stats (dependencies) ON tenant_id, active FROM public.users;

  CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    -- A comment with "quotes", a \ and a #"raw"# string.
    NEW.created_at := now();
    RETURN NEW;
  END
  $$;
  CREATE FUNCTION public.double(n integer, more integer DEFAULT 1) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS 'SELECT n * 2 + more';
  CREATE FUNCTION public.double(t text) RETURNS text LANGUAGE sql STABLE AS 'SELECT t || t';
  CREATE FUNCTION billing.listed(VARIADIC ids bigint[]) RETURNS TABLE (id bigint, email text) LANGUAGE sql SECURITY DEFINER
    SET search_path TO pg_catalog, public AS $$
    SELECT u.id, u.email FROM users u WHERE u.id = ANY (ids)
  $$;
  CREATE FUNCTION public.from_windows() RETURNS void LANGUAGE plpgsql SET search_path TO "my schema", public
    SET temp_tablespaces TO pg_default AS E'\r\nBEGIN\r\n  NULL;\r\nEND\r\n';
  CREATE FUNCTION public.unsafe() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN END';
  CREATE FUNCTION public.unnamed(integer, OUT a integer, OUT b integer) LANGUAGE sql AS 'SELECT $1, $1';
  CREATE PROCEDURE billing.tidy(days integer) LANGUAGE plpgsql AS $$
  BEGIN
    DELETE FROM billing.invoices WHERE "from" < now() - make_interval(days => days);
  END
  $$;
  CREATE AGGREGATE public.total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
  COMMENT ON FUNCTION public.double(integer, integer) IS 'Twice and more.';
  CREATE TRIGGER touch BEFORE UPDATE OF name, mood ON public.tenants FOR EACH ROW
    WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION public.touch('a''b', 'c');
  CREATE TRIGGER seen AFTER INSERT ON public.users REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT
    EXECUTE FUNCTION public.touch();
  CREATE TRIGGER measured AFTER INSERT ON public.measures FOR EACH ROW EXECUTE FUNCTION public.touch();
  CREATE INDEX measures_value ON public.measures (value);
  CREATE FUNCTION public.told() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
  CREATE EVENT TRIGGER somebodys_watch ON ddl_command_end WHEN TAG IN ('CREATE SERVER') EXECUTE FUNCTION public.told();
  CREATE TRIGGER off AFTER TRUNCATE ON public.users FOR EACH STATEMENT EXECUTE FUNCTION public.touch();
  ALTER TABLE public.users DISABLE TRIGGER off;

  ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;
  ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;
  ALTER TABLE public.tenants FORCE ROW LEVEL SECURITY;
  CREATE POLICY members ON public.tenants FOR SELECT TO dbtool_reader
    USING (EXISTS (SELECT FROM public.users u WHERE u.tenant_id = tenants.id AND u.email = current_user));
  CREATE POLICY "never bad" ON public.tenants AS RESTRICTIVE USING (mood <> 'very bad') WITH CHECK (true);
  CREATE POLICY own ON public.users FOR UPDATE TO dbtool_reader, "dbtool Writer" USING (email = current_user::text);

  CREATE VIEW public.active_users WITH (security_invoker = true) AS
    SELECT u.id, u.email, t.name AS tenant, u.mood FROM (SELECT *, 'good'::public.mood AS mood FROM public.users) u
      JOIN public.tenants t ON t.id = u.tenant_id WHERE u.active;
  CREATE VIEW public.plain AS SELECT 1 AS one, E'a\\b"c' AS text;
  CREATE VIEW public.checked WITH (security_barrier = true) AS SELECT id FROM public.users WITH LOCAL CHECK OPTION;
  CREATE MATERIALIZED VIEW billing.totals AS SELECT tenant, count(*) AS invoices FROM billing.invoices GROUP BY 1;
  CREATE UNIQUE INDEX totals_tenant ON billing.totals (tenant);
  COMMENT ON VIEW public.plain IS 'Nothing to see.';
  CREATE RULE quiet AS ON DELETE TO public.scratch DO INSTEAD NOTHING;

  GRANT USAGE ON SCHEMA billing TO dbtool_reader WITH GRANT OPTION;
  GRANT SELECT, INSERT ON public.users TO dbtool_reader, "dbtool Writer";
  GRANT UPDATE (email) ON public.users TO dbtool_reader WITH GRANT OPTION;
  GRANT ALL ON billing.invoices TO "dbtool Writer";
  GRANT SELECT ON public.active_users TO PUBLIC;
  GRANT USAGE ON SEQUENCE public.users_serial_number_seq, billing.invoice_numbers TO dbtool_reader;
  GRANT SELECT ON SEQUENCE public.users_serial_number_seq TO "dbtool Writer" WITH GRANT OPTION;
  REVOKE EXECUTE ON FUNCTION billing.listed(bigint[]) FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION billing.listed(bigint[]) TO dbtool_reader;
  GRANT EXECUTE ON FUNCTION public.touch() TO dbtool_reader;
  ALTER DEFAULT PRIVILEGES IN SCHEMA billing GRANT SELECT ON TABLES TO dbtool_reader;
  ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
  ALTER TABLE public.scratch OWNER TO dbtool_reader;
  CREATE PUBLICATION changes FOR TABLE public.users (id, email), public.tenants WHERE (name <> 'secret');
  """#
