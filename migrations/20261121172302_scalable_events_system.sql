-- 20261121172302_scalable_events_system
-- create 2 extensions, 7 enums, 10 functions, 16 tables, 26 constraints, 29 indexes, 5 triggers, 45 policies, 1 partition window, 58 grants, 83 comments
-- proved on PostgreSQL 15.20: converges; 31 rows in 11 tables kept
-- hazards: none

BEGIN;
SET LOCAL lock_timeout = '5s';
-- Bodies may refer to what is created after them.
SET LOCAL check_function_bodies = off;

-- + extension ltree  [Booking/Booking.swift]
CREATE EXTENSION IF NOT EXISTS ltree WITH SCHEMA public;

-- + extension "uuid-ossp"  [Booking/Booking.swift]
CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA public;

-- + enum public.attendance  [Booking/Types.swift]
CREATE TYPE public.attendance AS ENUM ('attended', 'no_show');

-- + comment on enum public.attendance  [Booking/Types.swift]
COMMENT ON TYPE public.attendance IS 'Whether somebody who was registered came.';

-- + enum public.delivery_status  [Booking/Types.swift]
CREATE TYPE public.delivery_status AS ENUM ('pending', 'sent', 'failed');

-- + comment on enum public.delivery_status  [Booking/Types.swift]
COMMENT ON TYPE public.delivery_status IS 'State of a notification in the outbox.';

-- + enum public.event_status  [Booking/Types.swift]
CREATE TYPE public.event_status AS ENUM ('scheduled', 'cancelled', 'completed');

-- + comment on enum public.event_status  [Booking/Types.swift]
COMMENT ON TYPE public.event_status IS 'State of a class event; only scheduled ones can be booked.';

-- + enum public.member_role  [Booking/Types.swift]
CREATE TYPE public.member_role AS ENUM ('owner', 'admin', 'staff');

-- + comment on enum public.member_role  [Booking/Types.swift]
COMMENT ON TYPE public.member_role IS 'What a member may do in an organisation; owners and admins run it.';

-- + enum public.notification_channel  [Booking/Types.swift]
CREATE TYPE public.notification_channel AS ENUM ('email', 'sms', 'push');

-- + comment on enum public.notification_channel  [Booking/Types.swift]
COMMENT ON TYPE public.notification_channel IS 'How a notification is delivered.';

-- + enum public.payment_status  [Booking/Types.swift]
CREATE TYPE public.payment_status AS ENUM ('pending', 'succeeded', 'failed', 'refund_pending', 'refunded');

-- + comment on enum public.payment_status  [Booking/Types.swift]
COMMENT ON TYPE public.payment_status IS 'State of a payment; a cancelled booking''s payment waits to be refunded.';

-- + enum public.registration_status  [Booking/Types.swift]
CREATE TYPE public.registration_status AS ENUM ('confirmed', 'cancelled');

-- + comment on enum public.registration_status  [Booking/Types.swift]
COMMENT ON TYPE public.registration_status IS 'A confirmed registration holds one place of its event.';

-- + function public.generate_events_for_all(timestamp without time zone)  [Booking/Series.swift]
CREATE OR REPLACE FUNCTION public.generate_events_for_all(p_until timestamp without time zone)
 RETURNS TABLE(series integer, events integer)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  v_until date := p_until::date;
BEGIN
  IF p_until IS NULL OR v_until > current_date + 800 THEN
    RAISE EXCEPTION 'events are generated for 800 days at most, not until %', coalesce(v_until::text, 'NULL')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- A day more on both sides: the partitions' months are UTC's, the series' days are those of their time zones.
  PERFORM maintain_event_partitions(current_date - 1, v_until + 2);

  WITH due AS (
    SELECT s.* FROM class_series s
     WHERE s.active AND (s.generated_until IS NULL OR s.generated_until < v_until)
       FOR UPDATE),
  made AS (
    INSERT INTO class_events (
      series_id, organization_id, location_id, instructor_id, title, starts_at, ends_at, capacity, price, currency)
    SELECT s.id, s.organization_id, s.location_id, s.instructor_id, s.title, t.starts_at, t.starts_at + s.duration,
           s.capacity, s.price, s.currency
      FROM due s
     CROSS JOIN LATERAL recurrence_dates(
             s.rrule, s.starts_on,
             greatest(s.starts_on, (now() AT TIME ZONE s.timezone)::date, s.generated_until + 1), v_until) AS d (day)
     CROSS JOIN LATERAL (SELECT (d.day + s.start_time) AT TIME ZONE s.timezone AS starts_at) t
    ON CONFLICT (series_id, starts_at) DO NOTHING
    RETURNING 1),
  noted AS (
    UPDATE class_series s SET generated_until = v_until FROM due d WHERE s.id = d.id RETURNING 1)
  SELECT (SELECT count(*) FROM noted), (SELECT count(*) FROM made) INTO series, events;
  RETURN NEXT;
END
$function$;

-- + comment on function public.generate_events_for_all(timestamp without time zone)  [Booking/Series.swift]
COMMENT ON ROUTINE public.generate_events_for_all(timestamp without time zone) IS 'Makes the events of all active series up to a day: each once, at its time of day in its time zone. A time that the change to summer time leaves out is an hour later; one that comes twice is the later one, in winter time.';

-- + function public.has_organization_role(uuid, public.member_role[])  [Booking/Organisations.swift]
CREATE OR REPLACE FUNCTION public.has_organization_role(p_organization_id uuid, p_roles public.member_role[])
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
SELECT EXISTS (
  SELECT FROM organization_members m
   WHERE m.organization_id = p_organization_id AND m.user_id = auth.uid() AND m.role = ANY (p_roles))
$function$;

-- + comment on function public.has_organization_role(uuid, public.member_role[])  [Booking/Organisations.swift]
COMMENT ON ROUTINE public.has_organization_role(uuid, public.member_role[]) IS 'Whether the person who asks has one of the roles in the organisation. It runs with its owner''s rights, since a policy of organization_members cannot ask organization_members itself.';

