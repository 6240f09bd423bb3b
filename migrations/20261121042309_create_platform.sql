-- 20261121042309_create_platform
-- create 4 externals, 2 schemas, 1 extension, 2 enums, 2 sequences, 14 functions, 11 tables, 2 sequence owners, 2 constraints, 15 indexes, 3 views, 1 trigger, 11 policies, 2 partition windows, 36 grants, 73 comments, 2 cron jobs
-- proved on PostgreSQL 15.20: converges; 0 rows in 0 tables kept
-- hazards: none

BEGIN;
SET LOCAL lock_timeout = '5s';
-- Bodies may refer to what is created after them.
SET LOCAL check_function_bodies = off;

-- + external "role anon"  [Hosting/Hosting.swift]
DO $dbtool$BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'anon') THEN
    CREATE ROLE anon;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END$dbtool$;

-- + external "role authenticated"  [Hosting/Hosting.swift]
DO $dbtool$BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'authenticated') THEN
    CREATE ROLE authenticated;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END$dbtool$;

-- + external "role service_role"  [Hosting/Hosting.swift]
DO $dbtool$BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'service_role') THEN
    CREATE ROLE service_role BYPASSRLS;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END$dbtool$;

-- + external auth  [Hosting/Hosting.swift]
DO $external$
BEGIN
  IF to_regnamespace('auth') IS NULL THEN
    CREATE SCHEMA auth;
    GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role;
  END IF;
  IF to_regprocedure('auth.uid()') IS NULL THEN
    CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS
      $$ SELECT nullif(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub', '')::uuid $$;
  END IF;
  IF to_regprocedure('auth.role()') IS NULL THEN
    CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE AS
      $$ SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role' $$;
  END IF;
  IF to_regprocedure('auth.jwt()') IS NULL THEN
    CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE AS
      $$ SELECT coalesce(nullif(current_setting('request.jwt.claims', true), '')::jsonb, '{}') $$;
  END IF;
END
$external$;

-- + schema checkin  [CheckIn/CheckIn.swift]
CREATE SCHEMA checkin;

-- + comment on schema checkin  [CheckIn/CheckIn.swift]
COMMENT ON SCHEMA checkin IS 'Paid participants, entry passes and check-ins at the door.';

-- + schema webinar  [Webinar/Webinar.swift]
CREATE SCHEMA webinar;

-- + comment on schema webinar  [Webinar/Webinar.swift]
COMMENT ON SCHEMA webinar IS 'WebinarJam registrations, attendance checks and their archive.';

-- + extension pgcrypto  [CheckIn/CheckIn.swift]
CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;

-- + enum webinar.attendance_outcome  [Webinar.Webinar.AttendanceStatus]
CREATE TYPE webinar.attendance_outcome AS ENUM ('attended', 'no_show', 'not_found');

-- + comment on enum webinar.attendance_outcome  [Webinar.Webinar.AttendanceStatus]
COMMENT ON TYPE webinar.attendance_outcome IS 'What a lookup found.';

-- + enum webinar.sync_status  [Webinar.Webinar.SyncStatus]
CREATE TYPE webinar.sync_status AS ENUM ('running', 'completed', 'failed');

-- + comment on enum webinar.sync_status  [Webinar.Webinar.SyncStatus]
COMMENT ON TYPE webinar.sync_status IS 'State of a synchronisation run.';

-- + sequence webinar.attendance_checks_id_seq
CREATE SEQUENCE webinar.attendance_checks_id_seq;

-- + sequence webinar.webinar_registrants_id_seq
CREATE SEQUENCE webinar.webinar_registrants_id_seq;

-- + function checkin.check_in(text, text, inet)  [CheckIn/Functions.swift]
CREATE OR REPLACE FUNCTION checkin.check_in(p_row_hash text, p_pin text, p_address inet)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'checkin', 'public', 'pg_temp'
AS $function$
DECLARE
  v_failed integer;
  v_right boolean;
BEGIN
  IF NOT count_request(p_address) THEN
    RETURN jsonb_build_object('ok', false, 'error', 'rate_limited');
  END IF;

  -- Tries of one address come one after the other: twenty guesses at once are not twenty tries.
  PERFORM pg_advisory_xact_lock(hashtext('checkin.pin'), hashtext(host(p_address)));
  SELECT count(*) INTO v_failed FROM pin_attempts a
   WHERE a.address = p_address AND NOT a.succeeded AND a.attempted_at > now() - interval '15 minutes';
  IF v_failed >= 5 THEN
    RETURN jsonb_build_object('ok', false, 'error', 'locked_out');
  END IF;

  v_right := EXISTS (SELECT FROM staff_pins s WHERE s.active AND s.pin_hash = crypt(coalesce(p_pin, ''), s.pin_hash));
  IF NOT v_right THEN
    INSERT INTO pin_attempts (address, succeeded) VALUES (p_address, false);
    RETURN jsonb_build_object('ok', false, 'error', 'invalid_pin', 'attempts_left', 4 - v_failed);
  END IF;
  INSERT INTO pin_attempts (address, succeeded) VALUES (p_address, true);

  IF NOT EXISTS (SELECT FROM paidparticipants p WHERE p.row_hash = p_row_hash) THEN
    RETURN jsonb_build_object('ok', false, 'error', 'not_found');
  END IF;

  -- The first one stays; whoever comes later waits for it and reads it.
  INSERT INTO checkins AS c (row_hash, checked_in_at, checked_in_by)
  VALUES (p_row_hash, now(), host(p_address))
  ON CONFLICT (row_hash) DO UPDATE SET row_hash = c.row_hash;

  RETURN pass_json(p_row_hash);
END
$function$;

-- + comment on function checkin.check_in(text, text, inet)  [CheckIn/Functions.swift]
COMMENT ON ROUTINE checkin.check_in(text, text, inet) IS 'Checks a participant in with a helper''s PIN: an atomic upsert, so that however many do it at once there is one check-in, and all get the same answer. ok = false with rate_limited, locked_out, invalid_pin or not_found.';

-- + function checkin.clean_up()  [CheckIn/Functions.swift]
CREATE OR REPLACE FUNCTION checkin.clean_up()
 RETURNS bigint
 LANGUAGE sql
 SET search_path TO 'checkin', 'pg_temp'
AS $function$
WITH gone AS (DELETE FROM request_rates WHERE minute < now() - interval '1 hour' RETURNING 1)
SELECT count(*) FROM gone
$function$;

-- + comment on function checkin.clean_up()  [CheckIn/Functions.swift]
COMMENT ON ROUTINE checkin.clean_up() IS 'Removes request counts older than an hour; says how many.';

-- + function checkin.count_request(inet, integer)  [CheckIn/Functions.swift]
CREATE OR REPLACE FUNCTION checkin.count_request(p_address inet, p_limit integer DEFAULT 100)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO 'checkin', 'pg_temp'
AS $function$
INSERT INTO request_rates AS r (address, minute) VALUES (p_address, date_trunc('minute', clock_timestamp()))
ON CONFLICT (address, minute) DO UPDATE SET requests = r.requests + 1
RETURNING r.requests <= p_limit
$function$;

-- + comment on function checkin.count_request(inet, integer)  [CheckIn/Functions.swift]
COMMENT ON ROUTINE checkin.count_request(inet, integer) IS 'Counts a request of an address; false once there are more than p_limit in this minute.';

-- + function checkin.pass_json(text)  [CheckIn/Functions.swift]
CREATE OR REPLACE FUNCTION checkin.pass_json(p_row_hash text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'checkin', 'pg_temp'
AS $function$
SELECT jsonb_build_object(
         'ok', true,
         'participant', jsonb_build_object('row_number', p.row_number, 'headers', p.headers, 'data', p.data),
         'checkin', CASE WHEN c.row_hash IS NOT NULL THEN jsonb_build_object(
           'row_hash', c.row_hash,
           'checked_in_at', to_char(c.checked_in_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
           'checked_in_by', c.checked_in_by) END)
  FROM paidparticipants p LEFT JOIN checkins c ON c.row_hash = p.row_hash
 WHERE p.row_hash = p_row_hash
$function$;

-- + comment on function checkin.pass_json(text)  [CheckIn/Functions.swift]
COMMENT ON ROUTINE checkin.pass_json(text) IS 'The answer for a pass: the participant and, once there is one, the check-in.';

-- + function checkin.resolve(text, inet)  [CheckIn/Functions.swift]
CREATE OR REPLACE FUNCTION checkin.resolve(p_row_hash text, p_address inet)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'checkin', 'pg_temp'
AS $function$
BEGIN
  IF NOT count_request(p_address) THEN
    RETURN jsonb_build_object('ok', false, 'error', 'rate_limited');
  END IF;
  RETURN coalesce(pass_json(p_row_hash), jsonb_build_object('ok', false, 'error', 'not_found'));
END
$function$;

-- + comment on function checkin.resolve(text, inet)  [CheckIn/Functions.swift]
COMMENT ON ROUTINE checkin.resolve(text, inet) IS 'Resolves a pass for a caller''s address: the document''s JSON, or ok = false with not_found or rate_limited.';

-- + function checkin.set_staff_pin(text, text)  [CheckIn/Functions.swift]
CREATE OR REPLACE FUNCTION checkin.set_staff_pin(p_label text, p_pin text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'checkin', 'public', 'pg_temp'
AS $function$
BEGIN
  IF p_pin IS NULL OR p_pin !~ '^[0-9]{4,12}$' THEN
    RAISE EXCEPTION 'a PIN has 4 to 12 digits' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO staff_pins (label, pin_hash) VALUES (p_label, crypt(p_pin, gen_salt('bf', 6)))
  ON CONFLICT (label) DO UPDATE SET pin_hash = excluded.pin_hash, active = true;
END
$function$;

-- + comment on function checkin.set_staff_pin(text, text)  [CheckIn/Functions.swift]
COMMENT ON ROUTINE checkin.set_staff_pin(text, text) IS 'Sets a helper''s PIN of 4 to 12 digits; only its hash is kept.';

-- + function webinar.archive_old_records(interval, integer)  [Webinar/Archive.swift]
CREATE OR REPLACE FUNCTION webinar.archive_old_records(p_retention interval DEFAULT '1 year 6 mons'::interval, p_limit integer DEFAULT 10000)
 RETURNS TABLE(registrants bigint, checks bigint)
 LANGUAGE plpgsql
 SET search_path TO 'webinar', 'pg_temp'
AS $function$
DECLARE
  v_before timestamptz := now() - p_retention;
BEGIN
  IF p_retention < interval '30 days' THEN
    RAISE EXCEPTION 'a retention of % is too short', p_retention
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Keep at least 30 days.';
  END IF;

  WITH moved AS (
    DELETE FROM attendance_checks c
     WHERE c.id IN (SELECT o.id FROM attendance_checks o WHERE o.checked_at < v_before
                     ORDER BY o.checked_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING c.*)
  INSERT INTO attendance_checks_archive (id, registrant_id, email, attended, attendance_status, response_time_ms, checked_at)
  SELECT m.id, m.registrant_id, m.email, m.attended, m.attendance_status, m.response_time_ms, m.checked_at FROM moved m;
  GET DIAGNOSTICS checks = ROW_COUNT;

  -- Checks of a registrant that are younger than the retention stay, without their reference.
  WITH moved AS (
    DELETE FROM webinar_registrants r
     WHERE r.id IN (SELECT o.id FROM webinar_registrants o WHERE o.event_date < v_before
                     ORDER BY o.event_date LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING r.*)
  INSERT INTO webinar_registrants_archive (id, webinarjam_id, webinar_id, schedule_id, email, event_date, record)
  SELECT m.id, m.webinarjam_id, m.webinar_id, m.schedule_id, m.email, m.event_date, to_jsonb(m) FROM moved m
  ON CONFLICT (id) DO UPDATE SET record = excluded.record, archived_at = now();
  GET DIAGNOSTICS registrants = ROW_COUNT;

  RETURN NEXT;
END
$function$;

-- + comment on function webinar.archive_old_records(interval, integer)  [Webinar/Archive.swift]
COMMENT ON ROUTINE webinar.archive_old_records(interval, integer) IS 'Moves registrants and checks older than the retention to the archive; at most p_limit of each.';

-- + function webinar.check_attendance(text, integer, integer, text)  [Webinar/Lookup.swift]
CREATE OR REPLACE FUNCTION webinar.check_attendance(p_email text, p_webinar_id integer, p_schedule_id integer, p_ghl_contact_id text DEFAULT NULL::text)
 RETURNS TABLE(registrant_id bigint, email text, first_name text, last_name text, webinar_name text, attended boolean, status webinar.attendance_outcome, date_live timestamp with time zone, time_live interval, purchased_live boolean, revenue_live numeric, response_time_ms integer, check_id bigint)
 LANGUAGE plpgsql
 SET search_path TO 'webinar', 'pg_temp'
AS $function$
#variable_conflict use_column
DECLARE
  v_start timestamptz := clock_timestamp();
  v_email text := lower(btrim(p_email));
  v_found webinar_registrants;
BEGIN
  IF coalesce(v_email, '') = '' THEN
    RAISE EXCEPTION 'an email address is needed' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT r.* INTO v_found
    FROM webinar_registrants r
   WHERE r.email = v_email AND r.webinar_id = p_webinar_id AND r.schedule_id = p_schedule_id
   ORDER BY r.event_date DESC
   LIMIT 1;

  registrant_id := v_found.id;
  email := v_email;
  first_name := v_found.first_name;
  last_name := v_found.last_name;
  webinar_name := v_found.webinar_name;
  attended := CASE WHEN v_found.id IS NULL THEN NULL ELSE coalesce(v_found.attended_live, false) END;
  status := CASE WHEN v_found.id IS NULL THEN 'not_found' WHEN v_found.attended_live THEN 'attended'
                 ELSE 'no_show' END::attendance_outcome;
  date_live := v_found.date_live;
  time_live := v_found.time_live;
  purchased_live := v_found.purchased_live;
  revenue_live := v_found.revenue_live;
  response_time_ms := round(1000 * extract(epoch FROM clock_timestamp() - v_start));

  INSERT INTO attendance_checks (registrant_id, ghl_contact_id, email, attended, attendance_status, response_time_ms)
  VALUES (v_found.id, p_ghl_contact_id, left(v_email, 255), attended, status::text, response_time_ms)
  RETURNING id INTO check_id;
  RETURN NEXT;
END
$function$;

-- + comment on function webinar.check_attendance(text, integer, integer, text)  [Webinar/Lookup.swift]
COMMENT ON ROUTINE webinar.check_attendance(text, integer, integer, text) IS 'The lightning lookup: who came, by address, webinar and schedule; writes the audit row with its time.';

-- + function webinar.parse_flag(text)  [Webinar/Synchronisation.swift]
CREATE OR REPLACE FUNCTION webinar.parse_flag(p_value text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
SELECT coalesce(p_value = '1', false)
$function$;

-- + comment on function webinar.parse_flag(text)  [Webinar/Synchronisation.swift]
COMMENT ON ROUTINE webinar.parse_flag(text) IS 'WebinarJam''s flags: ''1'' means yes, everything else no.';

-- + function webinar.parse_interval(text)  [Webinar/Synchronisation.swift]
CREATE OR REPLACE FUNCTION webinar.parse_interval(p_value text)
 RETURNS interval
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET "IntervalStyle" TO 'postgres'
AS $function$
BEGIN
  RETURN nullif(btrim(p_value), '')::interval;
END
$function$;

-- + comment on function webinar.parse_interval(text)  [Webinar/Synchronisation.swift]
COMMENT ON ROUTINE webinar.parse_interval(text) IS 'A duration such as 01:02:03; NULL for an empty text; an error for what is none.';

-- + function webinar.parse_revenue(text)  [Webinar/Synchronisation.swift]
CREATE OR REPLACE FUNCTION webinar.parse_revenue(p_value text)
 RETURNS numeric
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
  v numeric;
BEGIN
  v := round(btrim(p_value)::numeric, 2);
  -- NaN compares as greater than every number.
  IF v IS NULL OR v < 0 OR v >= 100000000 THEN
    RETURN 0;
  END IF;
  RETURN v;
EXCEPTION WHEN data_exception THEN
  RETURN 0;
END
$function$;

-- + comment on function webinar.parse_revenue(text)  [Webinar/Synchronisation.swift]
COMMENT ON ROUTINE webinar.parse_revenue(text) IS 'A revenue; 0 for what is no amount that fits numeric(10,2).';

-- + function webinar.parse_timestamp(text)  [Webinar/Synchronisation.swift]
CREATE OR REPLACE FUNCTION webinar.parse_timestamp(p_value text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET "TimeZone" TO 'UTC'
AS $function$
BEGIN
  RETURN nullif(btrim(p_value), '')::timestamptz;
END
$function$;

-- + comment on function webinar.parse_timestamp(text)  [Webinar/Synchronisation.swift]
COMMENT ON ROUTINE webinar.parse_timestamp(text) IS 'A moment in time; NULL for an empty text; an error for what is none. Without a zone it is UTC.';

-- + function webinar.touch_updated_at()  [Webinar/Synchronisation.swift]
CREATE OR REPLACE FUNCTION webinar.touch_updated_at()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END
$function$;

-- + comment on function webinar.touch_updated_at()  [Webinar/Synchronisation.swift]
COMMENT ON ROUTINE webinar.touch_updated_at() IS 'Keeps updated_at at the time of the last change.';

-- + function webinar.upsert_registrants(jsonb, bigint)  [Webinar/Synchronisation.swift]
CREATE OR REPLACE FUNCTION webinar.upsert_registrants(p_records jsonb, p_run_id bigint DEFAULT NULL::bigint)
 RETURNS TABLE(received integer, inserted integer, updated integer, rejected integer)
 LANGUAGE plpgsql
 SET search_path TO 'webinar', 'pg_temp'
AS $function$
#variable_conflict use_column
DECLARE
  v_record jsonb;
  v_row webinar_registrants;
  v_good webinar_registrants[] := '{}';
  v_reason text;
BEGIN
  received := 0; inserted := 0; updated := 0; rejected := 0;
  IF jsonb_typeof(p_records) IS DISTINCT FROM 'array' THEN
    RAISE EXCEPTION 'a page is a JSON array of records, not %', coalesce(jsonb_typeof(p_records), 'NULL')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;

  FOR v_record IN SELECT value FROM jsonb_array_elements(p_records) LOOP
    received := received + 1;
    BEGIN
      v_row := NULL;
      v_row.webinarjam_id := (v_record ->> 'id')::integer;
      v_row.lead_id := nullif(v_record ->> 'lead_id', '')::integer;
      v_row.webinar_id := (v_record ->> 'webinar_id')::integer;
      v_row.schedule_id := (v_record ->> 'schedule_id')::integer;
      v_row.event_id := nullif(v_record ->> 'event_id', '')::integer;
      v_row.email := lower(btrim(v_record ->> 'email'));
      v_row.first_name := nullif(btrim(v_record ->> 'first_name'), '');
      v_row.last_name := nullif(btrim(v_record ->> 'last_name'), '');
      v_row.phone_country_code := nullif(btrim(v_record ->> 'phone_country_code'), '');
      v_row.phone_number := nullif(btrim(v_record ->> 'phone_number'), '');
      v_row.webinar_name := v_record ->> 'webinar_name';
      v_row.schedule := v_record ->> 'schedule';
      v_row.event_date := parse_timestamp(v_record ->> 'event_date');
      v_row.signup_date := parse_timestamp(v_record ->> 'signup_date');
      v_row.attended_live := parse_flag(v_record ->> 'attended_live');
      v_row.date_live := parse_timestamp(v_record ->> 'date_live');
      v_row.entered_live := parse_interval(v_record ->> 'entered_live');
      v_row.time_live := parse_interval(v_record ->> 'time_live');
      v_row.purchased_live := parse_flag(v_record ->> 'purchased_live');
      v_row.revenue_live := parse_revenue(v_record ->> 'revenue_live');
      v_row.attended_replay := parse_flag(v_record ->> 'attended_replay');
      v_row.date_replay := parse_timestamp(v_record ->> 'date_replay');
      v_row.time_replay := parse_interval(v_record ->> 'time_replay');
      v_row.purchased_replay := parse_flag(v_record ->> 'purchased_replay');
      v_row.revenue_replay := parse_revenue(v_record ->> 'revenue_replay');

      v_reason := CASE
        WHEN jsonb_typeof(v_record) <> 'object' THEN 'the record is no JSON object'
        WHEN v_row.webinarjam_id IS NULL THEN 'id is missing'
        WHEN v_row.webinar_id IS NULL THEN 'webinar_id is missing'
        WHEN v_row.schedule_id IS NULL THEN 'schedule_id is missing'
        WHEN coalesce(v_row.email, '') = '' THEN 'email is missing'
        WHEN position('@' IN v_row.email) = 0 THEN format('"%s" is no email address', left(v_row.email, 100)) END;
      IF v_reason IS NOT NULL THEN
        RAISE EXCEPTION USING MESSAGE = v_reason, ERRCODE = 'data_exception';
      END IF;
      v_good := v_good || v_row;
    EXCEPTION WHEN data_exception THEN
      -- Whatever does not fit its type: the record is kept for review, the page goes on.
      rejected := rejected + 1;
      INSERT INTO sync_rejects (run_id, record, reason) VALUES (p_run_id, v_record, SQLERRM);
    END;
  END LOOP;

  -- Of several records of one registration in a page, the last one wins.
  WITH page AS (
    SELECT DISTINCT ON (g.webinarjam_id) g.*
      FROM unnest(v_good) WITH ORDINALITY AS g
     ORDER BY g.webinarjam_id, g.ordinality DESC),
  written AS (
    INSERT INTO webinar_registrants AS r (
      webinarjam_id, lead_id, webinar_id, schedule_id, event_id, email, first_name, last_name, phone_country_code,
      phone_number, webinar_name, schedule, event_date, signup_date, attended_live, date_live, entered_live, time_live,
      purchased_live, revenue_live, attended_replay, date_replay, time_replay, purchased_replay, revenue_replay,
      last_synced_at)
    SELECT webinarjam_id, lead_id, webinar_id, schedule_id, event_id, email, first_name, last_name, phone_country_code,
           phone_number, webinar_name, schedule, event_date, signup_date, attended_live, date_live, entered_live,
           time_live, purchased_live, revenue_live, attended_replay, date_replay, time_replay, purchased_replay,
           revenue_replay, now()
      FROM page ORDER BY webinarjam_id
    ON CONFLICT (webinarjam_id) DO UPDATE SET
      lead_id = excluded.lead_id, webinar_id = excluded.webinar_id, schedule_id = excluded.schedule_id,
      event_id = excluded.event_id, email = excluded.email, first_name = excluded.first_name,
      last_name = excluded.last_name, phone_country_code = excluded.phone_country_code,
      phone_number = excluded.phone_number, webinar_name = excluded.webinar_name, schedule = excluded.schedule,
      event_date = excluded.event_date, signup_date = excluded.signup_date, attended_live = excluded.attended_live,
      date_live = excluded.date_live, entered_live = excluded.entered_live, time_live = excluded.time_live,
      purchased_live = excluded.purchased_live, revenue_live = excluded.revenue_live,
      attended_replay = excluded.attended_replay, date_replay = excluded.date_replay, time_replay = excluded.time_replay,
      purchased_replay = excluded.purchased_replay, revenue_replay = excluded.revenue_replay,
      last_synced_at = excluded.last_synced_at
    RETURNING (xmax = 0) AS is_new)
  SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) INTO inserted, updated FROM written;

  IF p_run_id IS NOT NULL THEN
    UPDATE sync_runs s
       SET pages = s.pages + 1, received = s.received + upsert_registrants.received,
           inserted = s.inserted + upsert_registrants.inserted, updated = s.updated + upsert_registrants.updated,
           rejected = s.rejected + upsert_registrants.rejected
     WHERE s.id = p_run_id;
  END IF;
  RETURN NEXT;
END
$function$;

-- + comment on function webinar.upsert_registrants(jsonb, bigint)  [Webinar/Synchronisation.swift]
COMMENT ON ROUTINE webinar.upsert_registrants(jsonb, bigint) IS 'Takes a page of WebinarJam records (a JSON array): conflict on webinarjam_id, the latest wins; a bad record goes to sync_rejects with its reason and never fails the page.';

-- + table checkin.checkins  [CheckIn/Tables.swift]
CREATE TABLE checkin.checkins (
  row_hash text NOT NULL,
  checked_in_at timestamp with time zone DEFAULT now() NOT NULL,
  checked_in_by text,
  CONSTRAINT checkins_pkey PRIMARY KEY (row_hash)
);
ALTER TABLE checkin.checkins ENABLE ROW LEVEL SECURITY;
ALTER TABLE checkin.checkins FORCE ROW LEVEL SECURITY;

-- + index checkin.checkins_checked_in_at_idx  [CheckIn/Tables.swift]
CREATE INDEX checkins_checked_in_at_idx ON checkin.checkins USING btree (checked_in_at);

-- + comment on table checkin.checkins  [CheckIn/Tables.swift]
COMMENT ON TABLE checkin.checkins IS 'Check-ins; the primary key makes a second one impossible.';

-- + comment on column checkin.checkins.checked_in_by  [CheckIn/Tables.swift]
COMMENT ON COLUMN checkin.checkins.checked_in_by IS 'The address of the device that did it.';

-- + comment on index checkin.checkins_checked_in_at_idx  [CheckIn/Tables.swift]
COMMENT ON INDEX checkin.checkins_checked_in_at_idx IS 'Arrivals over time.';

-- + table checkin.paidparticipants  [CheckIn/Tables.swift]
CREATE TABLE checkin.paidparticipants (
  row_number integer NOT NULL,
  headers jsonb NOT NULL,
  data jsonb NOT NULL,
  row_hash text NOT NULL,
  imported_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT paidparticipants_pkey PRIMARY KEY (row_number),
  CONSTRAINT paidparticipants_data_check CHECK ((jsonb_typeof(data) = 'object'::text)),
  CONSTRAINT paidparticipants_headers_check CHECK ((jsonb_typeof(headers) = 'array'::text)),
  CONSTRAINT paidparticipants_row_hash_check CHECK (((length(row_hash) >= 1) AND (length(row_hash) <= 128)))
);
ALTER TABLE checkin.paidparticipants ENABLE ROW LEVEL SECURITY;
ALTER TABLE checkin.paidparticipants FORCE ROW LEVEL SECURITY;

-- + index checkin.idx_paidparticipants_row_hash  [CheckIn/Tables.swift]
CREATE UNIQUE INDEX idx_paidparticipants_row_hash ON checkin.paidparticipants USING btree (row_hash);

-- + comment on index checkin.idx_paidparticipants_row_hash  [CheckIn/Tables.swift]
COMMENT ON INDEX checkin.idx_paidparticipants_row_hash IS 'Resolving a pass: an index scan, whatever the number of participants.';

-- + comment on table checkin.paidparticipants  [CheckIn/Tables.swift]
COMMENT ON TABLE checkin.paidparticipants IS 'Paid participants, as imported from the organiser''s sheet.';

-- + comment on column checkin.paidparticipants.data  [CheckIn/Tables.swift]
COMMENT ON COLUMN checkin.paidparticipants.data IS 'The row as an object by column title.';

-- + comment on column checkin.paidparticipants.headers  [CheckIn/Tables.swift]
COMMENT ON COLUMN checkin.paidparticipants.headers IS 'The sheet''s column titles, an array.';

-- + comment on column checkin.paidparticipants.row_hash  [CheckIn/Tables.swift]
COMMENT ON COLUMN checkin.paidparticipants.row_hash IS 'What the pass carries.';

-- + comment on column checkin.paidparticipants.row_number  [CheckIn/Tables.swift]
COMMENT ON COLUMN checkin.paidparticipants.row_number IS 'The row in the organiser''s sheet.';

-- + table checkin.pin_attempts  [CheckIn/Tables.swift]
CREATE TABLE checkin.pin_attempts (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  address inet NOT NULL,
  succeeded boolean NOT NULL,
  attempted_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT pin_attempts_pkey PRIMARY KEY (id, attempted_at)
) PARTITION BY RANGE (attempted_at);
ALTER TABLE checkin.pin_attempts ENABLE ROW LEVEL SECURITY;
ALTER TABLE checkin.pin_attempts FORCE ROW LEVEL SECURITY;

-- + index checkin.pin_attempts_failed_idx  [CheckIn/Tables.swift]
CREATE INDEX pin_attempts_failed_idx ON checkin.pin_attempts USING btree (address, attempted_at) WHERE (NOT succeeded);

-- + comment on table checkin.pin_attempts  [CheckIn/Tables.swift]
COMMENT ON TABLE checkin.pin_attempts IS 'PIN attempts by address, a partition a month, three months kept.';

-- + comment on index checkin.pin_attempts_failed_idx  [CheckIn/Tables.swift]
COMMENT ON INDEX checkin.pin_attempts_failed_idx IS 'Wrong PINs of an address in the last 15 minutes.';

-- + table checkin.request_rates  [CheckIn/Tables.swift]
CREATE TABLE checkin.request_rates (
  address inet NOT NULL,
  minute timestamp with time zone NOT NULL,
  requests integer DEFAULT 1 NOT NULL,
  CONSTRAINT request_rates_pkey PRIMARY KEY (address, minute),
  CONSTRAINT request_rates_requests_check CHECK ((requests > 0))
) WITH (fillfactor = '70');
ALTER TABLE checkin.request_rates ENABLE ROW LEVEL SECURITY;
ALTER TABLE checkin.request_rates FORCE ROW LEVEL SECURITY;

-- + index checkin.request_rates_minute_idx  [CheckIn/Tables.swift]
CREATE INDEX request_rates_minute_idx ON checkin.request_rates USING btree (minute);

-- + comment on table checkin.request_rates  [CheckIn/Tables.swift]
COMMENT ON TABLE checkin.request_rates IS 'Request counts for rate limits; rows are gone after an hour.';

-- + comment on column checkin.request_rates.minute  [CheckIn/Tables.swift]
COMMENT ON COLUMN checkin.request_rates.minute IS 'The start of the minute.';

-- + comment on index checkin.request_rates_minute_idx  [CheckIn/Tables.swift]
COMMENT ON INDEX checkin.request_rates_minute_idx IS 'Cleaning up.';

-- + table checkin.staff_pins  [CheckIn/Tables.swift]
CREATE TABLE checkin.staff_pins (
  label text NOT NULL,
  pin_hash text NOT NULL,
  active boolean DEFAULT true NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT staff_pins_pkey PRIMARY KEY (label),
  CONSTRAINT staff_pins_pin_hash_check CHECK ((pin_hash ~~ '$2_$%'::text))
);
ALTER TABLE checkin.staff_pins ENABLE ROW LEVEL SECURITY;
ALTER TABLE checkin.staff_pins FORCE ROW LEVEL SECURITY;

-- + comment on table checkin.staff_pins  [CheckIn/Tables.swift]
COMMENT ON TABLE checkin.staff_pins IS 'Hashed PINs of helpers.';

-- + comment on column checkin.staff_pins.label  [CheckIn/Tables.swift]
COMMENT ON COLUMN checkin.staff_pins.label IS 'Whose it is, for example a door.';

-- + comment on column checkin.staff_pins.pin_hash  [CheckIn/Tables.swift]
COMMENT ON COLUMN checkin.staff_pins.pin_hash IS 'bcrypt, by pgcrypto''s crypt().';

-- + table webinar.attendance_checks  [Webinar/Registrants.swift]
CREATE TABLE webinar.attendance_checks (
  id bigint DEFAULT nextval('webinar.attendance_checks_id_seq'::regclass) NOT NULL,
  registrant_id bigint,
  ghl_contact_id character varying(255),
  email character varying(255) NOT NULL,
  attended boolean,
  attendance_status character varying(50),
  tag_added character varying(100),
  tag_removed character varying(100),
  response_time_ms integer,
  checked_at timestamp with time zone DEFAULT now(),
  CONSTRAINT attendance_checks_pkey PRIMARY KEY (id),
  CONSTRAINT attendance_checks_response_time_check CHECK ((response_time_ms >= 0)),
  CONSTRAINT attendance_checks_status_check CHECK (((attendance_status)::text = ANY (ARRAY[('attended'::character varying)::text, ('no_show'::character varying)::text, ('not_found'::character varying)::text])))
);
ALTER TABLE webinar.attendance_checks ENABLE ROW LEVEL SECURITY;
ALTER TABLE webinar.attendance_checks FORCE ROW LEVEL SECURITY;

-- + index webinar.attendance_checks_registrant_id_idx  [Webinar/Registrants.swift]
CREATE INDEX attendance_checks_registrant_id_idx ON webinar.attendance_checks USING btree (registrant_id) WHERE (registrant_id IS NOT NULL);

-- + index webinar.idx_attendance_checks_date  [Webinar/Registrants.swift]
CREATE INDEX idx_attendance_checks_date ON webinar.attendance_checks USING btree (checked_at);

-- + comment on table webinar.attendance_checks  [Webinar/Registrants.swift]
COMMENT ON TABLE webinar.attendance_checks IS 'Audit log of attendance checks.';

-- + comment on column webinar.attendance_checks.attendance_status  [Webinar/Registrants.swift]
COMMENT ON COLUMN webinar.attendance_checks.attendance_status IS 'attended, no_show or not_found.';

-- + comment on column webinar.attendance_checks.ghl_contact_id  [Webinar/Registrants.swift]
COMMENT ON COLUMN webinar.attendance_checks.ghl_contact_id IS 'The contact at GoHighLevel.';

-- + comment on column webinar.attendance_checks.registrant_id  [Webinar/Registrants.swift]
COMMENT ON COLUMN webinar.attendance_checks.registrant_id IS 'NULL when nobody was found, or once the registrant is archived.';

-- + comment on column webinar.attendance_checks.response_time_ms  [Webinar/Registrants.swift]
COMMENT ON COLUMN webinar.attendance_checks.response_time_ms IS 'Milliseconds in the database.';

-- + table webinar.attendance_checks_archive  [Webinar/Archive.swift]
CREATE TABLE webinar.attendance_checks_archive (
  id bigint NOT NULL,
  registrant_id bigint,
  email character varying(255) NOT NULL,
  attended boolean,
  attendance_status character varying(50),
  response_time_ms integer,
  checked_at timestamp with time zone,
  archived_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT attendance_checks_archive_pkey PRIMARY KEY (id, archived_at)
) PARTITION BY RANGE (archived_at);
ALTER TABLE webinar.attendance_checks_archive ENABLE ROW LEVEL SECURITY;
ALTER TABLE webinar.attendance_checks_archive FORCE ROW LEVEL SECURITY;

-- + index webinar.attendance_checks_archive_email_idx  [Webinar/Archive.swift]
CREATE INDEX attendance_checks_archive_email_idx ON webinar.attendance_checks_archive USING btree (email);

-- + comment on table webinar.attendance_checks_archive  [Webinar/Archive.swift]
COMMENT ON TABLE webinar.attendance_checks_archive IS 'Archive of attendance checks, by month of archiving.';

-- + sequence owner webinar.attendance_checks_id_seq
ALTER SEQUENCE webinar.attendance_checks_id_seq OWNED BY webinar.attendance_checks.id;

-- + comment on index webinar.attendance_checks_registrant_id_idx  [Webinar/Registrants.swift]
COMMENT ON INDEX webinar.attendance_checks_registrant_id_idx IS 'Archiving a registrant finds its checks.';

-- + comment on index webinar.idx_attendance_checks_date  [Webinar/Registrants.swift]
COMMENT ON INDEX webinar.idx_attendance_checks_date IS 'The hourly dashboard, and retention.';

-- + table webinar.sync_rejects  [Webinar/Synchronisation.swift]
CREATE TABLE webinar.sync_rejects (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  run_id bigint,
  record jsonb NOT NULL,
  reason text NOT NULL,
  rejected_at timestamp with time zone DEFAULT now() NOT NULL,
  resolved_at timestamp with time zone,
  CONSTRAINT sync_rejects_pkey PRIMARY KEY (id)
);
ALTER TABLE webinar.sync_rejects ENABLE ROW LEVEL SECURITY;
ALTER TABLE webinar.sync_rejects FORCE ROW LEVEL SECURITY;

-- + index webinar.sync_rejects_open_idx  [Webinar/Synchronisation.swift]
CREATE INDEX sync_rejects_open_idx ON webinar.sync_rejects USING btree (rejected_at) WHERE (resolved_at IS NULL);

-- + index webinar.sync_rejects_run_id_idx  [Webinar/Synchronisation.swift]
CREATE INDEX sync_rejects_run_id_idx ON webinar.sync_rejects USING btree (run_id);

-- + comment on table webinar.sync_rejects  [Webinar/Synchronisation.swift]
COMMENT ON TABLE webinar.sync_rejects IS 'Rejected records for manual review.';

-- + comment on column webinar.sync_rejects.record  [Webinar/Synchronisation.swift]
COMMENT ON COLUMN webinar.sync_rejects.record IS 'The record as it came.';

-- + comment on column webinar.sync_rejects.run_id  [Webinar/Synchronisation.swift]
COMMENT ON COLUMN webinar.sync_rejects.run_id IS 'NULL when the page was not part of a run.';

-- + comment on index webinar.sync_rejects_open_idx  [Webinar/Synchronisation.swift]
COMMENT ON INDEX webinar.sync_rejects_open_idx IS 'What is to be reviewed.';

-- + table webinar.sync_runs  [Webinar/Synchronisation.swift]
CREATE TABLE webinar.sync_runs (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  status webinar.sync_status DEFAULT 'running'::webinar.sync_status NOT NULL,
  started_at timestamp with time zone DEFAULT now() NOT NULL,
  finished_at timestamp with time zone,
  pages integer DEFAULT 0 NOT NULL,
  received integer DEFAULT 0 NOT NULL,
  inserted integer DEFAULT 0 NOT NULL,
  updated integer DEFAULT 0 NOT NULL,
  rejected integer DEFAULT 0 NOT NULL,
  message text,
  CONSTRAINT sync_runs_pkey PRIMARY KEY (id),
  CONSTRAINT sync_runs_finished_check CHECK (((status = 'running'::webinar.sync_status) = (finished_at IS NULL)))
);
ALTER TABLE webinar.sync_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE webinar.sync_runs FORCE ROW LEVEL SECURITY;

-- + index webinar.sync_runs_started_at_idx  [Webinar/Synchronisation.swift]
CREATE INDEX sync_runs_started_at_idx ON webinar.sync_runs USING btree (started_at DESC);

-- + comment on table webinar.sync_runs  [Webinar/Synchronisation.swift]
COMMENT ON TABLE webinar.sync_runs IS 'Log of synchronisation runs with their counts.';

-- + comment on column webinar.sync_runs.message  [Webinar/Synchronisation.swift]
COMMENT ON COLUMN webinar.sync_runs.message IS 'Why it failed.';

-- + comment on index webinar.sync_runs_started_at_idx  [Webinar/Synchronisation.swift]
COMMENT ON INDEX webinar.sync_runs_started_at_idx IS 'The latest runs.';

-- + table webinar.webinar_registrants  [Webinar/Registrants.swift]
CREATE TABLE webinar.webinar_registrants (
  id bigint DEFAULT nextval('webinar.webinar_registrants_id_seq'::regclass) NOT NULL,
  webinarjam_id integer NOT NULL,
  lead_id integer,
  webinar_id integer NOT NULL,
  schedule_id integer NOT NULL,
  event_id integer,
  email character varying(255) NOT NULL,
  first_name character varying(255),
  last_name character varying(255),
  phone_country_code character varying(10),
  phone_number character varying(50),
  webinar_name character varying(255),
  schedule character varying(255),
  event_date timestamp with time zone,
  signup_date timestamp with time zone,
  attended_live boolean DEFAULT false,
  date_live timestamp with time zone,
  entered_live interval,
  time_live interval,
  purchased_live boolean DEFAULT false,
  revenue_live numeric(10,2) DEFAULT 0,
  attended_replay boolean DEFAULT false,
  date_replay timestamp with time zone,
  time_replay interval,
  purchased_replay boolean DEFAULT false,
  revenue_replay numeric(10,2) DEFAULT 0,
  created_at timestamp with time zone DEFAULT now(),
  updated_at timestamp with time zone DEFAULT now(),
  last_synced_at timestamp with time zone DEFAULT now(),
  CONSTRAINT webinar_registrants_pkey PRIMARY KEY (id),
  CONSTRAINT webinar_registrants_revenue_check CHECK (((revenue_live >= (0)::numeric) AND (revenue_replay >= (0)::numeric))),
  CONSTRAINT webinar_registrants_webinarjam_id_key UNIQUE (webinarjam_id)
);
ALTER TABLE webinar.webinar_registrants ENABLE ROW LEVEL SECURITY;
ALTER TABLE webinar.webinar_registrants FORCE ROW LEVEL SECURITY;

-- + index webinar.idx_webinar_registrants_attended  [Webinar/Registrants.swift]
CREATE INDEX idx_webinar_registrants_attended ON webinar.webinar_registrants USING btree (attended_live);

-- + comment on index webinar.idx_webinar_registrants_attended  [Webinar/Registrants.swift]
COMMENT ON INDEX webinar.idx_webinar_registrants_attended IS 'Analytics by attendance.';

-- + index webinar.idx_webinar_registrants_email  [Webinar/Registrants.swift]
CREATE INDEX idx_webinar_registrants_email ON webinar.webinar_registrants USING btree (email);

-- + comment on index webinar.idx_webinar_registrants_email  [Webinar/Registrants.swift]
COMMENT ON INDEX webinar.idx_webinar_registrants_email IS 'Lookups by address alone.';

-- + index webinar.idx_webinar_registrants_lookup  [Webinar/Registrants.swift]
CREATE INDEX idx_webinar_registrants_lookup ON webinar.webinar_registrants USING btree (email, webinar_id, schedule_id);

-- + comment on index webinar.idx_webinar_registrants_lookup  [Webinar/Registrants.swift]
COMMENT ON INDEX webinar.idx_webinar_registrants_lookup IS 'The lightning lookup: address, webinar, schedule.';

-- + index webinar.webinar_registrants_event_date_idx  [Webinar/Registrants.swift]
CREATE INDEX webinar_registrants_event_date_idx ON webinar.webinar_registrants USING btree (event_date);

-- + comment on table webinar.webinar_registrants  [Webinar/Registrants.swift]
COMMENT ON TABLE webinar.webinar_registrants IS 'WebinarJam registrations with attendance, purchases and replay.';

-- + comment on column webinar.webinar_registrants.email  [Webinar/Registrants.swift]
COMMENT ON COLUMN webinar.webinar_registrants.email IS 'Lower case, without spaces around it; the lookup''s key.';

-- + comment on column webinar.webinar_registrants.entered_live  [Webinar/Registrants.swift]
COMMENT ON COLUMN webinar.webinar_registrants.entered_live IS 'How far into the session they came.';

-- + comment on column webinar.webinar_registrants.event_date  [Webinar/Registrants.swift]
COMMENT ON COLUMN webinar.webinar_registrants.event_date IS 'When the session starts.';

-- + comment on column webinar.webinar_registrants.schedule  [Webinar/Registrants.swift]
COMMENT ON COLUMN webinar.webinar_registrants.schedule IS 'The schedule as WebinarJam words it.';

-- + comment on column webinar.webinar_registrants.time_live  [Webinar/Registrants.swift]
COMMENT ON COLUMN webinar.webinar_registrants.time_live IS 'How long they stayed.';

-- + comment on column webinar.webinar_registrants.webinarjam_id  [Webinar/Registrants.swift]
COMMENT ON COLUMN webinar.webinar_registrants.webinarjam_id IS 'The registration''s number at WebinarJam.';

-- + table webinar.webinar_registrants_archive  [Webinar/Archive.swift]
CREATE TABLE webinar.webinar_registrants_archive (
  id bigint NOT NULL,
  webinarjam_id integer NOT NULL,
  webinar_id integer NOT NULL,
  schedule_id integer NOT NULL,
  email character varying(255) NOT NULL,
  event_date timestamp with time zone,
  record jsonb COMPRESSION pglz NOT NULL,
  archived_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT webinar_registrants_archive_pkey PRIMARY KEY (id)
);
ALTER TABLE webinar.webinar_registrants_archive ENABLE ROW LEVEL SECURITY;
ALTER TABLE webinar.webinar_registrants_archive FORCE ROW LEVEL SECURITY;

-- + index webinar.webinar_registrants_archive_email_idx  [Webinar/Archive.swift]
CREATE INDEX webinar_registrants_archive_email_idx ON webinar.webinar_registrants_archive USING btree (email);

-- + comment on table webinar.webinar_registrants_archive  [Webinar/Archive.swift]
COMMENT ON TABLE webinar.webinar_registrants_archive IS 'Archive of registrants; written by archive_old_records.';

-- + comment on column webinar.webinar_registrants_archive.record  [Webinar/Archive.swift]
COMMENT ON COLUMN webinar.webinar_registrants_archive.record IS 'The whole row as it was.';

-- + comment on index webinar.webinar_registrants_archive_email_idx  [Webinar/Archive.swift]
COMMENT ON INDEX webinar.webinar_registrants_archive_email_idx IS 'Answering a person''s request for their data.';

-- + comment on index webinar.webinar_registrants_event_date_idx  [Webinar/Registrants.swift]
COMMENT ON INDEX webinar.webinar_registrants_event_date_idx IS 'Retention: what is old enough to archive.';

-- + sequence owner webinar.webinar_registrants_id_seq
ALTER SEQUENCE webinar.webinar_registrants_id_seq OWNED BY webinar.webinar_registrants.id;

-- + constraint attendance_checks_registrant_id_fkey on webinar.attendance_checks  [Webinar/Registrants.swift]
ALTER TABLE webinar.attendance_checks ADD CONSTRAINT attendance_checks_registrant_id_fkey FOREIGN KEY (registrant_id) REFERENCES webinar.webinar_registrants(id) ON DELETE SET NULL;

-- + constraint sync_rejects_run_id_fkey on webinar.sync_rejects  [Webinar/Synchronisation.swift]
ALTER TABLE webinar.sync_rejects ADD CONSTRAINT sync_rejects_run_id_fkey FOREIGN KEY (run_id) REFERENCES webinar.sync_runs(id) ON DELETE CASCADE;

-- + view checkin.arrivals  [CheckIn/Tables.swift]
CREATE VIEW checkin.arrivals WITH (security_invoker = 'true') AS
 SELECT date_trunc('minute'::text, c.checked_in_at) AS minute,
    count(*) AS arrived,
    sum(count(*)) OVER (ORDER BY (date_trunc('minute'::text, c.checked_in_at))) AS arrived_so_far
   FROM checkin.checkins c
  GROUP BY (date_trunc('minute'::text, c.checked_in_at));

-- + comment on view checkin.arrivals  [CheckIn/Tables.swift]
COMMENT ON VIEW checkin.arrivals IS 'Arrivals by the minute, with a running total.';

-- + view webinar.performance_dashboard  [Webinar/Lookup.swift]
CREATE VIEW webinar.performance_dashboard WITH (security_invoker = 'true') AS
 SELECT date_trunc('hour'::text, c.checked_at) AS hour,
    avg(c.response_time_ms) AS avg_response_time,
    percentile_cont((0.95)::double precision) WITHIN GROUP (ORDER BY ((c.response_time_ms)::double precision)) AS p95_response_time,
    count(*) AS total_checks,
    sum(
        CASE
            WHEN c.attended THEN 1
            ELSE 0
        END) AS attended_count,
    count(*) FILTER (WHERE ((c.attendance_status)::text = 'not_found'::text)) AS not_found_count
   FROM webinar.attendance_checks c
  WHERE (c.checked_at >= (now() - '24:00:00'::interval))
  GROUP BY (date_trunc('hour'::text, c.checked_at))
  ORDER BY (date_trunc('hour'::text, c.checked_at));

-- + comment on column webinar.performance_dashboard.avg_response_time  [Webinar/Lookup.swift]
COMMENT ON COLUMN webinar.performance_dashboard.avg_response_time IS 'Milliseconds.';

-- + comment on column webinar.performance_dashboard.p95_response_time  [Webinar/Lookup.swift]
COMMENT ON COLUMN webinar.performance_dashboard.p95_response_time IS 'Milliseconds.';

-- + comment on view webinar.performance_dashboard  [Webinar/Lookup.swift]
COMMENT ON VIEW webinar.performance_dashboard IS 'Checks of the last 24 hours by the hour.';

-- + view webinar.webinar_attendance  [Webinar/Lookup.swift]
CREATE VIEW webinar.webinar_attendance WITH (security_invoker = 'true') AS
 SELECT r.webinar_id,
    r.schedule_id,
    max((r.webinar_name)::text) AS webinar_name,
    min(r.event_date) AS event_date,
    count(*) AS registrants,
    count(*) FILTER (WHERE r.attended_live) AS attended,
    round(((100.0 * (count(*) FILTER (WHERE r.attended_live))::numeric) / (count(*))::numeric), 1) AS attendance_rate,
    count(*) FILTER (WHERE r.attended_replay) AS replays,
    count(*) FILTER (WHERE (r.purchased_live OR r.purchased_replay)) AS purchases,
    COALESCE(sum((r.revenue_live + r.revenue_replay)), (0)::numeric) AS revenue
   FROM webinar.webinar_registrants r
  GROUP BY r.webinar_id, r.schedule_id;

-- + comment on column webinar.webinar_attendance.attendance_rate  [Webinar/Lookup.swift]
COMMENT ON COLUMN webinar.webinar_attendance.attendance_rate IS 'Percent of registrants who came.';

-- + comment on column webinar.webinar_attendance.revenue  [Webinar/Lookup.swift]
COMMENT ON COLUMN webinar.webinar_attendance.revenue IS 'Live and replay together.';

-- + comment on view webinar.webinar_attendance  [Webinar/Lookup.swift]
COMMENT ON VIEW webinar.webinar_attendance IS 'Attendance, replays and revenue for each session.';

-- + trigger webinar_registrants_touch on webinar.webinar_registrants  [Webinar/Registrants.swift]
CREATE TRIGGER webinar_registrants_touch BEFORE UPDATE ON webinar.webinar_registrants FOR EACH ROW EXECUTE FUNCTION webinar.touch_updated_at();

-- + policy service on checkin.checkins  [CheckIn/Tables.swift]
CREATE POLICY service ON checkin.checkins FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy service on checkin.paidparticipants  [CheckIn/Tables.swift]
CREATE POLICY service ON checkin.paidparticipants FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + comment on policy service on checkin.paidparticipants  [CheckIn/Tables.swift]
COMMENT ON POLICY service ON checkin.paidparticipants IS 'The edge function does everything.';

-- + policy service on checkin.pin_attempts  [CheckIn/Tables.swift]
CREATE POLICY service ON checkin.pin_attempts FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy service on checkin.request_rates  [CheckIn/Tables.swift]
CREATE POLICY service ON checkin.request_rates FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy service on checkin.staff_pins  [CheckIn/Tables.swift]
CREATE POLICY service ON checkin.staff_pins FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy service on webinar.attendance_checks  [Webinar/Registrants.swift]
CREATE POLICY service ON webinar.attendance_checks FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy service on webinar.attendance_checks_archive  [Webinar/Archive.swift]
CREATE POLICY service ON webinar.attendance_checks_archive FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy service on webinar.sync_rejects  [Webinar/Synchronisation.swift]
CREATE POLICY service ON webinar.sync_rejects FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy service on webinar.sync_runs  [Webinar/Synchronisation.swift]
CREATE POLICY service ON webinar.sync_runs FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy service on webinar.webinar_registrants  [Webinar/Registrants.swift]
CREATE POLICY service ON webinar.webinar_registrants FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + comment on policy service on webinar.webinar_registrants  [Webinar/Registrants.swift]
COMMENT ON POLICY service ON webinar.webinar_registrants IS 'The workflow engine does everything.';

-- + policy service on webinar.webinar_registrants_archive  [Webinar/Archive.swift]
CREATE POLICY service ON webinar.webinar_registrants_archive FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + grant to service_role on schema checkin  [CheckIn/CheckIn.swift]
GRANT USAGE ON SCHEMA checkin TO service_role;

-- + grant to service_role on schema webinar  [Webinar/Webinar.swift]
GRANT USAGE ON SCHEMA webinar TO service_role;

-- + grant to service_role on view checkin.arrivals  [CheckIn/Tables.swift]
GRANT SELECT ON TABLE checkin.arrivals TO service_role;

-- + grant to PUBLIC on function checkin.check_in(text, text, inet)  [CheckIn/Functions.swift]
REVOKE EXECUTE ON ROUTINE checkin.check_in(text, text, inet) FROM PUBLIC;

-- + grant to service_role on function checkin.check_in(text, text, inet)  [CheckIn/Functions.swift]
GRANT EXECUTE ON ROUTINE checkin.check_in(text, text, inet) TO service_role;

-- + grant to service_role on table checkin.checkins  [CheckIn/Tables.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE checkin.checkins TO service_role;

-- + grant to PUBLIC on function checkin.clean_up()  [CheckIn/Functions.swift]
REVOKE EXECUTE ON ROUTINE checkin.clean_up() FROM PUBLIC;

-- + grant to service_role on function checkin.clean_up()  [CheckIn/Functions.swift]
GRANT EXECUTE ON ROUTINE checkin.clean_up() TO service_role;

-- + grant to PUBLIC on function checkin.count_request(inet, integer)  [CheckIn/Functions.swift]
REVOKE EXECUTE ON ROUTINE checkin.count_request(inet, integer) FROM PUBLIC;

-- + grant to service_role on function checkin.count_request(inet, integer)  [CheckIn/Functions.swift]
GRANT EXECUTE ON ROUTINE checkin.count_request(inet, integer) TO service_role;

-- + grant to service_role on table checkin.paidparticipants  [CheckIn/Tables.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE checkin.paidparticipants TO service_role;

-- + grant to PUBLIC on function checkin.pass_json(text)  [CheckIn/Functions.swift]
REVOKE EXECUTE ON ROUTINE checkin.pass_json(text) FROM PUBLIC;

-- + grant to service_role on function checkin.pass_json(text)  [CheckIn/Functions.swift]
GRANT EXECUTE ON ROUTINE checkin.pass_json(text) TO service_role;

-- + grant to service_role on table checkin.pin_attempts  [CheckIn/Tables.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE checkin.pin_attempts TO service_role;

-- + grant to service_role on table checkin.request_rates  [CheckIn/Tables.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE checkin.request_rates TO service_role;

-- + grant to PUBLIC on function checkin.resolve(text, inet)  [CheckIn/Functions.swift]
REVOKE EXECUTE ON ROUTINE checkin.resolve(text, inet) FROM PUBLIC;

-- + grant to service_role on function checkin.resolve(text, inet)  [CheckIn/Functions.swift]
GRANT EXECUTE ON ROUTINE checkin.resolve(text, inet) TO service_role;

-- + grant to PUBLIC on function checkin.set_staff_pin(text, text)  [CheckIn/Functions.swift]
REVOKE EXECUTE ON ROUTINE checkin.set_staff_pin(text, text) FROM PUBLIC;

-- + grant to service_role on function checkin.set_staff_pin(text, text)  [CheckIn/Functions.swift]
GRANT EXECUTE ON ROUTINE checkin.set_staff_pin(text, text) TO service_role;

-- + grant to service_role on table checkin.staff_pins  [CheckIn/Tables.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE checkin.staff_pins TO service_role;

-- + grant to PUBLIC on function webinar.archive_old_records(interval, integer)  [Webinar/Archive.swift]
REVOKE EXECUTE ON ROUTINE webinar.archive_old_records(interval, integer) FROM PUBLIC;

-- + grant to service_role on function webinar.archive_old_records(interval, integer)  [Webinar/Archive.swift]
GRANT EXECUTE ON ROUTINE webinar.archive_old_records(interval, integer) TO service_role;

-- + grant to service_role on table webinar.attendance_checks  [Webinar/Registrants.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE webinar.attendance_checks TO service_role;

-- + grant to service_role on table webinar.attendance_checks_archive  [Webinar/Archive.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE webinar.attendance_checks_archive TO service_role;

-- + grant to service_role on sequence webinar.attendance_checks_id_seq  [Webinar/Registrants.swift]
GRANT USAGE ON SEQUENCE webinar.attendance_checks_id_seq TO service_role;

-- + grant to PUBLIC on function webinar.check_attendance(text, integer, integer, text)  [Webinar/Lookup.swift]
REVOKE EXECUTE ON ROUTINE webinar.check_attendance(text, integer, integer, text) FROM PUBLIC;

-- + grant to service_role on function webinar.check_attendance(text, integer, integer, text)  [Webinar/Lookup.swift]
GRANT EXECUTE ON ROUTINE webinar.check_attendance(text, integer, integer, text) TO service_role;

-- + grant to service_role on view webinar.performance_dashboard  [Webinar/Lookup.swift]
GRANT SELECT ON TABLE webinar.performance_dashboard TO service_role;

-- + grant to service_role on table webinar.sync_rejects  [Webinar/Synchronisation.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE webinar.sync_rejects TO service_role;

-- + grant to service_role on table webinar.sync_runs  [Webinar/Synchronisation.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE webinar.sync_runs TO service_role;

-- + grant to PUBLIC on function webinar.upsert_registrants(jsonb, bigint)  [Webinar/Synchronisation.swift]
REVOKE EXECUTE ON ROUTINE webinar.upsert_registrants(jsonb, bigint) FROM PUBLIC;

-- + grant to service_role on function webinar.upsert_registrants(jsonb, bigint)  [Webinar/Synchronisation.swift]
GRANT EXECUTE ON ROUTINE webinar.upsert_registrants(jsonb, bigint) TO service_role;

-- + grant to service_role on view webinar.webinar_attendance  [Webinar/Lookup.swift]
GRANT SELECT ON TABLE webinar.webinar_attendance TO service_role;

-- + grant to service_role on table webinar.webinar_registrants  [Webinar/Registrants.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE webinar.webinar_registrants TO service_role;

-- + grant to service_role on table webinar.webinar_registrants_archive  [Webinar/Archive.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE webinar.webinar_registrants_archive TO service_role;

-- + grant to service_role on sequence webinar.webinar_registrants_id_seq  [Webinar/Registrants.swift]
GRANT USAGE ON SEQUENCE webinar.webinar_registrants_id_seq TO service_role;

-- + cron job checkin_cleanup_hourly  [CheckIn/CheckIn.swift]
DO $dbtool$
BEGIN
  IF to_regclass('cron.job') IS NOT NULL THEN
    PERFORM cron.schedule('checkin_cleanup_hourly', '7 * * * *', 'SELECT checkin.clean_up()');
  ELSE
    RAISE NOTICE 'pg_cron is not installed in this database: the job % is skipped', 'checkin_cleanup_hourly';
  END IF;
END
$dbtool$;

-- + cron job webinar_archive_daily  [Webinar/Webinar.swift]
DO $dbtool$
BEGIN
  IF to_regclass('cron.job') IS NOT NULL THEN
    PERFORM cron.schedule('webinar_archive_daily', '17 3 * * *', 'SELECT webinar.archive_old_records(interval ''18 months'')');
  ELSE
    RAISE NOTICE 'pg_cron is not installed in this database: the job % is skipped', 'webinar_archive_daily';
  END IF;
END
$dbtool$;

-- + partition window checkin.pin_attempts  [CheckIn/Tables.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- + partition window webinar.attendance_checks_archive  [Webinar/Archive.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

COMMIT;