-- + function public.is_recurrence_rule(text)  [Booking/Series.swift]
CREATE OR REPLACE FUNCTION public.is_recurrence_rule(p_rule text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
SELECT p_rule ~ ('^FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;(INTERVAL=[1-9][0-9]{0,2}|COUNT=[1-9][0-9]{0,3}'
                 '|UNTIL=[0-9]{8}|BYDAY=(-?[1-5])?(MO|TU|WE|TH|FR|SA|SU)(,(-?[1-5])?(MO|TU|WE|TH|FR|SA|SU))*'
                 '|BYMONTHDAY=-?([1-9]|[12][0-9]|3[01])(,-?([1-9]|[12][0-9]|3[01]))*))*$')
   -- Each part at most once, and the nth weekday only of a month.
   AND NOT EXISTS (SELECT FROM regexp_matches(p_rule, '([A-Z]+)=', 'g') AS m (part) GROUP BY m.part HAVING count(*) > 1)
   AND (p_rule ~ '^FREQ=MONTHLY' OR p_rule !~ 'BYDAY=([^;]*,)?-?[0-9]')
   AND (p_rule ~ '^FREQ=MONTHLY' OR p_rule !~ 'BYMONTHDAY')
   AND (p_rule !~ '^FREQ=YEARLY' OR p_rule !~ 'BYDAY')
$function$;

-- + comment on function public.is_recurrence_rule(text)  [Booking/Series.swift]
COMMENT ON ROUTINE public.is_recurrence_rule(text) IS 'Whether recurrence_dates understands the rule: all of it, not only its beginning.';

-- + function public.is_time_zone(text)  [Booking/Organisations.swift]
CREATE OR REPLACE FUNCTION public.is_time_zone(p_name text)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  PERFORM timestamp '2000-01-01' AT TIME ZONE p_name;
  RETURN p_name IS NOT NULL;
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN false;
END
$function$;

-- + comment on function public.is_time_zone(text)  [Booking/Organisations.swift]
COMMENT ON ROUTINE public.is_time_zone(text) IS 'Whether PostgreSQL knows a time zone of this name.';

-- + function public.legacy_address(text, uuid)  [Booking/Legacy.swift]
CREATE OR REPLACE FUNCTION public.legacy_address(p_email text, p_id uuid)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
SELECT CASE WHEN position('@' IN btrim(p_email)) > 1 THEN lower(btrim(p_email)) ELSE 'legacy-' || p_id || '@invalid' END
$function$;

-- + comment on function public.legacy_address(text, uuid)  [Booking/Legacy.swift]
COMMENT ON ROUTINE public.legacy_address(text, uuid) IS 'The address that somebody of the old model has as a customer; one made of the row''s number where there is none.';

-- + function public.maintain_event_partitions(date, date)  [Booking/Series.swift]
CREATE OR REPLACE FUNCTION public.maintain_event_partitions(p_from date, p_until date)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  v_month date;
  v_name text;
  v_made integer := 0;
BEGIN
  IF p_from IS NULL OR p_until IS NULL OR p_until - p_from > 12000 THEN
    RAISE EXCEPTION 'partitions from % until % are too many', p_from, p_until USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOR v_month IN
    SELECT generate_series(date_trunc('month', p_from::timestamp), p_until::timestamp, interval '1 month')
  LOOP
    v_name := 'class_events_' || to_char(v_month, 'YYYY_MM');
    CONTINUE WHEN to_regclass(format('public.%I', v_name)) IS NOT NULL;
    -- Two runs at once make one partition.
    PERFORM pg_advisory_xact_lock(hashtext('public.class_events partitions'));
    CONTINUE WHEN to_regclass(format('public.%I', v_name)) IS NOT NULL;
    EXECUTE format(
      'CREATE TABLE public.%I PARTITION OF public.class_events FOR VALUES FROM (%L) TO (%L)', v_name,
      to_char(v_month, 'YYYY-MM-DD') || ' 00:00:00+00',
      to_char(v_month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
    -- A partition that is asked directly does not go past the parent's policies.
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', v_name);
    v_made := v_made + 1;
  END LOOP;
  RETURN v_made;
END
$function$;

-- + comment on function public.maintain_event_partitions(date, date)  [Booking/Series.swift]
COMMENT ON ROUTINE public.maintain_event_partitions(date, date) IS 'Makes the monthly partitions of class_events from one day to another that are missing; says how many.';

-- + function public.migrate_class_instances_to_events()  [Booking/Legacy.swift]
CREATE OR REPLACE FUNCTION public.migrate_class_instances_to_events()
 RETURNS TABLE(series bigint, events bigint, customers bigint, registrations bigint, waiting bigint)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
BEGIN
  -- One run at a time; the second finds nothing to do.
  PERFORM pg_advisory_xact_lock(hashtext('public.migrate_class_instances_to_events'));
  PERFORM maintain_event_partitions(min(i.start_time)::date - 1, max(i.start_time)::date + 1)
     FROM class_instances i HAVING count(*) > 0;

  -- A class's instances are gathered under one series. It makes no events of its own: nobody wrote a rule.
  WITH made AS (
    INSERT INTO class_series (
      organization_id, title, rrule, starts_on, start_time, duration, timezone, capacity, price, active, legacy_key)
    SELECT i.organization_id, i.class_name, 'FREQ=DAILY;COUNT=1',
           min(i.start_time AT TIME ZONE o.timezone)::date, min((i.start_time AT TIME ZONE o.timezone)::time),
           interval '1 hour', o.timezone, greatest(coalesce(max(i.max_participants), 1), 1), coalesce(max(i.price), 0),
           false, lower(btrim(i.class_name))
      FROM class_instances i JOIN organizations o ON o.id = i.organization_id
     GROUP BY i.organization_id, o.timezone, i.class_name
    ON CONFLICT (organization_id, legacy_key) DO NOTHING
    RETURNING 1)
  SELECT count(*) INTO series FROM made;

  -- An event has room for all who had a place, even where more were let in than the class was for.
  WITH made AS (
    INSERT INTO class_events (
      series_id, organization_id, title, starts_at, ends_at, capacity, status, price, legacy_instance_id)
    SELECT CASE WHEN row_number() OVER (PARTITION BY s.id, i.start_time ORDER BY i.id) = 1
                 AND NOT EXISTS (SELECT FROM class_events e WHERE e.series_id = s.id AND e.starts_at = i.start_time)
             THEN s.id END,
           i.organization_id, i.class_name, i.start_time,
           CASE WHEN i.end_time > i.start_time THEN i.end_time ELSE i.start_time + interval '1 hour' END,
           greatest(coalesce(i.max_participants, 1), 1,
                    (SELECT count(DISTINCT legacy_address(r.customer_email, r.id)) FROM class_registrations r
                      WHERE r.class_instance_id = i.id AND r.status IS DISTINCT FROM 'cancelled')),
           CASE WHEN i.status = 'cancelled' THEN 'cancelled' WHEN i.start_time < now() THEN 'completed'
                ELSE 'scheduled' END::event_status,
           greatest(coalesce(i.price, 0), 0), i.id
      FROM class_instances i
      JOIN class_series s ON s.organization_id = i.organization_id AND s.legacy_key = lower(btrim(i.class_name))
     WHERE NOT EXISTS (SELECT FROM class_events e WHERE e.legacy_instance_id = i.id)
    RETURNING 1)
  SELECT count(*) INTO events FROM made;

  -- Who registered or waited becomes a customer; who left no address is one by the number of the registration.
  WITH people AS (
    SELECT i.organization_id, l.address, l.name, l.created_at
      FROM (SELECT r.class_instance_id, legacy_address(r.customer_email, r.id) AS address, r.customer_name AS name, r.created_at
              FROM class_registrations r
             WHERE NOT EXISTS (SELECT FROM registrations n WHERE n.legacy_registration_id = r.id)
            UNION ALL
            SELECT w.class_instance_id, legacy_address(w.customer_email, w.id), w.customer_name, w.created_at
              FROM waitlists w
             WHERE NOT EXISTS (SELECT FROM event_waitlists n WHERE n.legacy_waitlist_id = w.id)) l
      JOIN class_instances i ON i.id = l.class_instance_id),
  made AS (
    INSERT INTO customers (organization_id, email, full_name)
    SELECT DISTINCT ON (organization_id, address) organization_id, address, coalesce(nullif(btrim(name), ''), address)
      FROM people ORDER BY organization_id, address, created_at DESC NULLS LAST
    ON CONFLICT (organization_id, email) DO NOTHING
    RETURNING 1)
  SELECT count(*) INTO customers FROM made;

  -- Nobody has two places in one event: of several registrations of one person the first counts, the others are kept as
  -- cancelled ones.
  WITH made AS (
    INSERT INTO registrations (
      event_id, event_starts_at, organization_id, customer_id, status, idempotency_key, attendance, cancel_reason,
      cancelled_at, legacy_registration_id, created_at)
    SELECT l.event_id, l.starts_at, l.organization_id, l.customer_id, l.status, 'legacy:' || l.id, l.attendance,
           CASE WHEN l.status = 'cancelled' AND NOT l.was_cancelled THEN 'registered twice' END,
           CASE WHEN l.status = 'cancelled' THEN coalesce(l.created_at, now()) END, l.id, coalesce(l.created_at, now())
      FROM (
        SELECT r.id, r.created_at, e.id AS event_id, e.starts_at, e.organization_id, c.id AS customer_id,
               r.status = 'cancelled' AS was_cancelled,
               CASE WHEN r.status = 'cancelled' OR e.status = 'cancelled' OR row_number() OVER (
                           PARTITION BY e.id, c.id, r.status IS NOT DISTINCT FROM 'cancelled' ORDER BY r.created_at, r.id) > 1
                      OR EXISTS (SELECT FROM registrations n WHERE n.event_id = e.id AND n.customer_id = c.id
                                                               AND n.status = 'confirmed')
                 THEN 'cancelled' ELSE 'confirmed' END::registration_status AS status,
               CASE WHEN r.status IN ('attended', 'no_show') THEN r.status END::attendance AS attendance
          FROM class_registrations r
          JOIN class_instances i ON i.id = r.class_instance_id
          JOIN class_events e ON e.legacy_instance_id = i.id
          JOIN customers c ON c.organization_id = i.organization_id AND c.email = legacy_address(r.customer_email, r.id)
         WHERE NOT EXISTS (SELECT FROM registrations n WHERE n.legacy_registration_id = r.id)) l
    RETURNING event_id, event_starts_at, status),
  counted AS (
    SELECT m.event_id, m.event_starts_at, count(*) FILTER (WHERE m.status = 'confirmed') AS places FROM made m GROUP BY 1, 2),
  noted AS (
    UPDATE class_events e
       SET reg_count = e.reg_count + k.places, capacity = greatest(e.capacity, e.reg_count + k.places)
      FROM counted k WHERE e.id = k.event_id AND e.starts_at = k.event_starts_at AND k.places > 0)
  SELECT count(*) INTO registrations FROM made;

  -- In their old order.
  WITH made AS (
    INSERT INTO event_waitlists (
      event_id, event_starts_at, organization_id, customer_id, idempotency_key, joined_at, left_at, legacy_waitlist_id)
    SELECT l.event_id, l.starts_at, l.organization_id, l.customer_id, 'legacy:' || l.id, coalesce(l.created_at, now()),
           CASE WHEN l.is_over OR l.number > 1 THEN now() END, l.id
      FROM (
        SELECT w.id, w.created_at, w.position, e.id AS event_id, e.starts_at, e.organization_id, c.id AS customer_id,
               e.status <> 'scheduled'
                 OR EXISTS (SELECT FROM registrations n WHERE n.event_id = e.id AND n.customer_id = c.id AND n.status = 'confirmed')
                 OR EXISTS (SELECT FROM event_waitlists n WHERE n.event_id = e.id AND n.customer_id = c.id
                                                            AND n.promoted_at IS NULL AND n.left_at IS NULL) AS is_over,
               row_number() OVER (PARTITION BY e.id, c.id ORDER BY w.position, w.created_at, w.id) AS number
          FROM waitlists w
          JOIN class_instances i ON i.id = w.class_instance_id
          JOIN class_events e ON e.legacy_instance_id = i.id
          JOIN customers c ON c.organization_id = i.organization_id AND c.email = legacy_address(w.customer_email, w.id)
         WHERE NOT EXISTS (SELECT FROM event_waitlists n WHERE n.legacy_waitlist_id = w.id)) l
     ORDER BY l.event_id, l.position, l.created_at, l.id
    RETURNING 1)
  SELECT count(*) INTO waiting FROM made;
  RETURN NEXT;
END
$function$;

-- + comment on function public.migrate_class_instances_to_events()  [Booking/Legacy.swift]
COMMENT ON ROUTINE public.migrate_class_instances_to_events() IS 'Takes the old model over into series, events, registrations and waitlists. It can be run again, also while the old tables are still written: what was taken over before is left alone. Says how much was new.';

-- + function public.recurrence_dates(text, date, date, date)  [Booking/Series.swift]
CREATE OR REPLACE FUNCTION public.recurrence_dates(p_rule text, p_starts_on date, p_from date, p_to date)
 RETURNS SETOF date
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE STRICT
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
  v_frequency text := substring(p_rule FROM 'FREQ=([A-Z]+)');
  v_interval integer := coalesce(substring(p_rule FROM 'INTERVAL=([0-9]+)')::integer, 1);
  v_count integer := substring(p_rule FROM 'COUNT=([0-9]+)')::integer;
  v_until date := to_date(substring(p_rule FROM 'UNTIL=([0-9]{8})'), 'YYYYMMDD');
  v_days text[] := string_to_array(substring(p_rule FROM 'BYDAY=([^;]+)'), ',');
  v_month_days integer[] := string_to_array(substring(p_rule FROM 'BYMONTHDAY=([^;]+)'), ',')::integer[];
  -- To know which is the tenth one has to count from the first.
  v_first date := CASE WHEN v_count IS NULL THEN greatest(p_starts_on, p_from) ELSE p_starts_on END;
  v_last date := least(p_to, coalesce(v_until, p_to));
BEGIN
  RETURN QUERY
  SELECT o.day
    FROM (
      SELECT d.day, row_number() OVER (ORDER BY d.day) AS number
        FROM (SELECT v_first + i AS day,
                     left(to_char(v_first + i, 'DY'), 2) AS weekday,
                     extract(day FROM v_first + i)::integer AS day_of_month,
                     extract(day FROM (date_trunc('month', (v_first + i)::timestamp) + interval '1 month - 1 day'))::integer
                       AS days_in_month,
                     (extract(year FROM v_first + i) * 12 + extract(month FROM v_first + i)
                       - extract(year FROM p_starts_on) * 12 - extract(month FROM p_starts_on))::integer AS months
                FROM generate_series(0, v_last - v_first) i) d
       WHERE CASE v_frequency
               WHEN 'DAILY' THEN
                 (d.day - p_starts_on) % v_interval = 0 AND (v_days IS NULL OR d.weekday = ANY (v_days))
               WHEN 'WEEKLY' THEN
                 (date_trunc('week', d.day::timestamp)::date - date_trunc('week', p_starts_on::timestamp)::date) / 7
                   % v_interval = 0
                 AND d.weekday = ANY (coalesce(v_days, ARRAY[left(to_char(p_starts_on, 'DY'), 2)]))
               WHEN 'MONTHLY' THEN
                 d.months % v_interval = 0
                 AND (v_month_days IS NULL OR d.day_of_month = ANY (v_month_days)
                      OR d.day_of_month - d.days_in_month - 1 = ANY (v_month_days))
                 AND (v_days IS NULL OR d.weekday = ANY (v_days)
                      OR ((d.day_of_month + 6) / 7) || d.weekday = ANY (v_days)
                      OR (-((d.days_in_month - d.day_of_month) / 7 + 1)) || d.weekday = ANY (v_days))
                 AND (v_days IS NOT NULL OR v_month_days IS NOT NULL
                      OR d.day_of_month = extract(day FROM p_starts_on))
               WHEN 'YEARLY' THEN
                 d.months % (12 * v_interval) = 0 AND d.day_of_month = extract(day FROM p_starts_on)
             END) o
   WHERE o.day BETWEEN p_from AND v_last AND (v_count IS NULL OR o.number <= v_count)
   ORDER BY o.day;
END
$function$;

-- + comment on function public.recurrence_dates(text, date, date, date)  [Booking/Series.swift]
COMMENT ON ROUTINE public.recurrence_dates(text, date, date, date) IS 'The days of a rule from p_from to p_to. As RFC 5545 says, a month without a 31st is passed over, and so is a year without a 29th of February; weeks begin on Monday.';

-- + function public.regenerate_series()  [Booking/Series.swift]
CREATE OR REPLACE FUNCTION public.regenerate_series()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  IF (OLD.rrule, OLD.starts_on, OLD.start_time, OLD.timezone, OLD.active)
     IS DISTINCT FROM (NEW.rrule, NEW.starts_on, NEW.start_time, NEW.timezone, NEW.active) THEN
    NEW.generated_until := NULL;
  END IF;
  RETURN NEW;
END
$function$;

-- + comment on function public.regenerate_series()  [Booking/Series.swift]
COMMENT ON ROUTINE public.regenerate_series() IS 'After a change of what makes events, a series is generated anew; what is there already stays.';

-- + function public.touch_updated_at()  [Booking/Organisations.swift]
CREATE OR REPLACE FUNCTION public.touch_updated_at()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END
$function$;

-- + comment on function public.touch_updated_at()  [Booking/Organisations.swift]
COMMENT ON ROUTINE public.touch_updated_at() IS 'Keeps updated_at at the time of the last change.';

-- + table public.class_events  [Booking/Series.swift]
CREATE TABLE public.class_events (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  series_id uuid,
  organization_id uuid NOT NULL,
  location_id uuid,
  instructor_id uuid,
  title text NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  capacity integer NOT NULL,
  reg_count integer DEFAULT 0 NOT NULL,
  status public.event_status DEFAULT 'scheduled'::public.event_status NOT NULL,
  price numeric(10,2) DEFAULT 0 NOT NULL,
  currency character(3) DEFAULT 'EUR'::bpchar NOT NULL,
  legacy_instance_id uuid,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT class_events_pkey PRIMARY KEY (id, starts_at),
  CONSTRAINT class_events_capacity_check CHECK ((capacity > 0)),
  CONSTRAINT class_events_legacy_instance_id_starts_at_key UNIQUE (legacy_instance_id, starts_at),
  CONSTRAINT class_events_places_check CHECK (((reg_count >= 0) AND (reg_count <= capacity))),
  CONSTRAINT class_events_series_id_starts_at_key UNIQUE (series_id, starts_at),
  CONSTRAINT class_events_times_check CHECK ((ends_at > starts_at))
) PARTITION BY RANGE (starts_at);
ALTER TABLE public.class_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.class_events FORCE ROW LEVEL SECURITY;

-- + index public.class_events_instructor_id_idx  [Booking/Series.swift]
CREATE INDEX class_events_instructor_id_idx ON public.class_events USING btree (instructor_id, starts_at) WHERE (instructor_id IS NOT NULL);

-- + index public.class_events_open_idx  [Booking/Series.swift]
CREATE INDEX class_events_open_idx ON public.class_events USING btree (starts_at) INCLUDE (id, reg_count, capacity) WHERE (status = 'scheduled'::public.event_status);

-- + index public.class_events_organization_id_idx  [Booking/Series.swift]
CREATE INDEX class_events_organization_id_idx ON public.class_events USING btree (organization_id, starts_at);

-- + comment on table public.class_events  [Booking/Series.swift]
COMMENT ON TABLE public.class_events IS 'Class events, a partition a month of their start.';

-- + comment on column public.class_events.legacy_instance_id  [Booking/Series.swift]
COMMENT ON COLUMN public.class_events.legacy_instance_id IS 'The class instance it was made of.';

-- + comment on column public.class_events.reg_count  [Booking/Series.swift]
COMMENT ON COLUMN public.class_events.reg_count IS 'How many confirmed registrations there are.';

-- + comment on index public.class_events_instructor_id_idx  [Booking/Series.swift]
COMMENT ON INDEX public.class_events_instructor_id_idx IS 'An instructor''s calendar.';

-- + comment on index public.class_events_open_idx  [Booking/Series.swift]
COMMENT ON INDEX public.class_events_open_idx IS 'What can be booked, and who is to be promoted.';

-- + comment on index public.class_events_organization_id_idx  [Booking/Series.swift]
COMMENT ON INDEX public.class_events_organization_id_idx IS 'An organisation''s calendar.';

-- + table public.class_instances  [Booking/Legacy.swift]
CREATE TABLE public.class_instances (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  organization_id uuid NOT NULL,
  class_name text NOT NULL,
  instructor_name text,
  location_name text,
  start_time timestamp with time zone NOT NULL,
  end_time timestamp with time zone,
  max_participants integer,
  price numeric(10,2),
  status text,
  created_at timestamp with time zone DEFAULT now(),
  CONSTRAINT class_instances_pkey PRIMARY KEY (id)
);
ALTER TABLE public.class_instances ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.class_instances FORCE ROW LEVEL SECURITY;

-- + index public.class_instances_organization_id_idx  [Booking/Legacy.swift]
CREATE INDEX class_instances_organization_id_idx ON public.class_instances USING btree (organization_id, start_time);

-- + comment on table public.class_instances  [Booking/Legacy.swift]
COMMENT ON TABLE public.class_instances IS 'Old model: classes. Read by migrate_class_instances_to_events.';

-- + comment on column public.class_instances.status  [Booking/Legacy.swift]
COMMENT ON COLUMN public.class_instances.status IS 'active, cancelled, completed; NULL means active.';

-- + table public.class_registrations  [Booking/Legacy.swift]
CREATE TABLE public.class_registrations (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  class_instance_id uuid NOT NULL,
  customer_name text,
  customer_email text,
  status text,
  notes text,
  created_at timestamp with time zone DEFAULT now(),
  CONSTRAINT class_registrations_pkey PRIMARY KEY (id)
);
ALTER TABLE public.class_registrations ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.class_registrations FORCE ROW LEVEL SECURITY;

-- + index public.class_registrations_class_instance_id_idx  [Booking/Legacy.swift]
CREATE INDEX class_registrations_class_instance_id_idx ON public.class_registrations USING btree (class_instance_id);

-- + index public.class_registrations_customer_email_idx  [Booking/Legacy.swift]
CREATE INDEX class_registrations_customer_email_idx ON public.class_registrations USING btree (lower(btrim(customer_email)));

-- + comment on table public.class_registrations  [Booking/Legacy.swift]
COMMENT ON TABLE public.class_registrations IS 'Old model: registrations.';

-- + comment on column public.class_registrations.status  [Booking/Legacy.swift]
COMMENT ON COLUMN public.class_registrations.status IS 'confirmed, cancelled, attended, no_show.';

-- + table public.class_series  [Booking/Series.swift]
CREATE TABLE public.class_series (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  organization_id uuid NOT NULL,
  location_id uuid,
  instructor_id uuid,
  title text NOT NULL,
  description text,
  rrule text NOT NULL,
  starts_on date NOT NULL,
  start_time time without time zone NOT NULL,
  duration interval DEFAULT '01:00:00'::interval NOT NULL,
  timezone text NOT NULL,
  capacity integer NOT NULL,
  price numeric(10,2) DEFAULT 0 NOT NULL,
  currency character(3) DEFAULT 'EUR'::bpchar NOT NULL,
  active boolean DEFAULT true NOT NULL,
  generated_until date,
  legacy_key text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT class_series_pkey PRIMARY KEY (id),
  CONSTRAINT class_series_capacity_check CHECK (((capacity >= 1) AND (capacity <= 100000))),
  CONSTRAINT class_series_duration_check CHECK (((duration > '00:00:00'::interval) AND (duration <= '7 days'::interval))),
  CONSTRAINT class_series_organization_id_legacy_key_key UNIQUE (organization_id, legacy_key),
  CONSTRAINT class_series_price_check CHECK ((price >= (0)::numeric)),
  CONSTRAINT class_series_rrule_check CHECK (public.is_recurrence_rule(rrule)),
  CONSTRAINT class_series_timezone_check CHECK (public.is_time_zone(timezone))
);
ALTER TABLE public.class_series ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.class_series FORCE ROW LEVEL SECURITY;

-- + index public.class_series_active_idx  [Booking/Series.swift]
CREATE INDEX class_series_active_idx ON public.class_series USING btree (generated_until NULLS FIRST) WHERE active;

-- + index public.class_series_organization_id_idx  [Booking/Series.swift]
CREATE INDEX class_series_organization_id_idx ON public.class_series USING btree (organization_id);

-- + comment on table public.class_series  [Booking/Series.swift]
COMMENT ON TABLE public.class_series IS 'Recurring classes.';

-- + comment on column public.class_series.generated_until  [Booking/Series.swift]
COMMENT ON COLUMN public.class_series.generated_until IS 'The last day for which events were made; NULL starts over.';

-- + comment on column public.class_series.legacy_key  [Booking/Series.swift]
COMMENT ON COLUMN public.class_series.legacy_key IS 'What class_instances were gathered under this series.';

-- + comment on column public.class_series.rrule  [Booking/Series.swift]
COMMENT ON COLUMN public.class_series.rrule IS 'RFC 5545: FREQ, INTERVAL, BYDAY (also 2TU, -1FR by the month), BYMONTHDAY (also -1), COUNT, UNTIL.';

-- + comment on column public.class_series.start_time  [Booking/Series.swift]
COMMENT ON COLUMN public.class_series.start_time IS 'By the clock on the wall of its time zone, in summer as in winter.';

-- + comment on column public.class_series.starts_on  [Booking/Series.swift]
COMMENT ON COLUMN public.class_series.starts_on IS 'The first day that the rule counts from.';

-- + comment on index public.class_series_active_idx  [Booking/Series.swift]
COMMENT ON INDEX public.class_series_active_idx IS 'What to generate.';

-- + comment on index public.class_series_organization_id_idx  [Booking/Series.swift]
COMMENT ON INDEX public.class_series_organization_id_idx IS 'The series of an organisation.';

-- + table public.customers  [Booking/Organisations.swift]
CREATE TABLE public.customers (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  organization_id uuid NOT NULL,
  user_id uuid,
  email text NOT NULL,
  full_name text NOT NULL,
  phone text,
  notes text,
  anonymized_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT customers_pkey PRIMARY KEY (id),
  CONSTRAINT customers_email_check CHECK (((email = lower(btrim(email))) AND (POSITION(('@'::text) IN (email)) > 1))),
  CONSTRAINT customers_organization_id_email_key UNIQUE (organization_id, email)
);
ALTER TABLE public.customers ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.customers FORCE ROW LEVEL SECURITY;

-- + index public.customers_user_id_idx  [Booking/Organisations.swift]
CREATE INDEX customers_user_id_idx ON public.customers USING btree (user_id) WHERE (user_id IS NOT NULL);

-- + comment on table public.customers  [Booking/Organisations.swift]
COMMENT ON TABLE public.customers IS 'Customers of an organisation; the same person is another customer elsewhere.';

-- + comment on column public.customers.anonymized_at  [Booking/Organisations.swift]
COMMENT ON COLUMN public.customers.anonymized_at IS 'When they were forgotten.';

-- + comment on column public.customers.email  [Booking/Organisations.swift]
COMMENT ON COLUMN public.customers.email IS 'Lower case.';

-- + comment on column public.customers.notes  [Booking/Organisations.swift]
COMMENT ON COLUMN public.customers.notes IS 'What the desk knows of them.';

-- + comment on column public.customers.user_id  [Booking/Organisations.swift]
COMMENT ON COLUMN public.customers.user_id IS 'Their login; NULL for guests.';

-- + comment on index public.customers_user_id_idx  [Booking/Organisations.swift]
COMMENT ON INDEX public.customers_user_id_idx IS 'Policies: my own rows.';

-- + table public.event_waitlists  [Booking/Registrations.swift]
CREATE TABLE public.event_waitlists (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  event_id uuid NOT NULL,
  event_starts_at timestamp with time zone NOT NULL,
  organization_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  idempotency_key text NOT NULL,
  joined_at timestamp with time zone DEFAULT now() NOT NULL,
  promoted_at timestamp with time zone,
  registration_id uuid,
  left_at timestamp with time zone,
  legacy_waitlist_id uuid,
  CONSTRAINT event_waitlists_pkey PRIMARY KEY (id),
  CONSTRAINT event_waitlists_customer_id_idempotency_key_key UNIQUE (customer_id, idempotency_key),
  CONSTRAINT event_waitlists_end_check CHECK (((promoted_at IS NULL) OR (left_at IS NULL))),
  CONSTRAINT event_waitlists_legacy_waitlist_id_key UNIQUE (legacy_waitlist_id)
);
ALTER TABLE public.event_waitlists ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.event_waitlists FORCE ROW LEVEL SECURITY;

-- + index public.event_waitlists_event_id_customer_id_key  [Booking/Registrations.swift]
CREATE UNIQUE INDEX event_waitlists_event_id_customer_id_key ON public.event_waitlists USING btree (event_id, customer_id) WHERE ((promoted_at IS NULL) AND (left_at IS NULL));

-- + index public.event_waitlists_event_key_idx  [Booking/Registrations.swift]
CREATE INDEX event_waitlists_event_key_idx ON public.event_waitlists USING btree (event_id, event_starts_at);

-- + index public.event_waitlists_registration_id_idx  [Booking/Registrations.swift]
CREATE INDEX event_waitlists_registration_id_idx ON public.event_waitlists USING btree (registration_id) WHERE (registration_id IS NOT NULL);

-- + index public.event_waitlists_waiting_idx  [Booking/Registrations.swift]
CREATE INDEX event_waitlists_waiting_idx ON public.event_waitlists USING btree (event_id, id) WHERE ((promoted_at IS NULL) AND (left_at IS NULL));

-- + comment on table public.event_waitlists  [Booking/Registrations.swift]
COMMENT ON TABLE public.event_waitlists IS 'Waitlists; an entry is waiting until it was promoted or has left.';

-- + comment on column public.event_waitlists.id  [Booking/Registrations.swift]
COMMENT ON COLUMN public.event_waitlists.id IS 'The order: given out while the event is locked.';

-- + comment on index public.event_waitlists_event_id_customer_id_key  [Booking/Registrations.swift]
COMMENT ON INDEX public.event_waitlists_event_id_customer_id_key IS 'Nobody waits twice.';

-- + comment on index public.event_waitlists_event_key_idx  [Booking/Registrations.swift]
COMMENT ON INDEX public.event_waitlists_event_key_idx IS 'The foreign key.';

-- + comment on index public.event_waitlists_waiting_idx  [Booking/Registrations.swift]
COMMENT ON INDEX public.event_waitlists_waiting_idx IS 'Who is next.';

-- + table public.instructors  [Booking/Organisations.swift]
CREATE TABLE public.instructors (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  organization_id uuid NOT NULL,
  user_id uuid,
  name text NOT NULL,
  email text,
  biography text,
  active boolean DEFAULT true NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT instructors_pkey PRIMARY KEY (id)
);
ALTER TABLE public.instructors ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.instructors FORCE ROW LEVEL SECURITY;

-- + index public.instructors_organization_id_email_key  [Booking/Organisations.swift]
CREATE UNIQUE INDEX instructors_organization_id_email_key ON public.instructors USING btree (organization_id, lower(email));

-- + index public.instructors_user_id_idx  [Booking/Organisations.swift]
CREATE INDEX instructors_user_id_idx ON public.instructors USING btree (user_id) WHERE (user_id IS NOT NULL);

-- + comment on table public.instructors  [Booking/Organisations.swift]
COMMENT ON TABLE public.instructors IS 'Instructors; listings show their names only.';

-- + comment on column public.instructors.user_id  [Booking/Organisations.swift]
COMMENT ON COLUMN public.instructors.user_id IS 'Their login, once they have one.';

-- + comment on index public.instructors_organization_id_email_key  [Booking/Organisations.swift]
COMMENT ON INDEX public.instructors_organization_id_email_key IS 'One instructor for an address.';

-- + comment on index public.instructors_user_id_idx  [Booking/Organisations.swift]
COMMENT ON INDEX public.instructors_user_id_idx IS 'My schedule.';

-- + table public.locations  [Booking/Organisations.swift]
CREATE TABLE public.locations (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  organization_id uuid NOT NULL,
  path public.ltree NOT NULL,
  name text NOT NULL,
  address text,
  timezone text DEFAULT 'UTC'::text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT locations_pkey PRIMARY KEY (id),
  CONSTRAINT locations_organization_id_path_key UNIQUE (organization_id, path),
  CONSTRAINT locations_timezone_check CHECK (public.is_time_zone(timezone))
);
ALTER TABLE public.locations ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.locations FORCE ROW LEVEL SECURITY;

-- + index public.locations_path_idx  [Booking/Organisations.swift]
CREATE INDEX locations_path_idx ON public.locations USING gist (path);

-- + comment on table public.locations  [Booking/Organisations.swift]
COMMENT ON TABLE public.locations IS 'Locations of an organisation as a tree.';

-- + comment on column public.locations.path  [Booking/Organisations.swift]
COMMENT ON COLUMN public.locations.path IS 'The place in the tree, for example berlin.mitte.room_1.';

-- + comment on index public.locations_path_idx  [Booking/Organisations.swift]
COMMENT ON INDEX public.locations_path_idx IS 'Everything below a place.';

-- + table public.notifications_outbox  [Booking/Messages.swift]
CREATE TABLE public.notifications_outbox (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  organization_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  channel public.notification_channel DEFAULT 'email'::public.notification_channel NOT NULL,
  template text NOT NULL,
  payload jsonb DEFAULT '{}'::jsonb NOT NULL,
  status public.delivery_status DEFAULT 'pending'::public.delivery_status NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  due_at timestamp with time zone DEFAULT now() NOT NULL,
  sent_at timestamp with time zone,
  last_error text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT notifications_outbox_pkey PRIMARY KEY (id)
);
ALTER TABLE public.notifications_outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.notifications_outbox FORCE ROW LEVEL SECURITY;

-- + index public.notifications_outbox_customer_id_idx  [Booking/Messages.swift]
CREATE INDEX notifications_outbox_customer_id_idx ON public.notifications_outbox USING btree (customer_id);

-- + index public.notifications_outbox_due_idx  [Booking/Messages.swift]
CREATE INDEX notifications_outbox_due_idx ON public.notifications_outbox USING btree (due_at) WHERE (status = 'pending'::public.delivery_status);

-- + comment on table public.notifications_outbox  [Booking/Messages.swift]
COMMENT ON TABLE public.notifications_outbox IS 'Outbox of notifications.';

-- + comment on column public.notifications_outbox.template  [Booking/Messages.swift]
COMMENT ON COLUMN public.notifications_outbox.template IS 'booking_confirmed, waitlisted, promoted, cancelled, …';

-- + comment on index public.notifications_outbox_due_idx  [Booking/Messages.swift]
COMMENT ON INDEX public.notifications_outbox_due_idx IS 'What is to be sent next.';

-- + table public.organization_members  [Booking/Organisations.swift]
CREATE TABLE public.organization_members (
  organization_id uuid NOT NULL,
  user_id uuid NOT NULL,
  role public.member_role DEFAULT 'staff'::public.member_role NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT organization_members_pkey PRIMARY KEY (organization_id, user_id)
);
ALTER TABLE public.organization_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.organization_members FORCE ROW LEVEL SECURITY;

-- + index public.organization_members_user_id_idx  [Booking/Organisations.swift]
CREATE INDEX organization_members_user_id_idx ON public.organization_members USING btree (user_id);

-- + comment on table public.organization_members  [Booking/Organisations.swift]
COMMENT ON TABLE public.organization_members IS 'Members of organisations with what they may do.';

-- + comment on column public.organization_members.user_id  [Booking/Organisations.swift]
COMMENT ON COLUMN public.organization_members.user_id IS 'The person''s login (auth.uid()).';

-- + comment on index public.organization_members_user_id_idx  [Booking/Organisations.swift]
COMMENT ON INDEX public.organization_members_user_id_idx IS 'The organisations of a person.';

-- + table public.organizations  [Booking/Organisations.swift]
CREATE TABLE public.organizations (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  name text NOT NULL,
  slug text NOT NULL,
  timezone text DEFAULT 'UTC'::text NOT NULL,
  branding jsonb DEFAULT '{}'::jsonb NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT organizations_pkey PRIMARY KEY (id),
  CONSTRAINT organizations_slug_check CHECK ((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text)),
  CONSTRAINT organizations_slug_key UNIQUE (slug),
  CONSTRAINT organizations_timezone_check CHECK (public.is_time_zone(timezone))
);
ALTER TABLE public.organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.organizations FORCE ROW LEVEL SECURITY;

-- + comment on table public.organizations  [Booking/Organisations.swift]
COMMENT ON TABLE public.organizations IS 'Organisations that offer classes; every other table''s tenant.';

-- + comment on column public.organizations.branding  [Booking/Organisations.swift]
COMMENT ON COLUMN public.organizations.branding IS 'Colours and pictures of public pages.';

-- + comment on column public.organizations.slug  [Booking/Organisations.swift]
COMMENT ON COLUMN public.organizations.slug IS 'The organisation in addresses of pages.';

-- + comment on column public.organizations.timezone  [Booking/Organisations.swift]
COMMENT ON COLUMN public.organizations.timezone IS 'Its usual time zone; series may have another.';

-- + table public.payments  [Booking/Registrations.swift]
CREATE TABLE public.payments (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  registration_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  amount numeric(10,2) NOT NULL,
  currency character(3) DEFAULT 'EUR'::bpchar NOT NULL,
  provider text NOT NULL,
  provider_reference text,
  status public.payment_status DEFAULT 'pending'::public.payment_status NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT payments_pkey PRIMARY KEY (id),
  CONSTRAINT payments_amount_check CHECK ((amount >= (0)::numeric)),
  CONSTRAINT payments_provider_provider_reference_key UNIQUE (provider, provider_reference)
);
ALTER TABLE public.payments ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.payments FORCE ROW LEVEL SECURITY;

-- + index public.payments_customer_id_idx  [Booking/Registrations.swift]
CREATE INDEX payments_customer_id_idx ON public.payments USING btree (customer_id);

-- + index public.payments_refund_idx  [Booking/Registrations.swift]
CREATE INDEX payments_refund_idx ON public.payments USING btree (created_at) WHERE (status = 'refund_pending'::public.payment_status);

-- + index public.payments_registration_id_idx  [Booking/Registrations.swift]
CREATE INDEX payments_registration_id_idx ON public.payments USING btree (registration_id);

-- + comment on table public.payments  [Booking/Registrations.swift]
COMMENT ON TABLE public.payments IS 'Payments; kept when a customer is forgotten, without what leads to them.';

-- + comment on column public.payments.provider  [Booking/Registrations.swift]
COMMENT ON COLUMN public.payments.provider IS 'stripe, twint, cash.';

-- + comment on index public.payments_refund_idx  [Booking/Registrations.swift]
COMMENT ON INDEX public.payments_refund_idx IS 'What is to be refunded.';

-- + table public.rate_limits  [Booking/Messages.swift]
CREATE TABLE public.rate_limits (
  key text NOT NULL,
  window_start timestamp with time zone NOT NULL,
  requests integer DEFAULT 1 NOT NULL,
  CONSTRAINT rate_limits_pkey PRIMARY KEY (key, window_start)
) WITH (fillfactor = '70');
ALTER TABLE public.rate_limits ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.rate_limits FORCE ROW LEVEL SECURITY;

-- + index public.rate_limits_window_start_idx  [Booking/Messages.swift]
CREATE INDEX rate_limits_window_start_idx ON public.rate_limits USING btree (window_start);

-- + comment on table public.rate_limits  [Booking/Messages.swift]
COMMENT ON TABLE public.rate_limits IS 'Request counts for rate limits; rows are gone after a day.';

-- + comment on column public.rate_limits.key  [Booking/Messages.swift]
COMMENT ON COLUMN public.rate_limits.key IS 'Who calls what, for example book:192.0.2.1.';

-- + comment on index public.rate_limits_window_start_idx  [Booking/Messages.swift]
COMMENT ON INDEX public.rate_limits_window_start_idx IS 'Cleaning up.';

-- + table public.registrations  [Booking/Registrations.swift]
CREATE TABLE public.registrations (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  event_id uuid NOT NULL,
  event_starts_at timestamp with time zone NOT NULL,
  organization_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  status public.registration_status DEFAULT 'confirmed'::public.registration_status NOT NULL,
  idempotency_key text NOT NULL,
  attendance public.attendance,
  cancel_reason text,
  cancelled_at timestamp with time zone,
  legacy_registration_id uuid,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT registrations_pkey PRIMARY KEY (id),
  CONSTRAINT registrations_cancelled_check CHECK (((status = 'cancelled'::public.registration_status) = (cancelled_at IS NOT NULL))),
  CONSTRAINT registrations_customer_id_idempotency_key_key UNIQUE (customer_id, idempotency_key),
  CONSTRAINT registrations_idempotency_key_check CHECK (((length(idempotency_key) >= 1) AND (length(idempotency_key) <= 200))),
  CONSTRAINT registrations_legacy_registration_id_key UNIQUE (legacy_registration_id)
);
ALTER TABLE public.registrations ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.registrations FORCE ROW LEVEL SECURITY;

-- + index public.registrations_event_id_customer_id_key  [Booking/Registrations.swift]
CREATE UNIQUE INDEX registrations_event_id_customer_id_key ON public.registrations USING btree (event_id, customer_id) WHERE (status = 'confirmed'::public.registration_status);

-- + index public.registrations_event_key_idx  [Booking/Registrations.swift]
CREATE INDEX registrations_event_key_idx ON public.registrations USING btree (event_id, event_starts_at);

-- + index public.registrations_organization_id_idx  [Booking/Registrations.swift]
CREATE INDEX registrations_organization_id_idx ON public.registrations USING btree (organization_id, created_at);

-- + comment on table public.registrations  [Booking/Registrations.swift]
COMMENT ON TABLE public.registrations IS 'Registrations of customers for events; written by book_event, cancel_booking and promotion alone.';

-- + comment on column public.registrations.event_starts_at  [Booking/Registrations.swift]
COMMENT ON COLUMN public.registrations.event_starts_at IS 'With event_id the event''s key.';

-- + comment on column public.registrations.idempotency_key  [Booking/Registrations.swift]
COMMENT ON COLUMN public.registrations.idempotency_key IS 'The caller''s name for the attempt; one booking each.';

-- + comment on index public.registrations_event_id_customer_id_key  [Booking/Registrations.swift]
COMMENT ON INDEX public.registrations_event_id_customer_id_key IS 'Nobody has two places in one event.';

-- + comment on index public.registrations_event_key_idx  [Booking/Registrations.swift]
COMMENT ON INDEX public.registrations_event_key_idx IS 'The foreign key; who comes.';

-- + comment on index public.registrations_organization_id_idx  [Booking/Registrations.swift]
COMMENT ON INDEX public.registrations_organization_id_idx IS 'Analytics of an organisation.';

-- + table public.waitlists  [Booking/Legacy.swift]
CREATE TABLE public.waitlists (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  class_instance_id uuid NOT NULL,
  customer_name text,
  customer_email text,
  "position" integer,
  created_at timestamp with time zone DEFAULT now(),
  CONSTRAINT waitlists_pkey PRIMARY KEY (id)
);
ALTER TABLE public.waitlists ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.waitlists FORCE ROW LEVEL SECURITY;

-- + index public.waitlists_class_instance_id_idx  [Booking/Legacy.swift]
CREATE INDEX waitlists_class_instance_id_idx ON public.waitlists USING btree (class_instance_id, "position");

-- + index public.waitlists_customer_email_idx  [Booking/Legacy.swift]
CREATE INDEX waitlists_customer_email_idx ON public.waitlists USING btree (lower(btrim(customer_email)));

-- + comment on table public.waitlists  [Booking/Legacy.swift]
COMMENT ON TABLE public.waitlists IS 'Old model: waitlists.';

-- + table public.webhook_events  [Booking/Messages.swift]
CREATE TABLE public.webhook_events (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  provider text NOT NULL,
  external_id text NOT NULL,
  type text NOT NULL,
  payload jsonb NOT NULL,
  received_at timestamp with time zone DEFAULT now() NOT NULL,
  processed_at timestamp with time zone,
  attempts integer DEFAULT 0 NOT NULL,
  last_error text,
  CONSTRAINT webhook_events_pkey PRIMARY KEY (id),
  CONSTRAINT webhook_events_provider_external_id_key UNIQUE (provider, external_id)
);
ALTER TABLE public.webhook_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.webhook_events FORCE ROW LEVEL SECURITY;

-- + index public.webhook_events_open_idx  [Booking/Messages.swift]
CREATE INDEX webhook_events_open_idx ON public.webhook_events USING btree (received_at) WHERE (processed_at IS NULL);

-- + comment on table public.webhook_events  [Booking/Messages.swift]
COMMENT ON TABLE public.webhook_events IS 'Inbox of webhooks.';

-- + comment on column public.webhook_events.external_id  [Booking/Messages.swift]
COMMENT ON COLUMN public.webhook_events.external_id IS 'The provider''s number of the message.';

-- + comment on column public.webhook_events.payload  [Booking/Messages.swift]
COMMENT ON COLUMN public.webhook_events.payload IS 'As it came; removed after 30 days.';

-- + comment on index public.webhook_events_open_idx  [Booking/Messages.swift]
COMMENT ON INDEX public.webhook_events_open_idx IS 'What is to be done.';

-- + constraint class_events_instructor_id_fkey on public.class_events  [Booking/Series.swift]
ALTER TABLE public.class_events ADD CONSTRAINT class_events_instructor_id_fkey FOREIGN KEY (instructor_id) REFERENCES public.instructors(id) ON DELETE SET NULL;

-- + constraint class_events_location_id_fkey on public.class_events  [Booking/Series.swift]
ALTER TABLE public.class_events ADD CONSTRAINT class_events_location_id_fkey FOREIGN KEY (location_id) REFERENCES public.locations(id) ON DELETE SET NULL;

-- + constraint class_events_organization_id_fkey on public.class_events  [Booking/Series.swift]
ALTER TABLE public.class_events ADD CONSTRAINT class_events_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

-- + constraint class_events_series_id_fkey on public.class_events  [Booking/Series.swift]
ALTER TABLE public.class_events ADD CONSTRAINT class_events_series_id_fkey FOREIGN KEY (series_id) REFERENCES public.class_series(id) ON DELETE SET NULL;

-- + constraint class_instances_organization_id_fkey on public.class_instances  [Booking/Legacy.swift]
ALTER TABLE public.class_instances ADD CONSTRAINT class_instances_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

-- + constraint class_registrations_class_instance_id_fkey on public.class_registrations  [Booking/Legacy.swift]
ALTER TABLE public.class_registrations ADD CONSTRAINT class_registrations_class_instance_id_fkey FOREIGN KEY (class_instance_id) REFERENCES public.class_instances(id) ON DELETE CASCADE;

-- + constraint class_series_instructor_id_fkey on public.class_series  [Booking/Series.swift]
ALTER TABLE public.class_series ADD CONSTRAINT class_series_instructor_id_fkey FOREIGN KEY (instructor_id) REFERENCES public.instructors(id) ON DELETE SET NULL;

-- + constraint class_series_location_id_fkey on public.class_series  [Booking/Series.swift]
ALTER TABLE public.class_series ADD CONSTRAINT class_series_location_id_fkey FOREIGN KEY (location_id) REFERENCES public.locations(id) ON DELETE SET NULL;

-- + constraint class_series_organization_id_fkey on public.class_series  [Booking/Series.swift]
ALTER TABLE public.class_series ADD CONSTRAINT class_series_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

-- + constraint customers_organization_id_fkey on public.customers  [Booking/Organisations.swift]
ALTER TABLE public.customers ADD CONSTRAINT customers_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

-- + constraint event_waitlists_customer_id_fkey on public.event_waitlists  [Booking/Registrations.swift]
ALTER TABLE public.event_waitlists ADD CONSTRAINT event_waitlists_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);

-- + constraint event_waitlists_event_fkey on public.event_waitlists  [Booking/Registrations.swift]
ALTER TABLE public.event_waitlists ADD CONSTRAINT event_waitlists_event_fkey FOREIGN KEY (event_id, event_starts_at) REFERENCES public.class_events(id, starts_at) ON DELETE CASCADE;

-- + constraint event_waitlists_organization_id_fkey on public.event_waitlists  [Booking/Registrations.swift]
ALTER TABLE public.event_waitlists ADD CONSTRAINT event_waitlists_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

-- + constraint event_waitlists_registration_id_fkey on public.event_waitlists  [Booking/Registrations.swift]
ALTER TABLE public.event_waitlists ADD CONSTRAINT event_waitlists_registration_id_fkey FOREIGN KEY (registration_id) REFERENCES public.registrations(id) ON DELETE SET NULL;

-- + constraint instructors_organization_id_fkey on public.instructors  [Booking/Organisations.swift]
ALTER TABLE public.instructors ADD CONSTRAINT instructors_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

-- + constraint locations_organization_id_fkey on public.locations  [Booking/Organisations.swift]
ALTER TABLE public.locations ADD CONSTRAINT locations_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

-- + constraint notifications_outbox_customer_id_fkey on public.notifications_outbox  [Booking/Messages.swift]
ALTER TABLE public.notifications_outbox ADD CONSTRAINT notifications_outbox_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id) ON DELETE CASCADE;

-- + constraint notifications_outbox_organization_id_fkey on public.notifications_outbox  [Booking/Messages.swift]
ALTER TABLE public.notifications_outbox ADD CONSTRAINT notifications_outbox_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

-- + constraint organization_members_organization_id_fkey on public.organization_members  [Booking/Organisations.swift]
ALTER TABLE public.organization_members ADD CONSTRAINT organization_members_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

-- + constraint payments_customer_id_fkey on public.payments  [Booking/Registrations.swift]
ALTER TABLE public.payments ADD CONSTRAINT payments_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);

-- + constraint payments_organization_id_fkey on public.payments  [Booking/Registrations.swift]
ALTER TABLE public.payments ADD CONSTRAINT payments_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE RESTRICT;

-- + constraint payments_registration_id_fkey on public.payments  [Booking/Registrations.swift]
ALTER TABLE public.payments ADD CONSTRAINT payments_registration_id_fkey FOREIGN KEY (registration_id) REFERENCES public.registrations(id) ON DELETE RESTRICT;

-- + constraint registrations_customer_id_fkey on public.registrations  [Booking/Registrations.swift]
ALTER TABLE public.registrations ADD CONSTRAINT registrations_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);

-- + constraint registrations_event_fkey on public.registrations  [Booking/Registrations.swift]
ALTER TABLE public.registrations ADD CONSTRAINT registrations_event_fkey FOREIGN KEY (event_id, event_starts_at) REFERENCES public.class_events(id, starts_at) ON DELETE CASCADE;

-- + constraint registrations_organization_id_fkey on public.registrations  [Booking/Registrations.swift]
ALTER TABLE public.registrations ADD CONSTRAINT registrations_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

-- + constraint waitlists_class_instance_id_fkey on public.waitlists  [Booking/Legacy.swift]
ALTER TABLE public.waitlists ADD CONSTRAINT waitlists_class_instance_id_fkey FOREIGN KEY (class_instance_id) REFERENCES public.class_instances(id) ON DELETE CASCADE;

-- + trigger class_series_regenerate on public.class_series  [Booking/Series.swift]
CREATE TRIGGER class_series_regenerate BEFORE UPDATE OF rrule, starts_on, start_time, timezone, active ON public.class_series FOR EACH ROW EXECUTE FUNCTION public.regenerate_series();

-- + trigger class_series_touch on public.class_series  [Booking/Series.swift]
CREATE TRIGGER class_series_touch BEFORE UPDATE ON public.class_series FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- + comment on trigger class_series_regenerate on public.class_series  [Booking/Series.swift]
COMMENT ON TRIGGER class_series_regenerate ON public.class_series IS 'Another rule makes other events.';

-- + trigger customers_touch on public.customers  [Booking/Organisations.swift]
CREATE TRIGGER customers_touch BEFORE UPDATE ON public.customers FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- + trigger organizations_touch on public.organizations  [Booking/Organisations.swift]
CREATE TRIGGER organizations_touch BEFORE UPDATE ON public.organizations FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- + trigger payments_touch on public.payments  [Booking/Registrations.swift]
CREATE TRIGGER payments_touch BEFORE UPDATE ON public.payments FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- + policy admin on public.class_events  [Booking/Series.swift]
CREATE POLICY admin ON public.class_events FOR ALL TO authenticated
  USING (public.has_organization_role(organization_id, ARRAY['owner'::public.member_role, 'admin'::public.member_role]));

-- + policy public_read on public.class_events  [Booking/Series.swift]
CREATE POLICY public_read ON public.class_events FOR SELECT TO anon, authenticated
  USING (true);

-- + policy service on public.class_events  [Booking/Series.swift]
CREATE POLICY service ON public.class_events FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy staff_update on public.class_events  [Booking/Series.swift]
CREATE POLICY staff_update ON public.class_events FOR UPDATE TO authenticated
  USING (public.has_organization_role(organization_id, ARRAY['owner'::public.member_role, 'admin'::public.member_role, 'staff'::public.member_role]));

-- + policy service on public.class_instances  [Booking/Legacy.swift]
CREATE POLICY service ON public.class_instances FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy staff_read on public.class_instances  [Booking/Legacy.swift]
CREATE POLICY staff_read ON public.class_instances FOR SELECT TO authenticated
  USING (public.has_organization_role(organization_id, ARRAY['owner'::public.member_role, 'admin'::public.member_role, 'staff'::public.member_role]));

-- + policy service on public.class_registrations  [Booking/Legacy.swift]
CREATE POLICY service ON public.class_registrations FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy staff_read on public.class_registrations  [Booking/Legacy.swift]
CREATE POLICY staff_read ON public.class_registrations FOR SELECT TO authenticated
  USING ((EXISTS ( SELECT
   FROM public.class_instances i
  WHERE ((i.id = class_registrations.class_instance_id) AND public.has_organization_role(i.organization_id, ARRAY['owner'::public.member_role, 'admin'::public.member_role, 'staff'::public.member_role])))));

-- + policy admin on public.class_series  [Booking/Series.swift]
CREATE POLICY admin ON public.class_series FOR ALL TO authenticated
  USING (public.has_organization_role(organization_id, ARRAY['owner'::public.member_role, 'admin'::public.member_role]));

-- + policy public_read on public.class_series  [Booking/Series.swift]
CREATE POLICY public_read ON public.class_series FOR SELECT TO anon, authenticated
  USING (true);

-- + policy service on public.class_series  [Booking/Series.swift]
CREATE POLICY service ON public.class_series FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy admin_delete on public.customers  [Booking/Organisations.swift]
CREATE POLICY admin_delete ON public.customers FOR DELETE TO authenticated
  USING (public.has_organization_role(organization_id, ARRAY['owner'::public.member_role, 'admin'::public.member_role]));

-- + policy own on public.customers  [Booking/Organisations.swift]
CREATE POLICY own ON public.customers FOR SELECT TO authenticated
  USING ((user_id = ( SELECT auth.uid() AS uid)));

-- + policy own_update on public.customers  [Booking/Organisations.swift]
CREATE POLICY own_update ON public.customers FOR UPDATE TO authenticated
  USING ((user_id = ( SELECT auth.uid() AS uid)));

-- + policy service on public.customers  [Booking/Organisations.swift]
CREATE POLICY service ON public.customers FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy staff_insert on public.customers  [Booking/Organisations.swift]
CREATE POLICY staff_insert ON public.customers FOR INSERT TO authenticated
  WITH CHECK (public.has_organization_role(organization_id, ARRAY['owner'::public.member_role, 'admin'::public.member_role, 'staff'::public.member_role]));

-- + policy staff_read on public.customers  [Booking/Organisations.swift]
CREATE POLICY staff_read ON public.customers FOR SELECT TO authenticated
  USING (public.has_organization_role(organization_id, ARRAY['owner'::public.member_role, 'admin'::public.member_role, 'staff'::public.member_role]));

-- + policy staff_update on public.customers  [Booking/Organisations.swift]
CREATE POLICY staff_update ON public.customers FOR UPDATE TO authenticated
  USING (public.has_organization_role(organization_id, ARRAY['owner'::public.member_role, 'admin'::public.member_role, 'staff'::public.member_role]));

-- + comment on policy own_update on public.customers  [Booking/Organisations.swift]
COMMENT ON POLICY own_update ON public.customers IS 'People keep their own name and number right.';

-- + policy own on public.event_waitlists  [Booking/Registrations.swift]
CREATE POLICY own ON public.event_waitlists FOR SELECT TO authenticated
  USING ((EXISTS ( SELECT
   FROM public.customers c
  WHERE ((c.id = event_waitlists.customer_id) AND (c.user_id = ( SELECT auth.uid() AS uid))))));

-- + policy service on public.event_waitlists  [Booking/Registrations.swift]
CREATE POLICY service ON public.event_waitlists FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy staff_read on public.event_waitlists  [Booking/Registrations.swift]
CREATE POLICY staff_read ON public.event_waitlists FOR SELECT TO authenticated
  USING (public.has_organization_role(organization_id, ARRAY['owner'::public.member_role, 'admin'::public.member_role, 'staff'::public.member_role]));

-- + policy admin on public.instructors  [Booking/Organisations.swift]
CREATE POLICY admin ON public.instructors FOR ALL TO authenticated
  USING (public.has_organization_role(organization_id, ARRAY['owner'::public.member_role, 'admin'::public.member_role]));

-- + policy service on public.instructors  [Booking/Organisations.swift]
CREATE POLICY service ON public.instructors FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy staff_read on public.instructors  [Booking/Organisations.swift]
CREATE POLICY staff_read ON public.instructors FOR SELECT TO authenticated
  USING (public.has_organization_role(organization_id, ARRAY['owner'::public.member_role, 'admin'::public.member_role, 'staff'::public.member_role]));

-- + policy admin on public.locations  [Booking/Organisations.swift]
CREATE POLICY admin ON public.locations FOR ALL TO authenticated
  USING (public.has_organization_role(organization_id, ARRAY['owner'::public.member_role, 'admin'::public.member_role]));

-- + policy public_read on public.locations  [Booking/Organisations.swift]
CREATE POLICY public_read ON public.locations FOR SELECT TO anon, authenticated
  USING (true);

-- + policy service on public.locations  [Booking/Organisations.swift]
CREATE POLICY service ON public.locations FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy own on public.notifications_outbox  [Booking/Messages.swift]
CREATE POLICY own ON public.notifications_outbox FOR SELECT TO authenticated
  USING ((EXISTS ( SELECT
   FROM public.customers c
  WHERE ((c.id = notifications_outbox.customer_id) AND (c.user_id = ( SELECT auth.uid() AS uid))))));

-- + policy service on public.notifications_outbox  [Booking/Messages.swift]
CREATE POLICY service ON public.notifications_outbox FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy admin on public.organization_members  [Booking/Organisations.swift]
CREATE POLICY admin ON public.organization_members FOR ALL TO authenticated
  USING (public.has_organization_role(organization_id, ARRAY['owner'::public.member_role, 'admin'::public.member_role]));

-- + policy own on public.organization_members  [Booking/Organisations.swift]
CREATE POLICY own ON public.organization_members FOR SELECT TO authenticated
  USING ((user_id = ( SELECT auth.uid() AS uid)));

-- + policy service on public.organization_members  [Booking/Organisations.swift]
CREATE POLICY service ON public.organization_members FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy admin_update on public.organizations  [Booking/Organisations.swift]
CREATE POLICY admin_update ON public.organizations FOR UPDATE TO authenticated
  USING (public.has_organization_role(id, ARRAY['owner'::public.member_role, 'admin'::public.member_role]));

-- + policy public_read on public.organizations  [Booking/Organisations.swift]
CREATE POLICY public_read ON public.organizations FOR SELECT TO anon, authenticated
  USING (true);

-- + policy service on public.organizations  [Booking/Organisations.swift]
CREATE POLICY service ON public.organizations FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + comment on policy public_read on public.organizations  [Booking/Organisations.swift]
COMMENT ON POLICY public_read ON public.organizations IS 'Anybody may look.';

-- + policy admin_read on public.payments  [Booking/Registrations.swift]
CREATE POLICY admin_read ON public.payments FOR SELECT TO authenticated
  USING (public.has_organization_role(organization_id, ARRAY['owner'::public.member_role, 'admin'::public.member_role]));

-- + policy own on public.payments  [Booking/Registrations.swift]
CREATE POLICY own ON public.payments FOR SELECT TO authenticated
  USING ((EXISTS ( SELECT
   FROM public.customers c
  WHERE ((c.id = payments.customer_id) AND (c.user_id = ( SELECT auth.uid() AS uid))))));

-- + policy service on public.payments  [Booking/Registrations.swift]
CREATE POLICY service ON public.payments FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy service on public.rate_limits  [Booking/Messages.swift]
CREATE POLICY service ON public.rate_limits FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy own on public.registrations  [Booking/Registrations.swift]
CREATE POLICY own ON public.registrations FOR SELECT TO authenticated
  USING ((EXISTS ( SELECT
   FROM public.customers c
  WHERE ((c.id = registrations.customer_id) AND (c.user_id = ( SELECT auth.uid() AS uid))))));

-- + policy service on public.registrations  [Booking/Registrations.swift]
CREATE POLICY service ON public.registrations FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy staff_read on public.registrations  [Booking/Registrations.swift]
CREATE POLICY staff_read ON public.registrations FOR SELECT TO authenticated
  USING (public.has_organization_role(organization_id, ARRAY['owner'::public.member_role, 'admin'::public.member_role, 'staff'::public.member_role]));

-- + policy service on public.waitlists  [Booking/Legacy.swift]
CREATE POLICY service ON public.waitlists FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy staff_read on public.waitlists  [Booking/Legacy.swift]
CREATE POLICY staff_read ON public.waitlists FOR SELECT TO authenticated
  USING ((EXISTS ( SELECT
   FROM public.class_instances i
  WHERE ((i.id = waitlists.class_instance_id) AND public.has_organization_role(i.organization_id, ARRAY['owner'::public.member_role, 'admin'::public.member_role, 'staff'::public.member_role])))));

-- + policy service on public.webhook_events  [Booking/Messages.swift]
CREATE POLICY service ON public.webhook_events FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + grant to anon on schema public  [Booking/Booking.swift]
GRANT USAGE ON SCHEMA public TO anon;

-- + grant to authenticated on schema public
GRANT USAGE ON SCHEMA public TO authenticated;

-- + grant to service_role on schema public
GRANT USAGE ON SCHEMA public TO service_role;

-- + grant to anon on table public.class_events  [Booking/Series.swift]
GRANT SELECT ON TABLE public.class_events TO anon;

-- + grant to authenticated on table public.class_events  [Booking/Series.swift]
GRANT DELETE, INSERT, SELECT ON TABLE public.class_events TO authenticated;

-- + grant to service_role on table public.class_events  [Booking/Series.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.class_events TO service_role;

-- + grant to authenticated on column public.class_events.capacity  [Booking/Series.swift]
GRANT UPDATE (capacity) ON TABLE public.class_events TO authenticated;

-- + grant to authenticated on column public.class_events.ends_at  [Booking/Series.swift]
GRANT UPDATE (ends_at) ON TABLE public.class_events TO authenticated;

-- + grant to authenticated on column public.class_events.instructor_id  [Booking/Series.swift]
GRANT UPDATE (instructor_id) ON TABLE public.class_events TO authenticated;

-- + grant to authenticated on column public.class_events.location_id  [Booking/Series.swift]
GRANT UPDATE (location_id) ON TABLE public.class_events TO authenticated;

-- + grant to authenticated on column public.class_events.price  [Booking/Series.swift]
GRANT UPDATE (price) ON TABLE public.class_events TO authenticated;

-- + grant to authenticated on column public.class_events.title  [Booking/Series.swift]
GRANT UPDATE (title) ON TABLE public.class_events TO authenticated;

-- + grant to authenticated on table public.class_instances  [Booking/Legacy.swift]
GRANT SELECT ON TABLE public.class_instances TO authenticated;

-- + grant to service_role on table public.class_instances  [Booking/Legacy.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.class_instances TO service_role;

-- + grant to authenticated on table public.class_registrations  [Booking/Legacy.swift]
GRANT SELECT ON TABLE public.class_registrations TO authenticated;

-- + grant to service_role on table public.class_registrations  [Booking/Legacy.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.class_registrations TO service_role;

-- + grant to anon on table public.class_series  [Booking/Series.swift]
GRANT SELECT ON TABLE public.class_series TO anon;

-- + grant to authenticated on table public.class_series  [Booking/Series.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.class_series TO authenticated;

-- + grant to service_role on table public.class_series  [Booking/Series.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.class_series TO service_role;

-- + grant to authenticated on table public.customers  [Booking/Organisations.swift]
GRANT DELETE, INSERT, SELECT ON TABLE public.customers TO authenticated;

-- + grant to service_role on table public.customers  [Booking/Organisations.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.customers TO service_role;

-- + grant to authenticated on column public.customers.email  [Booking/Organisations.swift]
GRANT UPDATE (email) ON TABLE public.customers TO authenticated;

-- + grant to authenticated on column public.customers.full_name  [Booking/Organisations.swift]
GRANT UPDATE (full_name) ON TABLE public.customers TO authenticated;

-- + grant to authenticated on column public.customers.phone  [Booking/Organisations.swift]
GRANT UPDATE (phone) ON TABLE public.customers TO authenticated;

-- + grant to authenticated on table public.event_waitlists  [Booking/Registrations.swift]
GRANT SELECT ON TABLE public.event_waitlists TO authenticated;

-- + grant to service_role on table public.event_waitlists  [Booking/Registrations.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.event_waitlists TO service_role;

-- + grant to PUBLIC on function public.generate_events_for_all(timestamp without time zone)  [Booking/Series.swift]
REVOKE EXECUTE ON ROUTINE public.generate_events_for_all(timestamp without time zone) FROM PUBLIC;

-- + grant to service_role on function public.generate_events_for_all(timestamp without time zone)  [Booking/Series.swift]
GRANT EXECUTE ON ROUTINE public.generate_events_for_all(timestamp without time zone) TO service_role;

-- + grant to PUBLIC on function public.has_organization_role(uuid, public.member_role[])  [Booking/Organisations.swift]
REVOKE EXECUTE ON ROUTINE public.has_organization_role(uuid, public.member_role[]) FROM PUBLIC;

-- + grant to authenticated on function public.has_organization_role(uuid, public.member_role[])  [Booking/Organisations.swift]
GRANT EXECUTE ON ROUTINE public.has_organization_role(uuid, public.member_role[]) TO authenticated;

-- + grant to service_role on function public.has_organization_role(uuid, public.member_role[])  [Booking/Organisations.swift]
GRANT EXECUTE ON ROUTINE public.has_organization_role(uuid, public.member_role[]) TO service_role;

-- + grant to authenticated on table public.instructors  [Booking/Organisations.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.instructors TO authenticated;

-- + grant to service_role on table public.instructors  [Booking/Organisations.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.instructors TO service_role;

-- + grant to anon on table public.locations  [Booking/Organisations.swift]
GRANT SELECT ON TABLE public.locations TO anon;

-- + grant to authenticated on table public.locations  [Booking/Organisations.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.locations TO authenticated;

-- + grant to service_role on table public.locations  [Booking/Organisations.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.locations TO service_role;

-- + grant to PUBLIC on function public.maintain_event_partitions(date, date)  [Booking/Series.swift]
REVOKE EXECUTE ON ROUTINE public.maintain_event_partitions(date, date) FROM PUBLIC;

-- + grant to service_role on function public.maintain_event_partitions(date, date)  [Booking/Series.swift]
GRANT EXECUTE ON ROUTINE public.maintain_event_partitions(date, date) TO service_role;

-- + grant to PUBLIC on function public.migrate_class_instances_to_events()  [Booking/Legacy.swift]
REVOKE EXECUTE ON ROUTINE public.migrate_class_instances_to_events() FROM PUBLIC;

-- + grant to service_role on function public.migrate_class_instances_to_events()  [Booking/Legacy.swift]
GRANT EXECUTE ON ROUTINE public.migrate_class_instances_to_events() TO service_role;

-- + grant to authenticated on table public.notifications_outbox  [Booking/Messages.swift]
GRANT SELECT ON TABLE public.notifications_outbox TO authenticated;

-- + grant to service_role on table public.notifications_outbox  [Booking/Messages.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.notifications_outbox TO service_role;

-- + grant to authenticated on table public.organization_members  [Booking/Organisations.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.organization_members TO authenticated;

-- + grant to service_role on table public.organization_members  [Booking/Organisations.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.organization_members TO service_role;

-- + grant to anon on table public.organizations  [Booking/Organisations.swift]
GRANT SELECT ON TABLE public.organizations TO anon;

-- + grant to authenticated on table public.organizations  [Booking/Organisations.swift]
GRANT SELECT ON TABLE public.organizations TO authenticated;

-- + grant to service_role on table public.organizations  [Booking/Organisations.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.organizations TO service_role;

-- + grant to authenticated on column public.organizations.branding  [Booking/Organisations.swift]
GRANT UPDATE (branding) ON TABLE public.organizations TO authenticated;

-- + grant to authenticated on column public.organizations.name  [Booking/Organisations.swift]
GRANT UPDATE (name) ON TABLE public.organizations TO authenticated;

-- + grant to authenticated on column public.organizations.timezone  [Booking/Organisations.swift]
GRANT UPDATE (timezone) ON TABLE public.organizations TO authenticated;

-- + grant to authenticated on table public.payments  [Booking/Registrations.swift]
GRANT SELECT ON TABLE public.payments TO authenticated;

-- + grant to service_role on table public.payments  [Booking/Registrations.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.payments TO service_role;

-- + grant to service_role on table public.rate_limits  [Booking/Messages.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.rate_limits TO service_role;

-- + grant to authenticated on table public.registrations  [Booking/Registrations.swift]
GRANT SELECT ON TABLE public.registrations TO authenticated;

-- + grant to service_role on table public.registrations  [Booking/Registrations.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.registrations TO service_role;

-- + grant to authenticated on table public.waitlists  [Booking/Legacy.swift]
GRANT SELECT ON TABLE public.waitlists TO authenticated;

-- + grant to service_role on table public.waitlists  [Booking/Legacy.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.waitlists TO service_role;

-- + grant to service_role on table public.webhook_events  [Booking/Messages.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.webhook_events TO service_role;

-- + partition window public.class_events  [Booking/Series.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

COMMIT;
