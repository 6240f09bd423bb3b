-- 20261121203227_slotease
-- create 1 schema, 2 extensions, 2 optional extensions, 9 enums, 38 functions, 20 tables, 29 constraints, 51 indexes, 1 view, 5 materialized views, 26 triggers, 62 policies, 1 publication, 4 publication tables, 4 partition windows, 5 server settings, 174 grants, 178 comments, 3 cron jobs
-- proved on PostgreSQL 15.20: converges; 73 rows in 25 tables kept
-- hazards: none

BEGIN;
SET LOCAL lock_timeout = '5s';
-- Bodies may refer to what is created after them.
SET LOCAL check_function_bodies = off;

-- + schema slotease  [Slotease/Types.swift]
CREATE SCHEMA slotease;

-- + comment on schema slotease  [Slotease/Types.swift]
COMMENT ON SCHEMA slotease IS 'Appointments and queues of organisations.';

-- + extension btree_gist  [Slotease/Slotease.swift]
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

-- + extension cube  [Slotease/Slotease.swift]
CREATE EXTENSION IF NOT EXISTS cube WITH SCHEMA public;

-- + optional extension pg_stat_statements  [Platform/Platform.swift]
DO $dbtool$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'pg_stat_statements') THEN
    CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA public;
  ELSE
    RAISE NOTICE '%', 'pg_stat_statements is not available on this server: finding slow queries is skipped';
  END IF;
END
$dbtool$;

-- + optional extension postgis  [Slotease/Slotease.swift]
DO $dbtool$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'postgis') THEN
    CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public;
  ELSE
    RAISE NOTICE '%', 'postgis is not available on this server: searching organisations in an area, by slotease.organizations_within is skipped';
  END IF;
END
$dbtool$;

-- + enum slotease.appointment_status  [Slotease/Types.swift]
CREATE TYPE slotease.appointment_status AS ENUM ('scheduled', 'confirmed', 'checked_in', 'in_progress', 'completed', 'cancelled', 'no_show');

-- + comment on enum slotease.appointment_status  [Slotease/Types.swift]
COMMENT ON TYPE slotease.appointment_status IS 'State of an appointment; cancelled and no_show ones hold no time.';

-- + enum slotease.audit_action  [Slotease/Types.swift]
CREATE TYPE slotease.audit_action AS ENUM ('insert', 'update', 'delete');

-- + comment on enum slotease.audit_action  [Slotease/Types.swift]
COMMENT ON TYPE slotease.audit_action IS 'What was done to a row.';

-- + enum slotease.consent_purpose  [Slotease/Types.swift]
CREATE TYPE slotease.consent_purpose AS ENUM ('terms', 'marketing', 'analytics', 'health_data');

-- + comment on enum slotease.consent_purpose  [Slotease/Types.swift]
COMMENT ON TYPE slotease.consent_purpose IS 'What a person agrees to.';

-- + enum slotease.entry_status  [Slotease/Types.swift]
CREATE TYPE slotease.entry_status AS ENUM ('waiting', 'called', 'served', 'left', 'no_show');

-- + comment on enum slotease.entry_status  [Slotease/Types.swift]
COMMENT ON TYPE slotease.entry_status IS 'State of somebody in a queue; only those who wait have a position.';

-- + enum slotease.notification_channel  [Slotease/Types.swift]
CREATE TYPE slotease.notification_channel AS ENUM ('app', 'email', 'sms', 'push');

-- + comment on enum slotease.notification_channel  [Slotease/Types.swift]
COMMENT ON TYPE slotease.notification_channel IS 'How a notification reaches its person; app ones are only read in the application.';

-- + enum slotease.notification_status  [Slotease/Types.swift]
CREATE TYPE slotease.notification_status AS ENUM ('pending', 'sent', 'failed');

-- + comment on enum slotease.notification_status  [Slotease/Types.swift]
COMMENT ON TYPE slotease.notification_status IS 'State of a notification''s delivery.';

-- + enum slotease.organization_kind  [Slotease/Types.swift]
CREATE TYPE slotease.organization_kind AS ENUM ('hospital', 'clinic', 'bank', 'salon', 'government', 'other');

-- + comment on enum slotease.organization_kind  [Slotease/Types.swift]
COMMENT ON TYPE slotease.organization_kind IS 'What an organisation is.';

-- + enum slotease.queue_status  [Slotease/Types.swift]
CREATE TYPE slotease.queue_status AS ENUM ('open', 'paused', 'closed');

-- + comment on enum slotease.queue_status  [Slotease/Types.swift]
COMMENT ON TYPE slotease.queue_status IS 'Whether a queue can be joined (open) and is served (open, paused).';

-- + enum slotease.user_role  [Slotease/Types.swift]
CREATE TYPE slotease.user_role AS ENUM ('customer', 'staff', 'admin', 'super_admin');

-- + comment on enum slotease.user_role  [Slotease/Types.swift]
COMMENT ON TYPE slotease.user_role IS 'What a person is to an organisation; each role may do what those before it may.';

-- + function public.row_changes(jsonb, jsonb)  [Hosting/SharedFunctions.swift]
CREATE OR REPLACE FUNCTION public.row_changes(p_old jsonb, p_new jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
SELECT CASE
         WHEN p_old IS NULL THEN p_new
         WHEN p_new IS NULL THEN p_old
         ELSE (SELECT jsonb_object_agg(n.key, jsonb_build_array(p_old -> n.key, n.value))
                 FROM jsonb_each(p_new - 'updated_at') AS n WHERE n.value IS DISTINCT FROM p_old -> n.key) END
$function$;

-- + comment on function public.row_changes(jsonb, jsonb)  [Hosting/SharedFunctions.swift]
COMMENT ON ROUTINE public.row_changes(jsonb, jsonb) IS 'What an audit keeps of a change: a new or deleted row as it is, of an update what each changed column was and became; NULL when nothing but updated_at changed.';

-- + function slotease.audit_change()  [Slotease/Audit.swift]
CREATE OR REPLACE FUNCTION slotease.audit_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
DECLARE
  v_old jsonb := to_jsonb(OLD) - 'key_hash';
  v_new jsonb := to_jsonb(NEW) - 'key_hash';
  v_row jsonb := coalesce(v_old, v_new);
  v_changes jsonb := public.row_changes(v_old, v_new);
BEGIN
  IF v_changes IS NULL THEN
    RETURN NULL;
  END IF;
  INSERT INTO audit_log (table_name, row_id, action, organization_id, subject_id, subject_user_id, actor_id, actor_role, changes)
  VALUES (TG_ARGV[0], v_row ->> 'id', lower(TG_OP)::audit_action,
          (CASE TG_ARGV[0]
             WHEN 'organizations' THEN v_row ->> 'id'
             WHEN 'service_resources' THEN (SELECT s.organization_id::text FROM services s WHERE s.id = (v_row ->> 'service_id')::uuid)
             ELSE v_row ->> 'organization_id' END)::uuid,
          (CASE TG_ARGV[0] WHEN 'user_profiles' THEN v_row ->> 'id'
           ELSE coalesce(v_row ->> 'customer_id', v_row ->> 'profile_id') END)::uuid,
          coalesce(v_row ->> 'user_id', v_new ->> 'user_id', v_row ->> 'created_by')::uuid, auth.uid(), current_setting('role'), v_changes);
  RETURN NULL;
END
$function$;

-- + comment on function slotease.audit_change()  [Slotease/Audit.swift]
COMMENT ON ROUTINE slotease.audit_change() IS 'Keeps a change in audit_log. Its argument is the table''s name: in a trigger of a partition TG_TABLE_NAME is the partition''s.';

-- + function slotease.authenticate_api_key(text)  [Slotease/APIKeys.swift]
CREATE OR REPLACE FUNCTION slotease.authenticate_api_key(p_api_key text)
 RETURNS TABLE(api_key_id uuid, organization_id uuid, scopes text[], allowed boolean, remaining integer)
 LANGUAGE sql
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
WITH known AS (
  SELECT k.id, k.organization_id, k.scopes, k.hourly_limit, k.last_used_at FROM api_keys k
   WHERE k.key_hash = sha256(convert_to(p_api_key, 'UTF8')) AND k.revoked_at IS NULL
     AND (k.expires_at IS NULL OR k.expires_at > now())),
counted AS (
  INSERT INTO rate_limits AS r (api_key_id, window_start)
  SELECT known.id, date_trunc('hour', clock_timestamp(), 'UTC') FROM known
  ON CONFLICT (api_key_id, window_start) DO UPDATE SET requests = r.requests + 1
  RETURNING r.requests),
noted AS (
  UPDATE api_keys k SET last_used_at = now() FROM known
   WHERE k.id = known.id AND (known.last_used_at IS NULL OR known.last_used_at < now() - interval '1 minute'))
SELECT known.id, known.organization_id, known.scopes, counted.requests <= known.hourly_limit,
       greatest(0, known.hourly_limit - counted.requests)
  FROM known, counted
$function$;

-- + comment on function slotease.authenticate_api_key(text)  [Slotease/APIKeys.swift]
COMMENT ON ROUTINE slotease.authenticate_api_key(text) IS 'Whose key it is, and whether it may still call in this hour; no row for a key that is unknown, revoked or expired.';

-- + function slotease.available_slots(uuid, date, integer)  [Slotease/Appointments.swift]
CREATE OR REPLACE FUNCTION slotease.available_slots(p_service_id uuid, p_day date, p_days integer DEFAULT 1)
 RETURNS TABLE(resource_id uuid, starts_at timestamp with time zone, ends_at timestamp with time zone)
 LANGUAGE sql
 STABLE
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
WITH slots AS MATERIALIZED (
  SELECT DISTINCT slot.starts_at, slot.starts_at + s.duration AS ends_at, slot.starts_at + s.duration + s.buffer AS blocked_until
    FROM services s
    JOIN organizations o ON o.id = s.organization_id AND o.active
   CROSS JOIN generate_series(p_day::timestamp, p_day + (least(p_days, 62) - 1) * interval '1 day', interval '1 day') AS day
    JOIN opening_hours h ON h.organization_id = o.id AND h.weekday = extract(isodow FROM day)
   -- By the clock on the wall; where the clocks change, a time that does not exist is the one an hour later.
   CROSS JOIN LATERAL (
         SELECT wall AT TIME ZONE o.timezone AS starts_at
           FROM generate_series(day + h.opens, day + h.closes - s.duration, s.step) AS wall) slot
   WHERE s.id = p_service_id AND s.active AND slot.starts_at > now() AND slot.starts_at < booking_horizon()
     AND (slot.starts_at + s.duration) AT TIME ZONE o.timezone <= day + h.closes),
span AS (SELECT tstzrange(min(starts_at), max(blocked_until)) AS during FROM slots),
-- What each resource is busy with meanwhile.
busy AS MATERIALIZED (
  SELECT r.id,
         (SELECT coalesce(range_agg(x.during), '{}') FROM slot_reservations x
           WHERE x.resource_id = r.id AND x.during && span.during) AS reserved,
         (SELECT coalesce(range_agg(c.during), '{}') FROM closures c
           WHERE c.organization_id = r.organization_id AND (c.resource_id IS NULL OR c.resource_id = r.id)
             AND c.during && span.during) AS closed
    FROM span, service_resources sr JOIN resources r ON r.id = sr.resource_id AND r.active
   WHERE sr.service_id = p_service_id AND r.organization_id = (SELECT s.organization_id FROM services s WHERE s.id = p_service_id))
SELECT b.id, t.starts_at, t.ends_at
  FROM slots t, busy b
 WHERE NOT b.reserved && tstzrange(t.starts_at, t.blocked_until) AND NOT b.closed && tstzrange(t.starts_at, t.ends_at)
 ORDER BY 2, 1
$function$;

-- + comment on function slotease.available_slots(uuid, date, integer)  [Slotease/Appointments.swift]
COMMENT ON ROUTINE slotease.available_slots(uuid, date, integer) IS 'The times at which a service can be had from a day on, by the organisation''s calendar and clock.';

-- + function slotease.book_appointment(uuid, uuid, timestamp with time zone, text, uuid, text, jsonb)  [Slotease/Appointments.swift]
CREATE OR REPLACE FUNCTION slotease.book_appointment(p_service_id uuid, p_customer_id uuid, p_starts_at timestamp with time zone, p_idempotency_key text, p_resource_id uuid DEFAULT NULL::uuid, p_notes text DEFAULT NULL::text, p_metadata jsonb DEFAULT '{}'::jsonb)
 RETURNS TABLE(appointment_id uuid, resource_id uuid, starts_at timestamp with time zone, ends_at timestamp with time zone, repeated boolean)
 LANGUAGE plpgsql
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
#variable_conflict use_column
DECLARE
  v_service services;
  v_resource uuid;
BEGIN
  -- Whoever is being forgotten meanwhile is waited for.
  PERFORM FROM user_profiles p WHERE p.id = p_customer_id AND p.anonymized_at IS NULL FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is nobody % who could book', p_customer_id USING ERRCODE = 'no_data_found';
  END IF;
  -- The same attempt again waits for the first to end, and has its answer.
  INSERT INTO booking_requests (customer_id, idempotency_key) VALUES (p_customer_id, p_idempotency_key)
  ON CONFLICT (customer_id, idempotency_key) DO NOTHING;
  IF NOT FOUND THEN
    RETURN QUERY
    SELECT a.id, a.resource_id, a.starts_at, a.ends_at, true
      FROM booking_requests b JOIN appointments a ON a.id = b.appointment_id
     WHERE b.customer_id = p_customer_id AND b.idempotency_key = p_idempotency_key;
    RETURN;
  END IF;

  SELECT s.* INTO v_service FROM services s WHERE s.id = p_service_id AND s.active;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no service % to be booked', p_service_id USING ERRCODE = 'no_data_found';
  END IF;
  starts_at := p_starts_at;
  ends_at := p_starts_at + v_service.duration;
  IF starts_at <= now() OR starts_at >= booking_horizon() OR NOT is_open(v_service.organization_id, starts_at, ends_at) THEN
    RAISE EXCEPTION 'service % cannot be had at %', p_service_id, p_starts_at
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Ask available_slots for the times that can be booked.';
  END IF;

  FOR v_resource IN
    SELECT r.id FROM resources r JOIN service_resources sr ON sr.resource_id = r.id
     WHERE sr.service_id = p_service_id AND r.organization_id = v_service.organization_id AND r.active AND (p_resource_id IS NULL OR r.id = p_resource_id)
       AND is_free(r.id, v_service.organization_id, starts_at, ends_at, v_service.buffer)
     ORDER BY r.id
  LOOP
    -- Bookings of a resource come one after the other: each sees what those before it have reserved. Without that the
    -- exclusion constraint would refuse as well, but two could wait for each other.
    PERFORM FROM resources r WHERE r.id = v_resource FOR NO KEY UPDATE;
    CONTINUE WHEN NOT is_free(v_resource, v_service.organization_id, starts_at, ends_at, v_service.buffer);
    INSERT INTO appointments (organization_id, service_id, resource_id, customer_id, starts_at, ends_at, blocked_until, price,
                              currency, notes, metadata)
    VALUES (v_service.organization_id, p_service_id, v_resource, p_customer_id, starts_at, ends_at,
            ends_at + v_service.buffer, v_service.price, v_service.currency, p_notes, p_metadata)
    RETURNING id INTO appointment_id;
    UPDATE booking_requests b SET appointment_id = book_appointment.appointment_id
     WHERE b.customer_id = p_customer_id AND b.idempotency_key = p_idempotency_key;
    INSERT INTO organization_members (organization_id, user_id)
    SELECT v_service.organization_id, p.user_id FROM user_profiles p WHERE p.id = p_customer_id AND p.user_id IS NOT NULL
    ON CONFLICT DO NOTHING;
    resource_id := v_resource;
    repeated := false;
    RETURN NEXT;
    RETURN;
  END LOOP;

  RAISE EXCEPTION 'service % is taken at %', p_service_id, p_starts_at
    USING ERRCODE = 'exclusion_violation', HINT = 'Ask available_slots for the times that can be booked.';
END
$function$;

-- + comment on function slotease.book_appointment(uuid, uuid, timestamp with time zone, text, uuid, text, jsonb)  [Slotease/Appointments.swift]
COMMENT ON ROUTINE slotease.book_appointment(uuid, uuid, timestamp with time zone, text, uuid, text, jsonb) IS 'Books a service at a time with a resource, or with any that is free. The same customer''s same key again has the same answer; a time that is taken is refused as an exclusion_violation.';

-- + function slotease.booking_horizon()  [Slotease/Appointments.swift]
CREATE OR REPLACE FUNCTION slotease.booking_horizon()
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') + interval '7 months') AT TIME ZONE 'UTC'
$function$;

-- + comment on function slotease.booking_horizon()  [Slotease/Appointments.swift]
COMMENT ON ROUTINE slotease.booking_horizon() IS 'Until when can be booked: the end of the sixth month after this one, as far as there are partitions.';

-- + function slotease.cancel_appointment(uuid, text)  [Slotease/Appointments.swift]
CREATE OR REPLACE FUNCTION slotease.cancel_appointment(p_appointment_id uuid, p_reason text DEFAULT NULL::text)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
WITH cancelled AS (
  UPDATE appointments a SET status = 'cancelled', cancel_reason = p_reason
   WHERE a.id = p_appointment_id AND a.status NOT IN ('completed', 'cancelled', 'no_show')
  RETURNING 1)
SELECT EXISTS (SELECT FROM cancelled)
$function$;

-- + comment on function slotease.cancel_appointment(uuid, text)  [Slotease/Appointments.swift]
COMMENT ON ROUTINE slotease.cancel_appointment(uuid, text) IS 'Cancels an appointment and frees its time; false when there is none or it is over.';

-- + function slotease.check_appointment_step()  [Slotease/Appointments.swift]
CREATE OR REPLACE FUNCTION slotease.check_appointment_step()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
BEGIN
  IF NEW.status <> OLD.status AND OLD.status IN ('completed', 'cancelled', 'no_show') THEN
    RAISE EXCEPTION 'appointment % is % and cannot become %', OLD.id, OLD.status, NEW.status
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN NEW;
END
$function$;

-- + comment on function slotease.check_appointment_step()  [Slotease/Appointments.swift]
COMMENT ON ROUTINE slotease.check_appointment_step() IS 'Refuses to go back from an end: completed, cancelled and no_show appointments stay so.';

-- + function slotease.cleanup_old_data()  [Slotease/Maintenance.swift]
CREATE OR REPLACE FUNCTION slotease.cleanup_old_data()
 RETURNS TABLE(item text, rows bigint)
 LANGUAGE plpgsql
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
BEGIN
  DELETE FROM rate_limits WHERE window_start < now() - interval '1 day';
  item := 'rate_limits'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM booking_requests WHERE created_at < now() - interval '30 days';
  item := 'booking_requests'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM slot_reservations WHERE during << tstzrange(now() - interval '30 days', NULL);
  item := 'slot_reservations'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  -- Whoever was never called has gone home.
  PERFORM FROM queues q ORDER BY q.id FOR NO KEY UPDATE;
  UPDATE queue_entries SET status = 'left', finished_at = now()
   WHERE status IN ('waiting', 'called') AND joined_at < now() - interval '1 day';
  item := 'queue_entries closed'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM queue_entries WHERE finished_at < now() - interval '90 days';
  item := 'queue_entries'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM api_keys WHERE coalesce(revoked_at, expires_at) < now() - interval '1 year';
  item := 'api_keys'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
END
$function$;

-- + comment on function slotease.cleanup_old_data()  [Slotease/Maintenance.swift]
COMMENT ON ROUTINE slotease.cleanup_old_data() IS 'Removes what has served its time, and says how much. Old appointments, notifications, events and audit rows go with their partitions.';

-- + function slotease.create_api_key(uuid, text, text[], uuid, timestamp with time zone)  [Slotease/APIKeys.swift]
CREATE OR REPLACE FUNCTION slotease.create_api_key(p_organization_id uuid, p_name text, p_scopes text[] DEFAULT '{}'::text[], p_created_by uuid DEFAULT NULL::uuid, p_expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS TABLE(api_key_id uuid, api_key text)
 LANGUAGE sql
 SET search_path TO 'slotease', 'public', 'pg_temp'
AS $function$
WITH secret AS MATERIALIZED (SELECT 'se_' || encode(gen_random_bytes(24), 'hex') AS api_key),
made AS (
  INSERT INTO api_keys (organization_id, name, prefix, key_hash, scopes, created_by, expires_at)
  SELECT p_organization_id, p_name, left(s.api_key, 10), sha256(convert_to(s.api_key, 'UTF8')), p_scopes, p_created_by,
         p_expires_at
    FROM secret s
  RETURNING id)
SELECT made.id, secret.api_key FROM made, secret
$function$;

-- + comment on function slotease.create_api_key(uuid, text, text[], uuid, timestamp with time zone)  [Slotease/APIKeys.swift]
COMMENT ON ROUTINE slotease.create_api_key(uuid, text, text[], uuid, timestamp with time zone) IS 'Makes a key and shows it, this once.';

-- + function slotease.export_user_data(uuid)  [Slotease/People.swift]
CREATE OR REPLACE FUNCTION slotease.export_user_data(p_profile_id uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
SELECT jsonb_build_object(
  'user_profiles', (SELECT to_jsonb(p) FROM user_profiles p WHERE p.id = p_profile_id),
  'organization_members', (SELECT jsonb_agg(to_jsonb(m)) FROM organization_members m JOIN user_profiles p ON p.user_id = m.user_id
                            WHERE p.id = p_profile_id),
  'resources', (SELECT jsonb_agg(to_jsonb(r)) FROM resources r JOIN user_profiles p ON p.user_id = r.user_id WHERE p.id = p_profile_id),
  'appointments', (SELECT jsonb_agg(to_jsonb(a) ORDER BY a.starts_at) FROM appointments a WHERE a.customer_id = p_profile_id),
  'queue_entries', (SELECT jsonb_agg(to_jsonb(e) ORDER BY e.id) FROM queue_entries e WHERE e.customer_id = p_profile_id),
  'notifications', (SELECT jsonb_agg(to_jsonb(n) ORDER BY n.created_at) FROM notifications n WHERE n.profile_id = p_profile_id),
  'feedback', (SELECT jsonb_agg(to_jsonb(f)) FROM feedback f WHERE f.customer_id = p_profile_id),
  'consents', (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.given_at) FROM consents c WHERE c.profile_id = p_profile_id),
  'analytics_events', (SELECT jsonb_agg(to_jsonb(v) ORDER BY v.created_at) FROM analytics_events v WHERE v.profile_id = p_profile_id),
  'audit_log', (SELECT jsonb_agg(to_jsonb(l) ORDER BY l.happened_at) FROM audit_log l WHERE l.subject_id = p_profile_id))
$function$;

-- + comment on function slotease.export_user_data(uuid)  [Slotease/People.swift]
COMMENT ON ROUTINE slotease.export_user_data(uuid) IS 'Everything that is kept of a person (GDPR, article 15), by table.';

-- + function slotease.finish_entry(bigint, slotease.entry_status)  [Slotease/Queues.swift]
CREATE OR REPLACE FUNCTION slotease.finish_entry(p_entry_id bigint, p_status slotease.entry_status DEFAULT 'served'::slotease.entry_status)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
DECLARE
  v_entry queue_entries;
BEGIN
  IF p_status NOT IN ('served', 'left', 'no_show') THEN
    RAISE EXCEPTION 'a wait does not end as %', p_status USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- The queue first, as everywhere: nobody waits in a circle.
  PERFORM FROM queues q WHERE q.id = (SELECT e.queue_id FROM queue_entries e WHERE e.id = p_entry_id) FOR NO KEY UPDATE;
  UPDATE queue_entries e SET status = p_status, finished_at = clock_timestamp()
   WHERE e.id = p_entry_id
     AND CASE WHEN p_status = 'left' THEN e.status IN ('waiting', 'called') ELSE e.status = 'called' END
  RETURNING e.* INTO v_entry;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF p_status = 'served' THEN
    -- The latest counts for a tenth: a slow hour shows, one long talk does not.
    UPDATE queues q
       SET average_service = greatest(interval '1 second', q.average_service * 0.9 + (v_entry.finished_at - v_entry.called_at) * 0.1)
     WHERE q.id = v_entry.queue_id;
  END IF;
  RETURN true;
END
$function$;

-- + comment on function slotease.finish_entry(bigint, slotease.entry_status)  [Slotease/Queues.swift]
COMMENT ON ROUTINE slotease.finish_entry(bigint, slotease.entry_status) IS 'Ends somebody''s wait: served or no_show after they were called, left before. False when it has ended already.';

-- + function slotease.finish_notification(uuid, timestamp with time zone, boolean)  [Slotease/Notifications.swift]
CREATE OR REPLACE FUNCTION slotease.finish_notification(p_id uuid, p_created_at timestamp with time zone, p_succeeded boolean)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
WITH finished AS (
  UPDATE notifications n
     SET status = CASE WHEN p_succeeded THEN 'sent' WHEN n.attempts >= 10 THEN 'failed' ELSE 'pending' END::notification_status,
         sent_at = CASE WHEN p_succeeded THEN now() END
   WHERE n.id = p_id AND n.created_at = p_created_at AND n.status = 'pending'
  RETURNING 1)
SELECT EXISTS (SELECT FROM finished)
$function$;

-- + comment on function slotease.finish_notification(uuid, timestamp with time zone, boolean)  [Slotease/Notifications.swift]
COMMENT ON ROUTINE slotease.finish_notification(uuid, timestamp with time zone, boolean) IS 'Notes that a notification was sent, or was not; after ten attempts it has failed.';

-- + function slotease.forget_user(uuid)  [Slotease/People.swift]
CREATE OR REPLACE FUNCTION slotease.forget_user(p_profile_id uuid)
 RETURNS TABLE(item text, rows bigint)
 LANGUAGE plpgsql
 SET search_path TO 'slotease', 'public', 'pg_temp'
AS $function$
DECLARE
  v_profile user_profiles;
  v_appointment record;
BEGIN
  SELECT * INTO v_profile FROM user_profiles p WHERE p.id = p_profile_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no profile %', p_profile_id USING ERRCODE = 'no_data_found';
  END IF;

  item := 'appointments cancelled';
  rows := 0;
  FOR v_appointment IN
    SELECT a.id FROM appointments a
     WHERE a.customer_id = p_profile_id AND a.starts_at > now() AND a.status IN ('scheduled', 'confirmed')
     ORDER BY a.starts_at, a.id
  LOOP
    PERFORM cancel_appointment(v_appointment.id);
    rows := rows + 1;
  END LOOP;
  RETURN NEXT;

  UPDATE appointments a SET notes = NULL, cancel_reason = NULL, metadata = '{}' WHERE a.customer_id = p_profile_id;
  item := 'appointments'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  PERFORM FROM queues q WHERE q.id IN (SELECT e.queue_id FROM queue_entries e WHERE e.customer_id = p_profile_id)
    ORDER BY q.id FOR NO KEY UPDATE;
  UPDATE queue_entries e
     SET guest_name = NULL, status = CASE WHEN e.status IN ('waiting', 'called') THEN 'left' ELSE e.status END,
         finished_at = CASE WHEN e.status IN ('waiting', 'called') THEN now() ELSE e.finished_at END
   WHERE e.customer_id = p_profile_id;
  item := 'queue_entries'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  UPDATE feedback f SET comment = NULL, reply = NULL WHERE f.customer_id = p_profile_id;
  item := 'feedback'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  UPDATE analytics_events v SET profile_id = NULL, session_id = NULL, properties = '{}' WHERE v.profile_id = p_profile_id;
  item := 'analytics_events'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  UPDATE consents c SET withdrawn_at = coalesce(c.withdrawn_at, greatest(now(), c.given_at)), address = NULL WHERE c.profile_id = p_profile_id;
  item := 'consents'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  -- Whoever works somewhere leaves a resource without a name.
  UPDATE resources r SET name = 'forgotten', user_id = NULL, active = false WHERE r.user_id = v_profile.user_id;
  item := 'resources'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  DELETE FROM organization_members m WHERE m.user_id = v_profile.user_id;
  item := 'organization_members'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  UPDATE api_keys k SET created_by = NULL WHERE k.created_by = v_profile.user_id;
  item := 'api_keys'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  UPDATE user_profiles p
     SET user_id = NULL, full_name = 'forgotten', email = NULL, phone = NULL, preferences = '{}', anonymized_at = now()
   WHERE p.id = p_profile_id;
  item := 'user_profiles'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  -- Last, with what the changes above have said of themselves.
  DELETE FROM notifications n WHERE n.profile_id = p_profile_id;
  item := 'notifications'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  UPDATE audit_log l SET changes = '{}'
   WHERE l.subject_id = p_profile_id OR l.subject_user_id = v_profile.user_id;
  item := 'audit_log'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  UPDATE audit_log l SET subject_user_id = NULL WHERE l.subject_user_id = v_profile.user_id;
  UPDATE audit_log l SET actor_id = NULL WHERE l.actor_id = v_profile.user_id;
  item := 'audit_log actors'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
END
$function$;

-- + comment on function slotease.forget_user(uuid)  [Slotease/People.swift]
COMMENT ON ROUTINE slotease.forget_user(uuid) IS 'Anonymises a person (GDPR, article 17): appointments to come are cancelled, what says who they are is removed, and what organisations count stays. Says what it removed.';

-- + function slotease.has_consent(uuid, slotease.consent_purpose)  [Slotease/People.swift]
CREATE OR REPLACE FUNCTION slotease.has_consent(p_profile_id uuid, p_purpose slotease.consent_purpose)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
SELECT EXISTS (SELECT FROM consents c
                WHERE c.profile_id = p_profile_id AND c.purpose = p_purpose AND c.withdrawn_at IS NULL)
$function$;

-- + comment on function slotease.has_consent(uuid, slotease.consent_purpose)  [Slotease/People.swift]
COMMENT ON ROUTINE slotease.has_consent(uuid, slotease.consent_purpose) IS 'Whether somebody agrees to something at this moment.';

-- + function slotease.is_free(uuid, uuid, timestamp with time zone, timestamp with time zone, interval)  [Slotease/Appointments.swift]
CREATE OR REPLACE FUNCTION slotease.is_free(p_resource_id uuid, p_organization_id uuid, p_starts_at timestamp with time zone, p_ends_at timestamp with time zone, p_buffer interval)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
SELECT NOT EXISTS (SELECT FROM slot_reservations x
                    WHERE x.resource_id = p_resource_id AND x.during && tstzrange(p_starts_at, p_ends_at + p_buffer))
   AND NOT EXISTS (SELECT FROM closures c
                    WHERE c.organization_id = p_organization_id AND (c.resource_id IS NULL OR c.resource_id = p_resource_id)
                      AND c.during && tstzrange(p_starts_at, p_ends_at))
$function$;

-- + comment on function slotease.is_free(uuid, uuid, timestamp with time zone, timestamp with time zone, interval)  [Slotease/Appointments.swift]
COMMENT ON ROUTINE slotease.is_free(uuid, uuid, timestamp with time zone, timestamp with time zone, interval) IS 'Whether a resource has nothing at a time, nor in the buffer after it, and is not closed then. Volatile: asked again after a lock, it sees what others have reserved meanwhile.';

-- + function slotease.is_open(uuid, timestamp with time zone, timestamp with time zone)  [Slotease/Appointments.swift]
CREATE OR REPLACE FUNCTION slotease.is_open(p_organization_id uuid, p_starts_at timestamp with time zone, p_ends_at timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
SELECT EXISTS (
  SELECT FROM organizations o JOIN opening_hours h ON h.organization_id = o.id
   WHERE o.id = p_organization_id AND o.active
     AND h.weekday = extract(isodow FROM p_starts_at AT TIME ZONE o.timezone)
     AND (p_starts_at AT TIME ZONE o.timezone) >= (p_starts_at AT TIME ZONE o.timezone)::date + h.opens
     -- 24:00 is the next day's beginning.
     AND (p_ends_at AT TIME ZONE o.timezone) <= (p_starts_at AT TIME ZONE o.timezone)::date + h.closes)
$function$;

-- + comment on function slotease.is_open(uuid, timestamp with time zone, timestamp with time zone)  [Slotease/Appointments.swift]
COMMENT ON ROUTINE slotease.is_open(uuid, timestamp with time zone, timestamp with time zone) IS 'Whether an organisation is open from one moment to another on the same day of its own clock.';

-- + function slotease.is_served_by_me(uuid)  [Slotease/People.swift]
CREATE OR REPLACE FUNCTION slotease.is_served_by_me(p_profile_id uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
SELECT EXISTS (SELECT FROM appointments a
                WHERE a.customer_id = p_profile_id AND a.organization_id = ANY (my_organizations('staff')))
    OR EXISTS (SELECT FROM queue_entries e
                WHERE e.customer_id = p_profile_id AND e.organization_id = ANY (my_organizations('staff')))
$function$;

-- + comment on function slotease.is_served_by_me(uuid)  [Slotease/People.swift]
COMMENT ON ROUTINE slotease.is_served_by_me(uuid) IS 'Whether somebody books or waits where the person who asks works. To be named a member is not enough: whoever runs an organisation could name anybody. It runs with its owner''s rights, since the policies of appointments ask profiles.';

-- + function slotease.join_queue(uuid, uuid, text, integer)  [Slotease/Queues.swift]
CREATE OR REPLACE FUNCTION slotease.join_queue(p_queue_id uuid, p_customer_id uuid DEFAULT NULL::uuid, p_guest_name text DEFAULT NULL::text, p_priority integer DEFAULT 0)
 RETURNS TABLE(entry_id bigint, ticket integer, "position" integer, estimated_wait interval)
 LANGUAGE plpgsql
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
#variable_conflict use_column
DECLARE
  v_queue queues;
  v_entry bigint;
BEGIN
  IF p_customer_id IS NOT NULL THEN
    PERFORM FROM user_profiles p WHERE p.id = p_customer_id AND p.anonymized_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'there is nobody % who could wait', p_customer_id USING ERRCODE = 'no_data_found';
    END IF;
  END IF;
  SELECT * INTO v_queue FROM queues q WHERE q.id = p_queue_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no queue %', p_queue_id USING ERRCODE = 'no_data_found';
  END IF;
  SELECT e.id INTO v_entry FROM queue_entries e
   WHERE e.queue_id = p_queue_id AND e.customer_id = p_customer_id AND e.status = 'waiting';
  IF NOT FOUND THEN
    IF v_queue.status <> 'open' THEN
      RAISE EXCEPTION 'queue % is %', v_queue.name, v_queue.status USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    UPDATE queues q SET last_ticket = last_ticket + 1 WHERE q.id = p_queue_id RETURNING q.last_ticket INTO ticket;
    INSERT INTO queue_entries (queue_id, organization_id, customer_id, guest_name, ticket, priority)
    VALUES (p_queue_id, v_queue.organization_id, p_customer_id, p_guest_name, ticket, p_priority)
    RETURNING id INTO v_entry;
  END IF;
  RETURN QUERY SELECT * FROM queue_place(v_entry);
END
$function$;

-- + comment on function slotease.join_queue(uuid, uuid, text, integer)  [Slotease/Queues.swift]
COMMENT ON ROUTINE slotease.join_queue(uuid, uuid, text, integer) IS 'Takes a ticket. Who waits already keeps the ticket they have.';

-- + function slotease.my_organizations(slotease.user_role)  [Slotease/Organizations.swift]
CREATE OR REPLACE FUNCTION slotease.my_organizations(p_role slotease.user_role)
 RETURNS uuid[]
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
SELECT coalesce(array_agg(m.organization_id), '{}')
  FROM organization_members m WHERE m.user_id = auth.uid() AND m.role >= p_role
$function$;

-- + comment on function slotease.my_organizations(slotease.user_role)  [Slotease/Organizations.swift]
COMMENT ON ROUTINE slotease.my_organizations(slotease.user_role) IS 'The organisations in which the person who asks has at least a role. It runs with its owner''s rights, since a policy of organization_members cannot ask organization_members itself.';

-- + function slotease.nearest_organizations(double precision, double precision, integer, slotease.organization_kind)  [Slotease/Organizations.swift]
CREATE OR REPLACE FUNCTION slotease.nearest_organizations(p_latitude double precision, p_longitude double precision, p_limit integer DEFAULT 10, p_kind slotease.organization_kind DEFAULT NULL::slotease.organization_kind)
 RETURNS TABLE(organization_id uuid, name text, metres double precision)
 LANGUAGE sql
 STABLE
 SET search_path TO 'slotease', 'public', 'pg_temp'
AS $function$
SELECT o.id, o.name, 2 * 6371008.8 * asin(least(1, (o.position <-> on_sphere(p_latitude, p_longitude)) / 2))
  FROM organizations o
 WHERE o.active AND (p_kind IS NULL OR o.kind = p_kind)
 ORDER BY o.position <-> on_sphere(p_latitude, p_longitude)
 LIMIT p_limit
$function$;

-- + comment on function slotease.nearest_organizations(double precision, double precision, integer, slotease.organization_kind)  [Slotease/Organizations.swift]
COMMENT ON ROUTINE slotease.nearest_organizations(double precision, double precision, integer, slotease.organization_kind) IS 'The nearest active organisations with their distance along the ground, by the index on position.';

-- + function slotease.notify_user(uuid, text, jsonb, uuid)  [Slotease/Notifications.swift]
CREATE OR REPLACE FUNCTION slotease.notify_user(p_profile_id uuid, p_kind text, p_payload jsonb DEFAULT '{}'::jsonb, p_organization_id uuid DEFAULT NULL::uuid)
 RETURNS bigint
 LANGUAGE sql
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
WITH told AS (
  INSERT INTO notifications (profile_id, organization_id, channel, kind, payload, status, sent_at)
  SELECT p.id, p_organization_id, c.channel, p_kind, p_payload,
         CASE c.channel WHEN 'app' THEN 'sent' ELSE 'pending' END::notification_status,
         CASE c.channel WHEN 'app' THEN now() END
    FROM user_profiles p
   CROSS JOIN unnest(enum_range(NULL::notification_channel)) AS c (channel)
   WHERE p.id = p_profile_id AND p.anonymized_at IS NULL
     AND (c.channel = 'app' OR p.preferences -> 'channels' ? c.channel::text)
  RETURNING 1)
SELECT count(*) FROM told
$function$;

-- + comment on function slotease.notify_user(uuid, text, jsonb, uuid)  [Slotease/Notifications.swift]
COMMENT ON ROUTINE slotease.notify_user(uuid, text, jsonb, uuid) IS 'Tells somebody something in the application, and by the channels that their preferences name; says by how many.';

-- + function slotease.on_sphere(double precision, double precision)  [Slotease/Organizations.swift]
CREATE OR REPLACE FUNCTION slotease.on_sphere(p_latitude double precision, p_longitude double precision)
 RETURNS public.cube
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
SELECT public.cube(ARRAY[cos(radians(p_latitude)) * cos(radians(p_longitude)),
                         cos(radians(p_latitude)) * sin(radians(p_longitude)), sin(radians(p_latitude))])
$function$;

-- + comment on function slotease.on_sphere(double precision, double precision)  [Slotease/Organizations.swift]
COMMENT ON ROUTINE slotease.on_sphere(double precision, double precision) IS 'The place of a latitude and a longitude, in degrees, on a sphere of radius 1.';

-- + function slotease.organization_dashboard(uuid, integer)  [Slotease/Reports.swift]
CREATE OR REPLACE FUNCTION slotease.organization_dashboard(p_organization_id uuid, p_days integer DEFAULT 30)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
SELECT jsonb_build_object(
         'stats', to_jsonb(s),
         'services', (SELECT coalesce(jsonb_agg(to_jsonb(v) ORDER BY v.name), '[]') FROM service_performance v
                       WHERE v.organization_id = s.organization_id),
         'days', (SELECT coalesce(jsonb_agg(to_jsonb(d) ORDER BY d.day), '[]') FROM daily_appointment_metrics d
                   WHERE d.organization_id = s.organization_id AND d.day > CURRENT_DATE - p_days),
         'queues', (SELECT coalesce(jsonb_agg(to_jsonb(q) ORDER BY q.day, q.queue_id), '[]') FROM queue_performance q
                     WHERE q.organization_id = s.organization_id AND q.day > CURRENT_DATE - p_days))
  FROM organization_stats s
 WHERE s.organization_id = p_organization_id
   AND (auth.role() = 'service_role' OR p_organization_id = ANY (my_organizations('admin')))
$function$;

-- + comment on function slotease.organization_dashboard(uuid, integer)  [Slotease/Reports.swift]
COMMENT ON ROUTINE slotease.organization_dashboard(uuid, integer) IS 'An organisation''s figures, services, days and queues, for those who run it and the platform''s programs; NULL for others.';

-- + function slotease.prioritize_entry(bigint, integer)  [Slotease/Queues.swift]
CREATE OR REPLACE FUNCTION slotease.prioritize_entry(p_entry_id bigint, p_priority integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
BEGIN
  PERFORM FROM queues q WHERE q.id = (SELECT e.queue_id FROM queue_entries e WHERE e.id = p_entry_id) FOR NO KEY UPDATE;
  UPDATE queue_entries e SET priority = p_priority WHERE e.id = p_entry_id AND e.status = 'waiting';
  RETURN FOUND;
END
$function$;

-- + comment on function slotease.prioritize_entry(bigint, integer)  [Slotease/Queues.swift]
COMMENT ON ROUTINE slotease.prioritize_entry(bigint, integer) IS 'Moves somebody who waits forward or back; false when they wait no more.';

-- + function slotease.queue_place(bigint)  [Slotease/Queues.swift]
CREATE OR REPLACE FUNCTION slotease.queue_place(p_entry_id bigint)
 RETURNS TABLE(entry_id bigint, ticket integer, "position" integer, estimated_wait interval)
 LANGUAGE sql
 STABLE
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
SELECT e.id, e.ticket, e.position, q.average_service * ceil(e.position::numeric / q.counters)::double precision
  FROM queue_entries e JOIN queues q ON q.id = e.queue_id
 WHERE e.id = p_entry_id
$function$;

-- + comment on function slotease.queue_place(bigint)  [Slotease/Queues.swift]
COMMENT ON ROUTINE slotease.queue_place(bigint) IS 'Somebody''s position in a queue, and how long it takes until they are called, as far as one can tell.';

-- + function slotease.refresh_all_materialized_views()  [Slotease/Maintenance.swift]
CREATE OR REPLACE FUNCTION slotease.refresh_all_materialized_views()
 RETURNS TABLE(view_name text, milliseconds integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'slotease', 'public', 'pg_temp'
AS $function$
DECLARE
  v_started timestamptz;
BEGIN
  FOREACH view_name IN ARRAY ARRAY['organization_stats', 'service_performance', 'daily_appointment_metrics',
                                   'queue_performance', 'user_activity_summary']
  LOOP
    v_started := clock_timestamp();
    EXECUTE format('REFRESH MATERIALIZED VIEW CONCURRENTLY slotease.%I', view_name);
    milliseconds := extract(epoch FROM clock_timestamp() - v_started) * 1000;
    RETURN NEXT;
  END LOOP;
END
$function$;

-- + comment on function slotease.refresh_all_materialized_views()  [Slotease/Maintenance.swift]
COMMENT ON ROUTINE slotease.refresh_all_materialized_views() IS 'Refreshes the materialized views of slotease while they can be read; says how long each took.';

-- + function slotease.reorder_queue()  [Slotease/Queues.swift]
CREATE OR REPLACE FUNCTION slotease.reorder_queue()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
DECLARE
  v_queues uuid[];
BEGIN
  IF TG_OP = 'INSERT' THEN
    v_queues := ARRAY(SELECT DISTINCT n.queue_id FROM new_rows n WHERE n.status = 'waiting');
  ELSIF TG_OP = 'DELETE' THEN
    v_queues := ARRAY(SELECT DISTINCT o.queue_id FROM old_rows o WHERE o.status = 'waiting');
  ELSE
    -- What this function itself changes changes no order.
    v_queues := ARRAY(
      SELECT DISTINCT unnest(ARRAY[o.queue_id, n.queue_id]) FROM old_rows o JOIN new_rows n ON n.id = o.id
       WHERE (o.queue_id, o.status, o.priority) IS DISTINCT FROM (n.queue_id, n.status, n.priority)
         AND 'waiting' IN (o.status, n.status));
  END IF;
  IF cardinality(v_queues) = 0 THEN
    RETURN NULL;
  END IF;

  -- One after the other, and in one order.
  PERFORM FROM queues q WHERE q.id = ANY (v_queues) ORDER BY q.id FOR NO KEY UPDATE;
  UPDATE queue_entries e SET position = o.position
    FROM (SELECT n.id, CASE WHEN n.status = 'waiting' THEN
                   (row_number() OVER (PARTITION BY n.queue_id, n.status ORDER BY n.priority DESC, n.id))::integer END AS position
            FROM queue_entries n
           WHERE n.queue_id = ANY (v_queues) AND (n.status = 'waiting' OR n.position IS NOT NULL)) o
   WHERE e.id = o.id AND e.position IS DISTINCT FROM o.position;
  PERFORM pg_notify('slotease_queues', json_build_object('queue_id', q, 'waiting',
            (SELECT count(*) FROM queue_entries e WHERE e.queue_id = q AND e.status = 'waiting'))::text)
     FROM unnest(v_queues) AS q;
  RETURN NULL;
END
$function$;

-- + comment on function slotease.reorder_queue()  [Slotease/Queues.swift]
COMMENT ON ROUTINE slotease.reorder_queue() IS 'Gives those who wait their positions anew, by priority and then by number, and says so on the channel slotease_queues.';

-- + function slotease.reschedule_appointment(uuid, timestamp with time zone, uuid)  [Slotease/Appointments.swift]
CREATE OR REPLACE FUNCTION slotease.reschedule_appointment(p_appointment_id uuid, p_starts_at timestamp with time zone, p_resource_id uuid DEFAULT NULL::uuid)
 RETURNS TABLE(appointment_id uuid, resource_id uuid, starts_at timestamp with time zone, ends_at timestamp with time zone, repeated boolean)
 LANGUAGE plpgsql
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
#variable_conflict use_column
DECLARE
  v_appointment appointments;
BEGIN
  SELECT * INTO v_appointment FROM appointments a WHERE a.id = p_appointment_id FOR UPDATE;
  IF NOT FOUND OR v_appointment.status NOT IN ('scheduled', 'confirmed') THEN
    RAISE EXCEPTION 'there is no appointment % to be moved', p_appointment_id USING ERRCODE = 'no_data_found';
  END IF;
  appointment_id := p_appointment_id;
  resource_id := coalesce(p_resource_id, v_appointment.resource_id);
  starts_at := p_starts_at;
  ends_at := p_starts_at + (v_appointment.ends_at - v_appointment.starts_at);
  repeated := false;

  -- As in book_appointment.
  PERFORM FROM resources r JOIN service_resources sr ON sr.resource_id = r.id
   WHERE r.id = reschedule_appointment.resource_id AND sr.service_id = v_appointment.service_id
     AND r.organization_id = v_appointment.organization_id AND r.active
     FOR NO KEY UPDATE OF r;
  IF NOT FOUND OR starts_at <= now() OR starts_at >= booking_horizon() OR NOT is_open(v_appointment.organization_id, starts_at, ends_at)
     OR EXISTS (SELECT FROM closures c
                 WHERE c.organization_id = v_appointment.organization_id
                   AND (c.resource_id IS NULL OR c.resource_id = reschedule_appointment.resource_id)
                   AND c.during && tstzrange(reschedule_appointment.starts_at, reschedule_appointment.ends_at)) THEN
    RAISE EXCEPTION 'appointment % cannot be moved to %', p_appointment_id, p_starts_at
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Ask available_slots for the times that can be booked.';
  END IF;
  UPDATE appointments a
     SET resource_id = reschedule_appointment.resource_id, starts_at = reschedule_appointment.starts_at,
         ends_at = reschedule_appointment.ends_at,
         blocked_until = reschedule_appointment.ends_at + (v_appointment.blocked_until - v_appointment.ends_at)
   WHERE a.id = p_appointment_id AND a.starts_at = v_appointment.starts_at;
  RETURN NEXT;
END
$function$;

-- + comment on function slotease.reschedule_appointment(uuid, timestamp with time zone, uuid)  [Slotease/Appointments.swift]
COMMENT ON ROUTINE slotease.reschedule_appointment(uuid, timestamp with time zone, uuid) IS 'Moves an appointment to another time, with the same resource unless another is named.';

-- + function slotease.reserve_time()  [Slotease/Appointments.swift]
CREATE OR REPLACE FUNCTION slotease.reserve_time()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
BEGIN
  IF TG_OP = 'UPDATE' AND (NEW.resource_id, NEW.starts_at, NEW.blocked_until, NEW.status IN ('cancelled', 'no_show'))
                        = (OLD.resource_id, OLD.starts_at, OLD.blocked_until, OLD.status IN ('cancelled', 'no_show')) THEN
    RETURN NULL;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM slot_reservations s WHERE s.appointment_id = OLD.id;
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.status NOT IN ('cancelled', 'no_show') THEN
    INSERT INTO slot_reservations (appointment_id, resource_id, during)
    VALUES (NEW.id, NEW.resource_id, tstzrange(NEW.starts_at, NEW.blocked_until));
  END IF;
  RETURN NULL;
END
$function$;

-- + comment on function slotease.reserve_time()  [Slotease/Appointments.swift]
COMMENT ON ROUTINE slotease.reserve_time() IS 'Keeps slot_reservations equal to the times that appointments hold.';

-- + function slotease.tell_of_appointment()  [Slotease/Notifications.swift]
CREATE OR REPLACE FUNCTION slotease.tell_of_appointment()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
DECLARE
  v_kind text;
BEGIN
  IF TG_OP = 'INSERT' THEN
    -- A move into another month's partition arrives as a row that was there before.
    v_kind := CASE WHEN NEW.created_at < now() THEN 'appointment_rescheduled' ELSE 'appointment_' || NEW.status END;
  ELSIF NEW.status <> OLD.status THEN
    v_kind := 'appointment_' || NEW.status;
  ELSIF (NEW.starts_at, NEW.resource_id) <> (OLD.starts_at, OLD.resource_id) THEN
    v_kind := 'appointment_rescheduled';
  ELSE
    RETURN NULL;
  END IF;
  PERFORM notify_user(NEW.customer_id, v_kind, jsonb_build_object('appointment_id', NEW.id, 'starts_at', NEW.starts_at),
                      NEW.organization_id);
  PERFORM pg_notify('slotease_appointments', json_build_object('appointment_id', NEW.id, 'organization_id', NEW.organization_id,
                                                               'kind', v_kind)::text);
  RETURN NULL;
END
$function$;

-- + comment on function slotease.tell_of_appointment()  [Slotease/Notifications.swift]
COMMENT ON ROUTINE slotease.tell_of_appointment() IS 'Tells the customer of an appointment''s new state or time, and everybody who listens on slotease_appointments.';

-- + function slotease.tell_of_entry()  [Slotease/Queues.swift]
CREATE OR REPLACE FUNCTION slotease.tell_of_entry()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
BEGIN
  IF NEW.status <> OLD.status THEN
    PERFORM pg_notify('slotease_queues', json_build_object('queue_id', NEW.queue_id, 'ticket', NEW.ticket, 'status', NEW.status)::text);
    PERFORM notify_user(NEW.customer_id, 'queue_' || NEW.status, jsonb_build_object('queue_id', NEW.queue_id, 'ticket', NEW.ticket),
                        NEW.organization_id);
  END IF;
  RETURN NULL;
END
$function$;

-- + comment on function slotease.tell_of_entry()  [Slotease/Queues.swift]
COMMENT ON ROUTINE slotease.tell_of_entry() IS 'Tells somebody that they are called, or are in the queue no more, and all who listen on slotease_queues.';

-- + function slotease.tell_of_queue()  [Slotease/Queues.swift]
CREATE OR REPLACE FUNCTION slotease.tell_of_queue()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  IF (NEW.status, NEW.counters) IS DISTINCT FROM (OLD.status, OLD.counters) THEN
    PERFORM pg_notify('slotease_queues',
                      json_build_object('queue_id', NEW.id, 'status', NEW.status, 'counters', NEW.counters)::text);
  END IF;
  RETURN NULL;
END
$function$;

-- + comment on function slotease.tell_of_queue()  [Slotease/Queues.swift]
COMMENT ON ROUTINE slotease.tell_of_queue() IS 'Says on the channel slotease_queues that a queue was opened, paused, closed or has other counters.';

-- + function slotease.track_event(text, jsonb, uuid, uuid, text)  [Slotease/Analytics.swift]
CREATE OR REPLACE FUNCTION slotease.track_event(p_event_type text, p_properties jsonb DEFAULT '{}'::jsonb, p_organization_id uuid DEFAULT NULL::uuid, p_profile_id uuid DEFAULT NULL::uuid, p_session_id text DEFAULT NULL::text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
INSERT INTO analytics_events (event_type, properties, organization_id, profile_id, session_id)
SELECT p_event_type, p_properties, p_organization_id,
       CASE WHEN agreed THEN p_profile_id END, CASE WHEN agreed OR p_profile_id IS NULL THEN p_session_id END
  FROM (SELECT has_consent(p_profile_id, 'analytics') AS agreed) c
$function$;

-- + comment on function slotease.track_event(text, jsonb, uuid, uuid, text)  [Slotease/Analytics.swift]
COMMENT ON ROUTINE slotease.track_event(text, jsonb, uuid, uuid, text) IS 'Keeps an event. Who it was is kept of those who agree to it only.';

-- + function slotease.update_table_statistics()  [Slotease/Maintenance.swift]
CREATE OR REPLACE FUNCTION slotease.update_table_statistics()
 RETURNS TABLE(table_name text, milliseconds integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'slotease', 'public', 'pg_temp'
AS $function$
DECLARE
  v_started timestamptz;
BEGIN
  FOR table_name IN
    SELECT c.relname FROM pg_class c
     WHERE c.relnamespace = 'slotease'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
  LOOP
    v_started := clock_timestamp();
    EXECUTE format('ANALYZE slotease.%I', table_name);
    milliseconds := extract(epoch FROM clock_timestamp() - v_started) * 1000;
    RETURN NEXT;
  END LOOP;
END
$function$;

-- + comment on function slotease.update_table_statistics()  [Slotease/Maintenance.swift]
COMMENT ON ROUTINE slotease.update_table_statistics() IS 'Gathers the planner''s statistics of all tables of slotease; the server does it by itself for their partitions, never for a partitioned table as a whole.';

-- + publication slotease_realtime  [Slotease/Maintenance.swift]
CREATE PUBLICATION slotease_realtime WITH (publish = 'insert, update, delete, truncate', publish_via_partition_root = true);

-- + comment on publication slotease_realtime  [Slotease/Maintenance.swift]
COMMENT ON PUBLICATION slotease_realtime IS 'What applications follow live.';

-- + table slotease.analytics_events  [Slotease/Analytics.swift]
CREATE TABLE slotease.analytics_events (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  organization_id uuid,
  profile_id uuid,
  session_id text,
  event_type text NOT NULL,
  properties jsonb DEFAULT '{}'::jsonb NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT analytics_events_pkey PRIMARY KEY (id, created_at),
  CONSTRAINT analytics_events_event_type_check CHECK ((event_type ~ '^[a-z][a-z0-9_.]{0,62}$'::text))
) PARTITION BY RANGE (created_at);
ALTER TABLE slotease.analytics_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE slotease.analytics_events FORCE ROW LEVEL SECURITY;

-- + index slotease.analytics_events_organization_id_idx  [Slotease/Analytics.swift]
CREATE INDEX analytics_events_organization_id_idx ON slotease.analytics_events USING btree (organization_id, event_type, created_at);

-- + index slotease.analytics_events_profile_id_idx  [Slotease/Analytics.swift]
CREATE INDEX analytics_events_profile_id_idx ON slotease.analytics_events USING btree (profile_id, created_at) WHERE (profile_id IS NOT NULL);

-- + index slotease.analytics_events_properties_idx  [Slotease/Analytics.swift]
CREATE INDEX analytics_events_properties_idx ON slotease.analytics_events USING gin (properties jsonb_path_ops);

-- + comment on table slotease.analytics_events  [Slotease/Analytics.swift]
COMMENT ON TABLE slotease.analytics_events IS 'Events of the application, a partition a month.';

-- + comment on index slotease.analytics_events_organization_id_idx  [Slotease/Analytics.swift]
COMMENT ON INDEX slotease.analytics_events_organization_id_idx IS 'Trends of an organisation.';

-- + comment on index slotease.analytics_events_profile_id_idx  [Slotease/Analytics.swift]
COMMENT ON INDEX slotease.analytics_events_profile_id_idx IS 'A person''s activity; forgetting.';

-- + comment on index slotease.analytics_events_properties_idx  [Slotease/Analytics.swift]
COMMENT ON INDEX slotease.analytics_events_properties_idx IS 'Events by what they say.';

-- + table slotease.api_keys  [Slotease/APIKeys.swift]
CREATE TABLE slotease.api_keys (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  organization_id uuid NOT NULL,
  name text NOT NULL,
  prefix text NOT NULL,
  key_hash bytea NOT NULL,
  scopes text[] DEFAULT '{}'::text[] NOT NULL,
  hourly_limit integer DEFAULT 1000 NOT NULL,
  created_by uuid,
  last_used_at timestamp with time zone,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT api_keys_pkey PRIMARY KEY (id),
  CONSTRAINT api_keys_hourly_limit_check CHECK ((hourly_limit > 0)),
  CONSTRAINT api_keys_key_hash_check CHECK ((octet_length(key_hash) = 32)),
  CONSTRAINT api_keys_key_hash_key UNIQUE (key_hash)
);
ALTER TABLE slotease.api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE slotease.api_keys FORCE ROW LEVEL SECURITY;

-- + index slotease.api_keys_organization_id_idx  [Slotease/APIKeys.swift]
CREATE INDEX api_keys_organization_id_idx ON slotease.api_keys USING btree (organization_id) WHERE (revoked_at IS NULL);

-- + comment on table slotease.api_keys  [Slotease/APIKeys.swift]
COMMENT ON TABLE slotease.api_keys IS 'API keys, hashed.';

-- + comment on column slotease.api_keys.created_by  [Slotease/APIKeys.swift]
COMMENT ON COLUMN slotease.api_keys.created_by IS 'The login of who made it.';

-- + comment on column slotease.api_keys.key_hash  [Slotease/APIKeys.swift]
COMMENT ON COLUMN slotease.api_keys.key_hash IS 'SHA-256 of the key; the key itself is kept nowhere.';

-- + comment on column slotease.api_keys.last_used_at  [Slotease/APIKeys.swift]
COMMENT ON COLUMN slotease.api_keys.last_used_at IS 'To the minute.';

-- + comment on column slotease.api_keys.prefix  [Slotease/APIKeys.swift]
COMMENT ON COLUMN slotease.api_keys.prefix IS 'The first characters, so that people recognise it.';

-- + comment on index slotease.api_keys_organization_id_idx  [Slotease/APIKeys.swift]
COMMENT ON INDEX slotease.api_keys_organization_id_idx IS 'An organisation''s keys.';

-- + table slotease.appointments  [Slotease/Appointments.swift]
CREATE TABLE slotease.appointments (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  organization_id uuid NOT NULL,
  service_id uuid NOT NULL,
  resource_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  blocked_until timestamp with time zone NOT NULL,
  status slotease.appointment_status DEFAULT 'scheduled'::slotease.appointment_status NOT NULL,
  price numeric(10,2) DEFAULT 0 NOT NULL,
  currency character(3) DEFAULT 'EUR'::bpchar NOT NULL,
  notes text,
  cancel_reason text,
  metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT appointments_pkey PRIMARY KEY (id, starts_at),
  CONSTRAINT appointments_times_check CHECK (((ends_at > starts_at) AND (blocked_until >= ends_at)))
) PARTITION BY RANGE (starts_at);
ALTER TABLE slotease.appointments ENABLE ROW LEVEL SECURITY;
ALTER TABLE slotease.appointments FORCE ROW LEVEL SECURITY;

-- + index slotease.appointments_customer_id_idx  [Slotease/Appointments.swift]
CREATE INDEX appointments_customer_id_idx ON slotease.appointments USING btree (customer_id, starts_at DESC);

-- + index slotease.appointments_metadata_idx  [Slotease/Appointments.swift]
CREATE INDEX appointments_metadata_idx ON slotease.appointments USING gin (metadata jsonb_path_ops);

-- + index slotease.appointments_organization_id_starts_at_idx  [Slotease/Appointments.swift]
CREATE INDEX appointments_organization_id_starts_at_idx ON slotease.appointments USING btree (organization_id, starts_at, status);

-- + index slotease.appointments_resource_id_idx  [Slotease/Appointments.swift]
CREATE INDEX appointments_resource_id_idx ON slotease.appointments USING btree (resource_id, starts_at) WHERE (status = ANY (ARRAY['scheduled'::slotease.appointment_status, 'confirmed'::slotease.appointment_status]));

-- + index slotease.appointments_service_id_idx  [Slotease/Appointments.swift]
CREATE INDEX appointments_service_id_idx ON slotease.appointments USING btree (service_id, starts_at);

-- + publication table slotease.appointments in slotease_realtime  [Slotease/Appointments.swift]
ALTER PUBLICATION slotease_realtime ADD TABLE ONLY slotease.appointments;

-- + comment on table slotease.appointments  [Slotease/Appointments.swift]
COMMENT ON TABLE slotease.appointments IS 'Appointments, a partition a month of their start.';

-- + comment on column slotease.appointments.blocked_until  [Slotease/Appointments.swift]
COMMENT ON COLUMN slotease.appointments.blocked_until IS 'The end with the service''s buffer.';

-- + comment on column slotease.appointments.metadata  [Slotease/Appointments.swift]
COMMENT ON COLUMN slotease.appointments.metadata IS 'Answers to the service''s questions.';

-- + comment on column slotease.appointments.notes  [Slotease/Appointments.swift]
COMMENT ON COLUMN slotease.appointments.notes IS 'What the customer wants to say.';

-- + comment on index slotease.appointments_customer_id_idx  [Slotease/Appointments.swift]
COMMENT ON INDEX slotease.appointments_customer_id_idx IS 'My appointments; policies.';

-- + comment on index slotease.appointments_metadata_idx  [Slotease/Appointments.swift]
COMMENT ON INDEX slotease.appointments_metadata_idx IS 'Who answered what.';

-- + comment on index slotease.appointments_organization_id_starts_at_idx  [Slotease/Appointments.swift]
COMMENT ON INDEX slotease.appointments_organization_id_starts_at_idx IS 'The desk''s calendar.';

-- + comment on index slotease.appointments_resource_id_idx  [Slotease/Appointments.swift]
COMMENT ON INDEX slotease.appointments_resource_id_idx IS 'What somebody still has to do.';

-- + comment on index slotease.appointments_service_id_idx  [Slotease/Appointments.swift]
COMMENT ON INDEX slotease.appointments_service_id_idx IS 'The foreign key; figures by service.';

-- + table slotease.audit_log  [Slotease/Audit.swift]
CREATE TABLE slotease.audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  table_name text NOT NULL,
  row_id text,
  action slotease.audit_action NOT NULL,
  organization_id uuid,
  subject_id uuid,
  subject_user_id uuid,
  actor_id uuid,
  actor_role text NOT NULL,
  changes jsonb NOT NULL,
  happened_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT audit_log_pkey PRIMARY KEY (id, happened_at)
) PARTITION BY RANGE (happened_at);
ALTER TABLE slotease.audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE slotease.audit_log FORCE ROW LEVEL SECURITY;

-- + index slotease.audit_log_actor_id_idx  [Slotease/Audit.swift]
CREATE INDEX audit_log_actor_id_idx ON slotease.audit_log USING btree (actor_id) WHERE (actor_id IS NOT NULL);

-- + index slotease.audit_log_organization_id_idx  [Slotease/Audit.swift]
CREATE INDEX audit_log_organization_id_idx ON slotease.audit_log USING btree (organization_id, happened_at);

-- + index slotease.audit_log_row_idx  [Slotease/Audit.swift]
CREATE INDEX audit_log_row_idx ON slotease.audit_log USING btree (table_name, row_id, happened_at);

-- + index slotease.audit_log_subject_id_idx  [Slotease/Audit.swift]
CREATE INDEX audit_log_subject_id_idx ON slotease.audit_log USING btree (subject_id) WHERE (subject_id IS NOT NULL);

-- + index slotease.audit_log_subject_user_id_idx  [Slotease/Audit.swift]
CREATE INDEX audit_log_subject_user_id_idx ON slotease.audit_log USING btree (subject_user_id) WHERE (subject_user_id IS NOT NULL);

-- + comment on table slotease.audit_log  [Slotease/Audit.swift]
COMMENT ON TABLE slotease.audit_log IS 'Audit log, a partition a month; written by triggers alone.';

-- + comment on column slotease.audit_log.actor_id  [Slotease/Audit.swift]
COMMENT ON COLUMN slotease.audit_log.actor_id IS 'The login of who did it; NULL for programs.';

-- + comment on column slotease.audit_log.changes  [Slotease/Audit.swift]
COMMENT ON COLUMN slotease.audit_log.changes IS 'The row; of an update, what each changed column was and became.';

-- + comment on column slotease.audit_log.subject_id  [Slotease/Audit.swift]
COMMENT ON COLUMN slotease.audit_log.subject_id IS 'The profile of the person whom the row is about.';

-- + comment on column slotease.audit_log.subject_user_id  [Slotease/Audit.swift]
COMMENT ON COLUMN slotease.audit_log.subject_user_id IS 'Their login, in rows that know it only.';

-- + comment on index slotease.audit_log_actor_id_idx  [Slotease/Audit.swift]
COMMENT ON INDEX slotease.audit_log_actor_id_idx IS 'What somebody did; forgetting.';

-- + comment on index slotease.audit_log_organization_id_idx  [Slotease/Audit.swift]
COMMENT ON INDEX slotease.audit_log_organization_id_idx IS 'What happened at an organisation.';

-- + comment on index slotease.audit_log_row_idx  [Slotease/Audit.swift]
COMMENT ON INDEX slotease.audit_log_row_idx IS 'A row''s history.';

-- + comment on index slotease.audit_log_subject_id_idx  [Slotease/Audit.swift]
COMMENT ON INDEX slotease.audit_log_subject_id_idx IS 'A person''s data; forgetting.';

-- + comment on index slotease.audit_log_subject_user_id_idx  [Slotease/Audit.swift]
COMMENT ON INDEX slotease.audit_log_subject_user_id_idx IS 'Forgetting.';

-- + table slotease.booking_requests  [Slotease/Appointments.swift]
CREATE TABLE slotease.booking_requests (
  customer_id uuid NOT NULL,
  idempotency_key text NOT NULL,
  appointment_id uuid,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT booking_requests_pkey PRIMARY KEY (customer_id, idempotency_key),
  CONSTRAINT booking_requests_idempotency_key_check CHECK (((length(idempotency_key) >= 1) AND (length(idempotency_key) <= 200)))
);
ALTER TABLE slotease.booking_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE slotease.booking_requests FORCE ROW LEVEL SECURITY;

-- + index slotease.booking_requests_created_at_idx  [Slotease/Appointments.swift]
CREATE INDEX booking_requests_created_at_idx ON slotease.booking_requests USING btree (created_at);

-- + comment on table slotease.booking_requests  [Slotease/Appointments.swift]
COMMENT ON TABLE slotease.booking_requests IS 'Idempotency keys of bookings; gone after 30 days.';

-- + comment on column slotease.booking_requests.idempotency_key  [Slotease/Appointments.swift]
COMMENT ON COLUMN slotease.booking_requests.idempotency_key IS 'The caller''s name for the attempt.';

-- + comment on index slotease.booking_requests_created_at_idx  [Slotease/Appointments.swift]
COMMENT ON INDEX slotease.booking_requests_created_at_idx IS 'Cleaning up.';

-- + table slotease.closures  [Slotease/Resources.swift]
CREATE TABLE slotease.closures (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  organization_id uuid NOT NULL,
  resource_id uuid,
  during tstzrange NOT NULL,
  CONSTRAINT closures_pkey PRIMARY KEY (id),
  CONSTRAINT closures_during_check CHECK ((NOT isempty(during)))
);
ALTER TABLE slotease.closures ENABLE ROW LEVEL SECURITY;
ALTER TABLE slotease.closures FORCE ROW LEVEL SECURITY;

-- + index slotease.closures_organization_id_during_idx  [Slotease/Resources.swift]
CREATE INDEX closures_organization_id_during_idx ON slotease.closures USING gist (organization_id, during);

-- + index slotease.closures_resource_id_idx  [Slotease/Resources.swift]
CREATE INDEX closures_resource_id_idx ON slotease.closures USING btree (resource_id) WHERE (resource_id IS NOT NULL);

-- + comment on table slotease.closures  [Slotease/Resources.swift]
COMMENT ON TABLE slotease.closures IS 'Times that cannot be booked; why is nobody''s business.';

-- + comment on column slotease.closures.resource_id  [Slotease/Resources.swift]
COMMENT ON COLUMN slotease.closures.resource_id IS 'NULL: all of them.';

-- + comment on index slotease.closures_organization_id_during_idx  [Slotease/Resources.swift]
COMMENT ON INDEX slotease.closures_organization_id_during_idx IS 'Offered times.';

-- + comment on index slotease.closures_resource_id_idx  [Slotease/Resources.swift]
COMMENT ON INDEX slotease.closures_resource_id_idx IS 'The foreign key.';

-- + table slotease.consents  [Slotease/People.swift]
CREATE TABLE slotease.consents (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  profile_id uuid NOT NULL,
  purpose slotease.consent_purpose NOT NULL,
  document_version text NOT NULL,
  given_at timestamp with time zone DEFAULT now() NOT NULL,
  withdrawn_at timestamp with time zone,
  address inet,
  CONSTRAINT consents_pkey PRIMARY KEY (id),
  CONSTRAINT consents_withdrawn_check CHECK ((withdrawn_at >= given_at))
);
ALTER TABLE slotease.consents ENABLE ROW LEVEL SECURITY;
ALTER TABLE slotease.consents FORCE ROW LEVEL SECURITY;

-- + index slotease.consents_profile_id_idx  [Slotease/People.swift]
CREATE INDEX consents_profile_id_idx ON slotease.consents USING btree (profile_id);

-- + index slotease.consents_profile_id_purpose_key  [Slotease/People.swift]
CREATE UNIQUE INDEX consents_profile_id_purpose_key ON slotease.consents USING btree (profile_id, purpose) WHERE (withdrawn_at IS NULL);

-- + comment on table slotease.consents  [Slotease/People.swift]
COMMENT ON TABLE slotease.consents IS 'Consents (GDPR, article 7): a row an agreement; one that was withdrawn stays as proof.';

-- + comment on column slotease.consents.address  [Slotease/People.swift]
COMMENT ON COLUMN slotease.consents.address IS 'Where the agreement came from.';

-- + comment on column slotease.consents.document_version  [Slotease/People.swift]
COMMENT ON COLUMN slotease.consents.document_version IS 'What they agreed to, word for word, is under this number.';

-- + comment on index slotease.consents_profile_id_idx  [Slotease/People.swift]
COMMENT ON INDEX slotease.consents_profile_id_idx IS 'The foreign key; what somebody agreed to.';

-- + comment on index slotease.consents_profile_id_purpose_key  [Slotease/People.swift]
COMMENT ON INDEX slotease.consents_profile_id_purpose_key IS 'One agreement at a time; whether somebody may be asked.';

-- + table slotease.feedback  [Slotease/Analytics.swift]
CREATE TABLE slotease.feedback (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  organization_id uuid NOT NULL,
  service_id uuid,
  appointment_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  rating smallint NOT NULL,
  comment text,
  reply text,
  published boolean DEFAULT false NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT feedback_pkey PRIMARY KEY (id),
  CONSTRAINT feedback_appointment_id_key UNIQUE (appointment_id),
  CONSTRAINT feedback_comment_check CHECK ((length(comment) <= 4000)),
  CONSTRAINT feedback_rating_check CHECK (((rating >= 1) AND (rating <= 5)))
);
ALTER TABLE slotease.feedback ENABLE ROW LEVEL SECURITY;
ALTER TABLE slotease.feedback FORCE ROW LEVEL SECURITY;

-- + index slotease.feedback_customer_id_idx  [Slotease/Analytics.swift]
CREATE INDEX feedback_customer_id_idx ON slotease.feedback USING btree (customer_id);

-- + index slotease.feedback_organization_id_idx  [Slotease/Analytics.swift]
CREATE INDEX feedback_organization_id_idx ON slotease.feedback USING btree (organization_id, created_at DESC);

-- + index slotease.feedback_service_id_idx  [Slotease/Analytics.swift]
CREATE INDEX feedback_service_id_idx ON slotease.feedback USING btree (service_id) INCLUDE (rating);

-- + comment on table slotease.feedback  [Slotease/Analytics.swift]
COMMENT ON TABLE slotease.feedback IS 'Ratings and reviews: one for an appointment.';

-- + comment on column slotease.feedback.appointment_id  [Slotease/Analytics.swift]
COMMENT ON COLUMN slotease.feedback.appointment_id IS 'No foreign key: feedback outlives the partitions of appointments.';

-- + comment on column slotease.feedback.reply  [Slotease/Analytics.swift]
COMMENT ON COLUMN slotease.feedback.reply IS 'The organisation''s answer.';

-- + comment on index slotease.feedback_customer_id_idx  [Slotease/Analytics.swift]
COMMENT ON INDEX slotease.feedback_customer_id_idx IS 'The foreign key; my reviews.';

-- + comment on index slotease.feedback_organization_id_idx  [Slotease/Analytics.swift]
COMMENT ON INDEX slotease.feedback_organization_id_idx IS 'An organisation''s reviews.';

-- + comment on index slotease.feedback_service_id_idx  [Slotease/Analytics.swift]
COMMENT ON INDEX slotease.feedback_service_id_idx IS 'A service''s average, from the index alone.';

-- + table slotease.notifications  [Slotease/Notifications.swift]
CREATE TABLE slotease.notifications (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  profile_id uuid NOT NULL,
  organization_id uuid,
  channel slotease.notification_channel DEFAULT 'app'::slotease.notification_channel NOT NULL,
  kind text NOT NULL,
  payload jsonb DEFAULT '{}'::jsonb NOT NULL,
  status slotease.notification_status DEFAULT 'pending'::slotease.notification_status NOT NULL,
  attempts smallint DEFAULT 0 NOT NULL,
  due_at timestamp with time zone DEFAULT now() NOT NULL,
  sent_at timestamp with time zone,
  read_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT notifications_pkey PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);
ALTER TABLE slotease.notifications ENABLE ROW LEVEL SECURITY;
ALTER TABLE slotease.notifications FORCE ROW LEVEL SECURITY;

-- + function slotease.claim_notifications(integer)  [Slotease/Notifications.swift]
CREATE OR REPLACE FUNCTION slotease.claim_notifications(p_limit integer DEFAULT 100)
 RETURNS SETOF slotease.notifications
 LANGUAGE sql
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
UPDATE notifications o
   SET attempts = o.attempts + 1, due_at = now() + interval '1 minute' * power(2, least(o.attempts, 8))
  FROM (SELECT n.id, n.created_at FROM notifications n
         WHERE n.status = 'pending' AND n.due_at <= now()
         ORDER BY n.due_at LIMIT p_limit FOR UPDATE SKIP LOCKED) due
 WHERE o.id = due.id AND o.created_at = due.created_at
RETURNING o.*
$function$;

-- + comment on function slotease.claim_notifications(integer)  [Slotease/Notifications.swift]
COMMENT ON ROUTINE slotease.claim_notifications(integer) IS 'Takes notifications that are due, each for one caller; one that is not reported as sent comes again, later.';

-- + index slotease.notifications_due_idx  [Slotease/Notifications.swift]
CREATE INDEX notifications_due_idx ON slotease.notifications USING btree (due_at) WHERE (status = 'pending'::slotease.notification_status);

-- + index slotease.notifications_organization_id_idx  [Slotease/Notifications.swift]
CREATE INDEX notifications_organization_id_idx ON slotease.notifications USING btree (organization_id) WHERE (organization_id IS NOT NULL);

-- + index slotease.notifications_profile_id_idx  [Slotease/Notifications.swift]
CREATE INDEX notifications_profile_id_idx ON slotease.notifications USING btree (profile_id, created_at DESC);

-- + index slotease.notifications_unread_idx  [Slotease/Notifications.swift]
CREATE INDEX notifications_unread_idx ON slotease.notifications USING btree (profile_id) WHERE ((read_at IS NULL) AND (channel = 'app'::slotease.notification_channel));

-- + publication table slotease.notifications in slotease_realtime  [Slotease/Notifications.swift]
ALTER PUBLICATION slotease_realtime ADD TABLE ONLY slotease.notifications;

-- + comment on table slotease.notifications  [Slotease/Notifications.swift]
COMMENT ON TABLE slotease.notifications IS 'Notifications of all channels, a partition a month.';

-- + comment on column slotease.notifications.kind  [Slotease/Notifications.swift]
COMMENT ON COLUMN slotease.notifications.kind IS 'appointment_scheduled, appointment_cancelled, queue_called, …';

-- + comment on column slotease.notifications.organization_id  [Slotease/Notifications.swift]
COMMENT ON COLUMN slotease.notifications.organization_id IS 'Whom it is about; NULL for the platform''s own.';

-- + comment on index slotease.notifications_due_idx  [Slotease/Notifications.swift]
COMMENT ON INDEX slotease.notifications_due_idx IS 'What is to be sent next.';

-- + comment on index slotease.notifications_organization_id_idx  [Slotease/Notifications.swift]
COMMENT ON INDEX slotease.notifications_organization_id_idx IS 'The foreign key.';

-- + comment on index slotease.notifications_profile_id_idx  [Slotease/Notifications.swift]
COMMENT ON INDEX slotease.notifications_profile_id_idx IS 'What I was told; policies.';

-- + comment on index slotease.notifications_unread_idx  [Slotease/Notifications.swift]
COMMENT ON INDEX slotease.notifications_unread_idx IS 'The number at the bell.';

-- + table slotease.opening_hours  [Slotease/Resources.swift]
CREATE TABLE slotease.opening_hours (
  organization_id uuid NOT NULL,
  weekday smallint NOT NULL,
  opens time without time zone NOT NULL,
  closes time without time zone NOT NULL,
  CONSTRAINT opening_hours_pkey PRIMARY KEY (organization_id, weekday, opens),
  CONSTRAINT opening_hours_times_check CHECK ((closes > opens)),
  CONSTRAINT opening_hours_weekday_check CHECK (((weekday >= 1) AND (weekday <= 7)))
);
ALTER TABLE slotease.opening_hours ENABLE ROW LEVEL SECURITY;
ALTER TABLE slotease.opening_hours FORCE ROW LEVEL SECURITY;

-- + comment on table slotease.opening_hours  [Slotease/Resources.swift]
COMMENT ON TABLE slotease.opening_hours IS 'Opening hours; a day can have several.';

-- + comment on column slotease.opening_hours.closes  [Slotease/Resources.swift]
COMMENT ON COLUMN slotease.opening_hours.closes IS '24:00 is midnight at the day''s end.';

-- + comment on column slotease.opening_hours.weekday  [Slotease/Resources.swift]
COMMENT ON COLUMN slotease.opening_hours.weekday IS '1 is Monday, 7 is Sunday.';

-- + table slotease.organization_members  [Slotease/Organizations.swift]
CREATE TABLE slotease.organization_members (
  organization_id uuid NOT NULL,
  user_id uuid NOT NULL,
  role slotease.user_role DEFAULT 'customer'::slotease.user_role NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT organization_members_pkey PRIMARY KEY (organization_id, user_id)
);
ALTER TABLE slotease.organization_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE slotease.organization_members FORCE ROW LEVEL SECURITY;

-- + index slotease.organization_members_user_id_idx  [Slotease/Organizations.swift]
CREATE INDEX organization_members_user_id_idx ON slotease.organization_members USING btree (user_id) INCLUDE (role, organization_id);

-- + comment on table slotease.organization_members  [Slotease/Organizations.swift]
COMMENT ON TABLE slotease.organization_members IS 'Roles of people in organisations; who books becomes a customer.';

-- + comment on column slotease.organization_members.user_id  [Slotease/Organizations.swift]
COMMENT ON COLUMN slotease.organization_members.user_id IS 'The person''s login (auth.uid()).';

-- + comment on index slotease.organization_members_user_id_idx  [Slotease/Organizations.swift]
COMMENT ON INDEX slotease.organization_members_user_id_idx IS 'Policies: my organisations.';

-- + table slotease.organizations  [Slotease/Organizations.swift]
CREATE TABLE slotease.organizations (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  name text NOT NULL,
  slug text NOT NULL,
  kind slotease.organization_kind DEFAULT 'other'::slotease.organization_kind NOT NULL,
  address text,
  timezone text DEFAULT 'UTC'::text NOT NULL,
  latitude double precision NOT NULL,
  longitude double precision NOT NULL,
  location point GENERATED ALWAYS AS (point(longitude, latitude)) STORED,
  "position" public.cube GENERATED ALWAYS AS (slotease.on_sphere(latitude, longitude)) STORED,
  settings jsonb DEFAULT '{}'::jsonb NOT NULL,
  active boolean DEFAULT true NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT organizations_pkey PRIMARY KEY (id),
  CONSTRAINT organizations_latitude_check CHECK (((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision))),
  CONSTRAINT organizations_longitude_check CHECK (((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision))),
  CONSTRAINT organizations_slug_check CHECK ((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text)),
  CONSTRAINT organizations_slug_key UNIQUE (slug),
  CONSTRAINT organizations_timezone_check CHECK (public.is_time_zone(timezone))
);
ALTER TABLE slotease.organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE slotease.organizations FORCE ROW LEVEL SECURITY;

-- + function slotease.organizations_within(jsonb)  [Slotease/Organizations.swift]
CREATE OR REPLACE FUNCTION slotease.organizations_within(p_area jsonb)
 RETURNS SETOF slotease.organizations
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'slotease', 'public', 'pg_temp'
AS $function$
BEGIN
  IF to_regtype('geometry') IS NULL THEN
    RAISE EXCEPTION 'areas need PostGIS, which this database does not have'
      USING ERRCODE = 'feature_not_supported', HINT = 'Ask nearest_organizations.';
  END IF;
  -- Not planned before it is known that the functions exist.
  RETURN QUERY EXECUTE
    'SELECT o.* FROM organizations o WHERE o.active
        AND ST_Covers(ST_SetSRID(ST_GeomFromGeoJSON($1), 4326), ST_SetSRID(ST_MakePoint(o.longitude, o.latitude), 4326))'
    USING p_area;
END
$function$;

-- + comment on function slotease.organizations_within(jsonb)  [Slotease/Organizations.swift]
COMMENT ON ROUTINE slotease.organizations_within(jsonb) IS 'The active organisations in an area that was drawn on a map (GeoJSON), where the server has PostGIS.';

-- + index slotease.organizations_kind_idx  [Slotease/Organizations.swift]
CREATE INDEX organizations_kind_idx ON slotease.organizations USING btree (kind, name) WHERE active;

-- + index slotease.organizations_position_idx  [Slotease/Organizations.swift]
CREATE INDEX organizations_position_idx ON slotease.organizations USING gist ("position");

-- + index slotease.organizations_settings_idx  [Slotease/Organizations.swift]
CREATE INDEX organizations_settings_idx ON slotease.organizations USING gin (settings jsonb_path_ops);

-- + comment on table slotease.organizations  [Slotease/Organizations.swift]
COMMENT ON TABLE slotease.organizations IS 'Organisations that take appointments; every other table''s tenant.';

-- + comment on column slotease.organizations.latitude  [Slotease/Organizations.swift]
COMMENT ON COLUMN slotease.organizations.latitude IS 'Degrees north, WGS 84.';

-- + comment on column slotease.organizations.location  [Slotease/Organizations.swift]
COMMENT ON COLUMN slotease.organizations.location IS '(longitude, latitude), for maps.';

-- + comment on column slotease.organizations.longitude  [Slotease/Organizations.swift]
COMMENT ON COLUMN slotease.organizations.longitude IS 'Degrees east, WGS 84.';

-- + comment on column slotease.organizations."position"  [Slotease/Organizations.swift]
COMMENT ON COLUMN slotease.organizations."position" IS 'The place on a sphere of radius 1: nearer there is nearer on the ground, across the 180th meridian too.';

-- + comment on column slotease.organizations.slug  [Slotease/Organizations.swift]
COMMENT ON COLUMN slotease.organizations.slug IS 'The organisation in addresses of pages.';

-- + comment on column slotease.organizations.timezone  [Slotease/Organizations.swift]
COMMENT ON COLUMN slotease.organizations.timezone IS 'What opening hours are in.';

-- + comment on index slotease.organizations_kind_idx  [Slotease/Organizations.swift]
COMMENT ON INDEX slotease.organizations_kind_idx IS 'Listings by kind.';

-- + comment on index slotease.organizations_position_idx  [Slotease/Organizations.swift]
COMMENT ON INDEX slotease.organizations_position_idx IS 'The nearest organisations.';

-- + comment on index slotease.organizations_settings_idx  [Slotease/Organizations.swift]
COMMENT ON INDEX slotease.organizations_settings_idx IS 'Who offers what.';

-- + table slotease.queue_entries  [Slotease/Queues.swift]
CREATE TABLE slotease.queue_entries (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  queue_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  customer_id uuid,
  guest_name text,
  ticket integer NOT NULL,
  priority smallint DEFAULT 0 NOT NULL,
  "position" integer,
  status slotease.entry_status DEFAULT 'waiting'::slotease.entry_status NOT NULL,
  joined_at timestamp with time zone DEFAULT now() NOT NULL,
  called_at timestamp with time zone,
  finished_at timestamp with time zone,
  CONSTRAINT queue_entries_pkey PRIMARY KEY (id),
  CONSTRAINT queue_entries_person_check CHECK (((customer_id IS NOT NULL) OR (guest_name IS NOT NULL) OR (status <> 'waiting'::slotease.entry_status))),
  CONSTRAINT queue_entries_queue_id_ticket_key UNIQUE (queue_id, ticket)
);
ALTER TABLE slotease.queue_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE slotease.queue_entries FORCE ROW LEVEL SECURITY;

-- + function slotease.call_next(uuid)  [Slotease/Queues.swift]
CREATE OR REPLACE FUNCTION slotease.call_next(p_queue_id uuid)
 RETURNS SETOF slotease.queue_entries
 LANGUAGE plpgsql
 SET search_path TO 'slotease', 'pg_temp'
AS $function$
BEGIN
  -- The queue first, as everywhere: nobody waits in a circle.
  PERFORM FROM queues q WHERE q.id = p_queue_id FOR NO KEY UPDATE;
  RETURN QUERY
  UPDATE queue_entries e SET status = 'called', called_at = clock_timestamp()
   WHERE e.id = (SELECT n.id FROM queue_entries n WHERE n.queue_id = p_queue_id AND n.status = 'waiting'
                  ORDER BY n.priority DESC, n.id LIMIT 1)
  RETURNING e.*;
END
$function$;

-- + comment on function slotease.call_next(uuid)  [Slotease/Queues.swift]
COMMENT ON ROUTINE slotease.call_next(uuid) IS 'Calls who is next; nobody when nobody waits. Two counters at once call two people.';

-- + index slotease.queue_entries_customer_id_idx  [Slotease/Queues.swift]
CREATE INDEX queue_entries_customer_id_idx ON slotease.queue_entries USING btree (customer_id) WHERE (customer_id IS NOT NULL);

-- + index slotease.queue_entries_finished_at_idx  [Slotease/Queues.swift]
CREATE INDEX queue_entries_finished_at_idx ON slotease.queue_entries USING btree (finished_at) WHERE (finished_at IS NOT NULL);

-- + index slotease.queue_entries_organization_id_idx  [Slotease/Queues.swift]
CREATE INDEX queue_entries_organization_id_idx ON slotease.queue_entries USING btree (organization_id, joined_at);

-- + index slotease.queue_entries_queue_id_customer_id_key  [Slotease/Queues.swift]
CREATE UNIQUE INDEX queue_entries_queue_id_customer_id_key ON slotease.queue_entries USING btree (queue_id, customer_id) WHERE (status = 'waiting'::slotease.entry_status);

-- + index slotease.queue_entries_waiting_idx  [Slotease/Queues.swift]
CREATE INDEX queue_entries_waiting_idx ON slotease.queue_entries USING btree (queue_id, priority DESC, id) WHERE (status = 'waiting'::slotease.entry_status);

-- + publication table slotease.queue_entries in slotease_realtime  [Slotease/Queues.swift]
ALTER PUBLICATION slotease_realtime ADD TABLE ONLY slotease.queue_entries;

-- + comment on table slotease.queue_entries  [Slotease/Queues.swift]
COMMENT ON TABLE slotease.queue_entries IS 'People in queues, and those who were; the latter are gone after 90 days.';

-- + comment on column slotease.queue_entries.guest_name  [Slotease/Queues.swift]
COMMENT ON COLUMN slotease.queue_entries.guest_name IS 'For those without a profile.';

-- + comment on column slotease.queue_entries."position"  [Slotease/Queues.swift]
COMMENT ON COLUMN slotease.queue_entries."position" IS '1 is next; kept by a trigger, for those who wait.';

-- + comment on column slotease.queue_entries.priority  [Slotease/Queues.swift]
COMMENT ON COLUMN slotease.queue_entries.priority IS 'Higher ones come first: 10 for an emergency.';

-- + comment on index slotease.queue_entries_customer_id_idx  [Slotease/Queues.swift]
COMMENT ON INDEX slotease.queue_entries_customer_id_idx IS 'Where I wait.';

-- + comment on index slotease.queue_entries_finished_at_idx  [Slotease/Queues.swift]
COMMENT ON INDEX slotease.queue_entries_finished_at_idx IS 'Cleaning up.';

-- + comment on index slotease.queue_entries_organization_id_idx  [Slotease/Queues.swift]
COMMENT ON INDEX slotease.queue_entries_organization_id_idx IS 'The foreign key; figures.';

-- + comment on index slotease.queue_entries_queue_id_customer_id_key  [Slotease/Queues.swift]
COMMENT ON INDEX slotease.queue_entries_queue_id_customer_id_key IS 'Nobody waits twice.';

-- + comment on index slotease.queue_entries_waiting_idx  [Slotease/Queues.swift]
COMMENT ON INDEX slotease.queue_entries_waiting_idx IS 'Who is next.';

-- + table slotease.queues  [Slotease/Queues.swift]
CREATE TABLE slotease.queues (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  organization_id uuid NOT NULL,
  service_id uuid,
  name text NOT NULL,
  status slotease.queue_status DEFAULT 'open'::slotease.queue_status NOT NULL,
  counters smallint DEFAULT 1 NOT NULL,
  average_service interval DEFAULT '00:05:00'::interval NOT NULL,
  last_ticket integer DEFAULT 0 NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT queues_pkey PRIMARY KEY (id),
  CONSTRAINT queues_average_service_check CHECK ((average_service > '00:00:00'::interval)),
  CONSTRAINT queues_counters_check CHECK (((counters >= 1) AND (counters <= 1000))),
  CONSTRAINT queues_organization_id_name_key UNIQUE (organization_id, name)
) WITH (fillfactor = '70');
ALTER TABLE slotease.queues ENABLE ROW LEVEL SECURITY;
ALTER TABLE slotease.queues FORCE ROW LEVEL SECURITY;

-- + index slotease.queues_service_id_idx  [Slotease/Queues.swift]
CREATE INDEX queues_service_id_idx ON slotease.queues USING btree (service_id) WHERE (service_id IS NOT NULL);

-- + publication table slotease.queues in slotease_realtime  [Slotease/Queues.swift]
ALTER PUBLICATION slotease_realtime ADD TABLE ONLY slotease.queues;

-- + comment on table slotease.queues  [Slotease/Queues.swift]
COMMENT ON TABLE slotease.queues IS 'Queues of organisations.';

-- + comment on column slotease.queues.average_service  [Slotease/Queues.swift]
COMMENT ON COLUMN slotease.queues.average_service IS 'Learned from those who were served, the latest most.';

-- + comment on column slotease.queues.counters  [Slotease/Queues.swift]
COMMENT ON COLUMN slotease.queues.counters IS 'How many people are served at once.';

-- + comment on index slotease.queues_service_id_idx  [Slotease/Queues.swift]
COMMENT ON INDEX slotease.queues_service_id_idx IS 'The foreign key.';

-- + table slotease.rate_limits  [Slotease/APIKeys.swift]
CREATE TABLE slotease.rate_limits (
  api_key_id uuid NOT NULL,
  window_start timestamp with time zone NOT NULL,
  requests integer DEFAULT 1 NOT NULL,
  CONSTRAINT rate_limits_pkey PRIMARY KEY (api_key_id, window_start)
) WITH (fillfactor = '70');
ALTER TABLE slotease.rate_limits ENABLE ROW LEVEL SECURITY;
ALTER TABLE slotease.rate_limits FORCE ROW LEVEL SECURITY;

-- + index slotease.rate_limits_window_start_idx  [Slotease/APIKeys.swift]
CREATE INDEX rate_limits_window_start_idx ON slotease.rate_limits USING btree (window_start);

-- + comment on table slotease.rate_limits  [Slotease/APIKeys.swift]
COMMENT ON TABLE slotease.rate_limits IS 'Request counts of API keys by the hour; rows are gone after a day.';

-- + comment on index slotease.rate_limits_window_start_idx  [Slotease/APIKeys.swift]
COMMENT ON INDEX slotease.rate_limits_window_start_idx IS 'Cleaning up.';

-- + table slotease.resources  [Slotease/Resources.swift]
CREATE TABLE slotease.resources (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  organization_id uuid NOT NULL,
  name text NOT NULL,
  user_id uuid,
  active boolean DEFAULT true NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT resources_pkey PRIMARY KEY (id)
);
ALTER TABLE slotease.resources ENABLE ROW LEVEL SECURITY;
ALTER TABLE slotease.resources FORCE ROW LEVEL SECURITY;

-- + index slotease.resources_organization_id_idx  [Slotease/Resources.swift]
CREATE INDEX resources_organization_id_idx ON slotease.resources USING btree (organization_id) WHERE active;

-- + index slotease.resources_user_id_idx  [Slotease/Resources.swift]
CREATE INDEX resources_user_id_idx ON slotease.resources USING btree (user_id) WHERE (user_id IS NOT NULL);

-- + comment on table slotease.resources  [Slotease/Resources.swift]
COMMENT ON TABLE slotease.resources IS 'Who or what serves; each has one appointment at a time.';

-- + comment on column slotease.resources.name  [Slotease/Resources.swift]
COMMENT ON COLUMN slotease.resources.name IS 'What customers read; often somebody''s name.';

-- + comment on column slotease.resources.user_id  [Slotease/Resources.swift]
COMMENT ON COLUMN slotease.resources.user_id IS 'Their login, where it is a person.';

-- + comment on index slotease.resources_organization_id_idx  [Slotease/Resources.swift]
COMMENT ON INDEX slotease.resources_organization_id_idx IS 'An organisation''s resources.';

-- + comment on index slotease.resources_user_id_idx  [Slotease/Resources.swift]
COMMENT ON INDEX slotease.resources_user_id_idx IS 'Forgetting; my calendar.';

-- + table slotease.service_resources  [Slotease/Resources.swift]
CREATE TABLE slotease.service_resources (
  service_id uuid NOT NULL,
  resource_id uuid NOT NULL,
  CONSTRAINT service_resources_pkey PRIMARY KEY (service_id, resource_id)
);
ALTER TABLE slotease.service_resources ENABLE ROW LEVEL SECURITY;
ALTER TABLE slotease.service_resources FORCE ROW LEVEL SECURITY;

-- + index slotease.service_resources_resource_id_idx  [Slotease/Resources.swift]
CREATE INDEX service_resources_resource_id_idx ON slotease.service_resources USING btree (resource_id);

-- + comment on table slotease.service_resources  [Slotease/Resources.swift]
COMMENT ON TABLE slotease.service_resources IS 'Which resources offer which services.';

-- + comment on index slotease.service_resources_resource_id_idx  [Slotease/Resources.swift]
COMMENT ON INDEX slotease.service_resources_resource_id_idx IS 'The foreign key.';

-- + table slotease.services  [Slotease/Organizations.swift]
CREATE TABLE slotease.services (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  organization_id uuid NOT NULL,
  name text NOT NULL,
  description text,
  duration interval NOT NULL,
  buffer interval DEFAULT '00:00:00'::interval NOT NULL,
  step interval DEFAULT '00:15:00'::interval NOT NULL,
  price numeric(10,2) DEFAULT 0 NOT NULL,
  currency character(3) DEFAULT 'EUR'::bpchar NOT NULL,
  active boolean DEFAULT true NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT services_pkey PRIMARY KEY (id),
  CONSTRAINT services_buffer_check CHECK (((buffer >= '00:00:00'::interval) AND (buffer <= '1 day'::interval))),
  CONSTRAINT services_duration_check CHECK (((duration > '00:00:00'::interval) AND (duration <= '1 day'::interval))),
  CONSTRAINT services_organization_id_name_key UNIQUE (organization_id, name),
  CONSTRAINT services_price_check CHECK ((price >= (0)::numeric)),
  CONSTRAINT services_step_check CHECK (((step >= '00:01:00'::interval) AND (step <= '1 day'::interval)))
);
ALTER TABLE slotease.services ENABLE ROW LEVEL SECURITY;
ALTER TABLE slotease.services FORCE ROW LEVEL SECURITY;

-- + index slotease.services_menu_idx  [Slotease/Organizations.swift]
CREATE INDEX services_menu_idx ON slotease.services USING btree (organization_id) INCLUDE (name, duration, price, currency) WHERE active;

-- + comment on table slotease.services  [Slotease/Organizations.swift]
COMMENT ON TABLE slotease.services IS 'Services of organisations.';

-- + comment on column slotease.services.buffer  [Slotease/Organizations.swift]
COMMENT ON COLUMN slotease.services.buffer IS 'Free time that is kept after an appointment.';

-- + comment on column slotease.services.step  [Slotease/Organizations.swift]
COMMENT ON COLUMN slotease.services.step IS 'How far apart offered times are.';

-- + comment on index slotease.services_menu_idx  [Slotease/Organizations.swift]
COMMENT ON INDEX slotease.services_menu_idx IS 'What an organisation offers, from the index alone.';

-- + table slotease.slot_reservations  [Slotease/Appointments.swift]
CREATE TABLE slotease.slot_reservations (
  appointment_id uuid NOT NULL,
  resource_id uuid NOT NULL,
  during tstzrange NOT NULL,
  CONSTRAINT slot_reservations_pkey PRIMARY KEY (appointment_id),
  CONSTRAINT slot_reservations_during_check CHECK ((NOT isempty(during))),
  CONSTRAINT slot_reservations_no_double_booking EXCLUDE USING gist (resource_id WITH =, during WITH &&)
);
ALTER TABLE slotease.slot_reservations ENABLE ROW LEVEL SECURITY;
ALTER TABLE slotease.slot_reservations FORCE ROW LEVEL SECURITY;

-- + comment on table slotease.slot_reservations  [Slotease/Appointments.swift]
COMMENT ON TABLE slotease.slot_reservations IS 'Reserved times of resources, kept by triggers; an exclusion constraint cannot span partitions.';

-- + table slotease.user_profiles  [Slotease/People.swift]
CREATE TABLE slotease.user_profiles (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  user_id uuid,
  full_name text NOT NULL,
  email text,
  phone text,
  locale text DEFAULT 'en'::text NOT NULL,
  preferences jsonb DEFAULT '{}'::jsonb NOT NULL,
  anonymized_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT user_profiles_pkey PRIMARY KEY (id),
  CONSTRAINT user_profiles_email_check CHECK (((email = lower(btrim(email))) AND (POSITION(('@'::text) IN (email)) > 1)))
);
ALTER TABLE slotease.user_profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE slotease.user_profiles FORCE ROW LEVEL SECURITY;

-- + index slotease.user_profiles_email_idx  [Slotease/People.swift]
CREATE INDEX user_profiles_email_idx ON slotease.user_profiles USING btree (email) WHERE (email IS NOT NULL);

-- + index slotease.user_profiles_preferences_idx  [Slotease/People.swift]
CREATE INDEX user_profiles_preferences_idx ON slotease.user_profiles USING gin (preferences);

-- + index slotease.user_profiles_user_id_key  [Slotease/People.swift]
CREATE UNIQUE INDEX user_profiles_user_id_key ON slotease.user_profiles USING btree (user_id) INCLUDE (id) WHERE (user_id IS NOT NULL);

-- + comment on table slotease.user_profiles  [Slotease/People.swift]
COMMENT ON TABLE slotease.user_profiles IS 'People who book and wait; one row, whichever organisations they go to.';

-- + comment on column slotease.user_profiles.anonymized_at  [Slotease/People.swift]
COMMENT ON COLUMN slotease.user_profiles.anonymized_at IS 'When they were forgotten.';

-- + comment on column slotease.user_profiles.email  [Slotease/People.swift]
COMMENT ON COLUMN slotease.user_profiles.email IS 'Lower case.';

-- + comment on column slotease.user_profiles.id  [Slotease/People.swift]
COMMENT ON COLUMN slotease.user_profiles.id IS 'The person in all other tables; says nothing.';

-- + comment on column slotease.user_profiles.preferences  [Slotease/People.swift]
COMMENT ON COLUMN slotease.user_profiles.preferences IS 'Channels, accessibility.';

-- + comment on column slotease.user_profiles.user_id  [Slotease/People.swift]
COMMENT ON COLUMN slotease.user_profiles.user_id IS 'Their login; NULL for guests and the forgotten.';

-- + comment on index slotease.user_profiles_email_idx  [Slotease/People.swift]
COMMENT ON INDEX slotease.user_profiles_email_idx IS 'The desk looks somebody up.';

-- + comment on index slotease.user_profiles_preferences_idx  [Slotease/People.swift]
COMMENT ON INDEX slotease.user_profiles_preferences_idx IS 'Who needs step-free access; who wants short messages.';

-- + comment on index slotease.user_profiles_user_id_key  [Slotease/People.swift]
COMMENT ON INDEX slotease.user_profiles_user_id_key IS 'Policies: who am I.';

-- + constraint analytics_events_organization_id_fkey on slotease.analytics_events  [Slotease/Analytics.swift]
ALTER TABLE slotease.analytics_events ADD CONSTRAINT analytics_events_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES slotease.organizations(id) ON DELETE CASCADE;

-- + constraint analytics_events_profile_id_fkey on slotease.analytics_events  [Slotease/Analytics.swift]
ALTER TABLE slotease.analytics_events ADD CONSTRAINT analytics_events_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES slotease.user_profiles(id) ON DELETE SET NULL;

-- + constraint api_keys_organization_id_fkey on slotease.api_keys  [Slotease/APIKeys.swift]
ALTER TABLE slotease.api_keys ADD CONSTRAINT api_keys_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES slotease.organizations(id) ON DELETE CASCADE;

-- + constraint appointments_customer_id_fkey on slotease.appointments  [Slotease/Appointments.swift]
ALTER TABLE slotease.appointments ADD CONSTRAINT appointments_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES slotease.user_profiles(id);

-- + constraint appointments_organization_id_fkey on slotease.appointments  [Slotease/Appointments.swift]
ALTER TABLE slotease.appointments ADD CONSTRAINT appointments_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES slotease.organizations(id) ON DELETE CASCADE;

-- + constraint appointments_resource_id_fkey on slotease.appointments  [Slotease/Appointments.swift]
ALTER TABLE slotease.appointments ADD CONSTRAINT appointments_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES slotease.resources(id);

-- + constraint appointments_service_id_fkey on slotease.appointments  [Slotease/Appointments.swift]
ALTER TABLE slotease.appointments ADD CONSTRAINT appointments_service_id_fkey FOREIGN KEY (service_id) REFERENCES slotease.services(id);

-- + constraint booking_requests_customer_id_fkey on slotease.booking_requests  [Slotease/Appointments.swift]
ALTER TABLE slotease.booking_requests ADD CONSTRAINT booking_requests_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES slotease.user_profiles(id) ON DELETE CASCADE;

-- + constraint closures_organization_id_fkey on slotease.closures  [Slotease/Resources.swift]
ALTER TABLE slotease.closures ADD CONSTRAINT closures_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES slotease.organizations(id) ON DELETE CASCADE;

-- + constraint closures_resource_id_fkey on slotease.closures  [Slotease/Resources.swift]
ALTER TABLE slotease.closures ADD CONSTRAINT closures_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES slotease.resources(id) ON DELETE CASCADE;

-- + constraint consents_profile_id_fkey on slotease.consents  [Slotease/People.swift]
ALTER TABLE slotease.consents ADD CONSTRAINT consents_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES slotease.user_profiles(id) ON DELETE CASCADE;

-- + constraint feedback_customer_id_fkey on slotease.feedback  [Slotease/Analytics.swift]
ALTER TABLE slotease.feedback ADD CONSTRAINT feedback_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES slotease.user_profiles(id);

-- + constraint feedback_organization_id_fkey on slotease.feedback  [Slotease/Analytics.swift]
ALTER TABLE slotease.feedback ADD CONSTRAINT feedback_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES slotease.organizations(id) ON DELETE CASCADE;

-- + constraint feedback_service_id_fkey on slotease.feedback  [Slotease/Analytics.swift]
ALTER TABLE slotease.feedback ADD CONSTRAINT feedback_service_id_fkey FOREIGN KEY (service_id) REFERENCES slotease.services(id) ON DELETE SET NULL;

-- + constraint notifications_organization_id_fkey on slotease.notifications  [Slotease/Notifications.swift]
ALTER TABLE slotease.notifications ADD CONSTRAINT notifications_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES slotease.organizations(id) ON DELETE CASCADE;

-- + constraint notifications_profile_id_fkey on slotease.notifications  [Slotease/Notifications.swift]
ALTER TABLE slotease.notifications ADD CONSTRAINT notifications_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES slotease.user_profiles(id) ON DELETE CASCADE;

-- + constraint opening_hours_organization_id_fkey on slotease.opening_hours  [Slotease/Resources.swift]
ALTER TABLE slotease.opening_hours ADD CONSTRAINT opening_hours_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES slotease.organizations(id) ON DELETE CASCADE;

-- + constraint organization_members_organization_id_fkey on slotease.organization_members  [Slotease/Organizations.swift]
ALTER TABLE slotease.organization_members ADD CONSTRAINT organization_members_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES slotease.organizations(id) ON DELETE CASCADE;

-- + constraint queue_entries_customer_id_fkey on slotease.queue_entries  [Slotease/Queues.swift]
ALTER TABLE slotease.queue_entries ADD CONSTRAINT queue_entries_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES slotease.user_profiles(id);

-- + constraint queue_entries_organization_id_fkey on slotease.queue_entries  [Slotease/Queues.swift]
ALTER TABLE slotease.queue_entries ADD CONSTRAINT queue_entries_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES slotease.organizations(id) ON DELETE CASCADE;

-- + constraint queue_entries_queue_id_fkey on slotease.queue_entries  [Slotease/Queues.swift]
ALTER TABLE slotease.queue_entries ADD CONSTRAINT queue_entries_queue_id_fkey FOREIGN KEY (queue_id) REFERENCES slotease.queues(id) ON DELETE CASCADE;

-- + constraint queues_organization_id_fkey on slotease.queues  [Slotease/Queues.swift]
ALTER TABLE slotease.queues ADD CONSTRAINT queues_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES slotease.organizations(id) ON DELETE CASCADE;

-- + constraint queues_service_id_fkey on slotease.queues  [Slotease/Queues.swift]
ALTER TABLE slotease.queues ADD CONSTRAINT queues_service_id_fkey FOREIGN KEY (service_id) REFERENCES slotease.services(id) ON DELETE SET NULL;

-- + constraint rate_limits_api_key_id_fkey on slotease.rate_limits  [Slotease/APIKeys.swift]
ALTER TABLE slotease.rate_limits ADD CONSTRAINT rate_limits_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES slotease.api_keys(id) ON DELETE CASCADE;

-- + constraint resources_organization_id_fkey on slotease.resources  [Slotease/Resources.swift]
ALTER TABLE slotease.resources ADD CONSTRAINT resources_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES slotease.organizations(id) ON DELETE CASCADE;

-- + constraint service_resources_resource_id_fkey on slotease.service_resources  [Slotease/Resources.swift]
ALTER TABLE slotease.service_resources ADD CONSTRAINT service_resources_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES slotease.resources(id) ON DELETE CASCADE;

-- + constraint service_resources_service_id_fkey on slotease.service_resources  [Slotease/Resources.swift]
ALTER TABLE slotease.service_resources ADD CONSTRAINT service_resources_service_id_fkey FOREIGN KEY (service_id) REFERENCES slotease.services(id) ON DELETE CASCADE;

-- + constraint services_organization_id_fkey on slotease.services  [Slotease/Organizations.swift]
ALTER TABLE slotease.services ADD CONSTRAINT services_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES slotease.organizations(id) ON DELETE CASCADE;

-- + constraint slot_reservations_resource_id_fkey on slotease.slot_reservations  [Slotease/Appointments.swift]
ALTER TABLE slotease.slot_reservations ADD CONSTRAINT slot_reservations_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES slotease.resources(id) ON DELETE CASCADE;

-- + materialized view slotease.daily_appointment_metrics  [Slotease/Reports.swift]
CREATE MATERIALIZED VIEW slotease.daily_appointment_metrics AS
 SELECT a.organization_id,
    ((a.starts_at AT TIME ZONE o.timezone))::date AS day,
    count(*) AS appointments,
    count(*) FILTER (WHERE (a.status = 'completed'::slotease.appointment_status)) AS completed,
    count(*) FILTER (WHERE (a.status = 'cancelled'::slotease.appointment_status)) AS cancelled,
    count(*) FILTER (WHERE (a.status = 'no_show'::slotease.appointment_status)) AS missed,
    COALESCE(sum(a.price) FILTER (WHERE (a.status = 'completed'::slotease.appointment_status)), (0)::numeric) AS revenue,
    COALESCE(sum((a.ends_at - a.starts_at)) FILTER (WHERE (a.status = 'completed'::slotease.appointment_status)), '00:00:00'::interval) AS served
   FROM (slotease.appointments a
     JOIN slotease.organizations o ON ((o.id = a.organization_id)))
  GROUP BY a.organization_id, (((a.starts_at AT TIME ZONE o.timezone))::date);

-- + index slotease.daily_appointment_metrics_key  [Slotease/Reports.swift]
CREATE UNIQUE INDEX daily_appointment_metrics_key ON slotease.daily_appointment_metrics USING btree (organization_id, day);

-- + comment on column slotease.daily_appointment_metrics.day  [Slotease/Reports.swift]
COMMENT ON COLUMN slotease.daily_appointment_metrics.day IS 'By the organisation''s clock.';

-- + comment on column slotease.daily_appointment_metrics.served  [Slotease/Reports.swift]
COMMENT ON COLUMN slotease.daily_appointment_metrics.served IS 'Time of the appointments that were completed.';

-- + comment on materialized view slotease.daily_appointment_metrics  [Slotease/Reports.swift]
COMMENT ON MATERIALIZED VIEW slotease.daily_appointment_metrics IS 'Appointments by the day.';

-- + materialized view slotease.organization_stats  [Slotease/Reports.swift]
CREATE MATERIALIZED VIEW slotease.organization_stats AS
 SELECT o.id AS organization_id,
    o.name,
    ( SELECT count(*) AS count
           FROM slotease.services s
          WHERE ((s.organization_id = o.id) AND s.active)) AS services,
    ( SELECT count(*) AS count
           FROM slotease.resources r
          WHERE ((r.organization_id = o.id) AND r.active)) AS resources,
    COALESCE(b.customers, (0)::bigint) AS customers,
    COALESCE(b.appointments, (0)::bigint) AS appointments,
    COALESCE(b.upcoming, (0)::bigint) AS upcoming,
    COALESCE(b.completed, (0)::bigint) AS completed,
    COALESCE(b.cancelled, (0)::bigint) AS cancelled,
    COALESCE(b.missed, (0)::bigint) AS missed,
    COALESCE(b.revenue, (0)::numeric) AS revenue,
    COALESCE(g.ratings, (0)::bigint) AS ratings,
    g.average_rating
   FROM ((slotease.organizations o
     LEFT JOIN ( SELECT a.organization_id,
            count(DISTINCT a.customer_id) AS customers,
            count(*) AS appointments,
            count(*) FILTER (WHERE ((a.status = ANY (ARRAY['scheduled'::slotease.appointment_status, 'confirmed'::slotease.appointment_status])) AND (a.starts_at > now()))) AS upcoming,
            count(*) FILTER (WHERE (a.status = 'completed'::slotease.appointment_status)) AS completed,
            count(*) FILTER (WHERE (a.status = 'cancelled'::slotease.appointment_status)) AS cancelled,
            count(*) FILTER (WHERE (a.status = 'no_show'::slotease.appointment_status)) AS missed,
            sum(a.price) FILTER (WHERE (a.status = 'completed'::slotease.appointment_status)) AS revenue
           FROM slotease.appointments a
          GROUP BY a.organization_id) b ON ((b.organization_id = o.id)))
     LEFT JOIN ( SELECT f.organization_id,
            count(*) AS ratings,
            round(avg(f.rating), 2) AS average_rating
           FROM slotease.feedback f
          GROUP BY f.organization_id) g ON ((g.organization_id = o.id)));

-- + index slotease.organization_stats_organization_id_key  [Slotease/Reports.swift]
CREATE UNIQUE INDEX organization_stats_organization_id_key ON slotease.organization_stats USING btree (organization_id);

-- + comment on column slotease.organization_stats.revenue  [Slotease/Reports.swift]
COMMENT ON COLUMN slotease.organization_stats.revenue IS 'Of completed appointments.';

-- + comment on materialized view slotease.organization_stats  [Slotease/Reports.swift]
COMMENT ON MATERIALIZED VIEW slotease.organization_stats IS 'Key figures of organisations. Those who run one reach its row through organization_dashboard.';

-- + view slotease.published_feedback  [Slotease/Analytics.swift]
CREATE VIEW slotease.published_feedback AS
 SELECT f.id,
    f.organization_id,
    f.service_id,
    f.rating,
    f.comment,
    f.reply,
    f.created_at
   FROM slotease.feedback f
  WHERE f.published;

-- + comment on view slotease.published_feedback  [Slotease/Analytics.swift]
COMMENT ON VIEW slotease.published_feedback IS 'Published feedback, without whose it is.';

-- + materialized view slotease.queue_performance  [Slotease/Reports.swift]
CREATE MATERIALIZED VIEW slotease.queue_performance AS
 SELECT e.queue_id,
    e.organization_id,
    ((e.joined_at AT TIME ZONE o.timezone))::date AS day,
    count(*) AS joined,
    count(*) FILTER (WHERE (e.status = 'served'::slotease.entry_status)) AS served,
    count(*) FILTER (WHERE (e.status = 'left'::slotease.entry_status)) AS left_early,
    avg((e.called_at - e.joined_at)) AS average_wait,
    percentile_cont((0.95)::double precision) WITHIN GROUP (ORDER BY (e.called_at - e.joined_at)) AS p95_wait,
    avg((e.finished_at - e.called_at)) FILTER (WHERE (e.status = 'served'::slotease.entry_status)) AS average_service
   FROM (slotease.queue_entries e
     JOIN slotease.organizations o ON ((o.id = e.organization_id)))
  GROUP BY e.queue_id, e.organization_id, (((e.joined_at AT TIME ZONE o.timezone))::date);

-- + index slotease.queue_performance_key  [Slotease/Reports.swift]
CREATE UNIQUE INDEX queue_performance_key ON slotease.queue_performance USING btree (queue_id, day);

-- + index slotease.queue_performance_organization_id_idx  [Slotease/Reports.swift]
CREATE INDEX queue_performance_organization_id_idx ON slotease.queue_performance USING btree (organization_id, day);

-- + comment on column slotease.queue_performance.day  [Slotease/Reports.swift]
COMMENT ON COLUMN slotease.queue_performance.day IS 'By the organisation''s clock.';

-- + comment on index slotease.queue_performance_organization_id_idx  [Slotease/Reports.swift]
COMMENT ON INDEX slotease.queue_performance_organization_id_idx IS 'An organisation''s queues.';

-- + comment on materialized view slotease.queue_performance  [Slotease/Reports.swift]
COMMENT ON MATERIALIZED VIEW slotease.queue_performance IS 'Queues by the day.';

-- + materialized view slotease.service_performance  [Slotease/Reports.swift]
CREATE MATERIALIZED VIEW slotease.service_performance AS
 SELECT s.id AS service_id,
    s.organization_id,
    s.name,
    count(a.id) AS appointments,
    count(a.id) FILTER (WHERE (a.status = 'completed'::slotease.appointment_status)) AS completed,
    round(((100.0 * (count(a.id) FILTER (WHERE (a.status = 'cancelled'::slotease.appointment_status)))::numeric) / (NULLIF(count(a.id), 0))::numeric), 1) AS cancelled_percent,
    round(((100.0 * (count(a.id) FILTER (WHERE (a.status = 'no_show'::slotease.appointment_status)))::numeric) / (NULLIF(count(a.id), 0))::numeric), 1) AS missed_percent,
    COALESCE(sum(a.price) FILTER (WHERE (a.status = 'completed'::slotease.appointment_status)), (0)::numeric) AS revenue,
    avg((a.starts_at - a.created_at)) AS lead_time,
    ( SELECT round(avg(f.rating), 2) AS round
           FROM slotease.feedback f
          WHERE (f.service_id = s.id)) AS average_rating
   FROM (slotease.services s
     LEFT JOIN slotease.appointments a ON ((a.service_id = s.id)))
  GROUP BY s.id, s.organization_id, s.name;

-- + index slotease.service_performance_organization_id_idx  [Slotease/Reports.swift]
CREATE INDEX service_performance_organization_id_idx ON slotease.service_performance USING btree (organization_id);

-- + index slotease.service_performance_service_id_key  [Slotease/Reports.swift]
CREATE UNIQUE INDEX service_performance_service_id_key ON slotease.service_performance USING btree (service_id);

-- + comment on column slotease.service_performance.lead_time  [Slotease/Reports.swift]
COMMENT ON COLUMN slotease.service_performance.lead_time IS 'From booking to beginning, on average.';

-- + comment on index slotease.service_performance_organization_id_idx  [Slotease/Reports.swift]
COMMENT ON INDEX slotease.service_performance_organization_id_idx IS 'An organisation''s services.';

-- + comment on materialized view slotease.service_performance  [Slotease/Reports.swift]
COMMENT ON MATERIALIZED VIEW slotease.service_performance IS 'Figures of services.';

-- + materialized view slotease.user_activity_summary  [Slotease/Reports.swift]
CREATE MATERIALIZED VIEW slotease.user_activity_summary AS
 SELECT p.id AS profile_id,
    count(a.id) AS appointments,
    count(a.id) FILTER (WHERE (a.status = 'completed'::slotease.appointment_status)) AS completed,
    count(a.id) FILTER (WHERE (a.status = 'no_show'::slotease.appointment_status)) AS missed,
    count(DISTINCT a.organization_id) AS organizations,
    max(a.starts_at) AS last_appointment_at,
    ( SELECT count(*) AS count
           FROM slotease.feedback f
          WHERE (f.customer_id = p.id)) AS reviews,
    ( SELECT count(*) AS count
           FROM slotease.analytics_events v
          WHERE ((v.profile_id = p.id) AND (v.created_at > (now() - '30 days'::interval)))) AS events_30_days
   FROM (slotease.user_profiles p
     LEFT JOIN slotease.appointments a ON ((a.customer_id = p.id)))
  WHERE (p.anonymized_at IS NULL)
  GROUP BY p.id;

-- + index slotease.user_activity_summary_profile_id_key  [Slotease/Reports.swift]
CREATE UNIQUE INDEX user_activity_summary_profile_id_key ON slotease.user_activity_summary USING btree (profile_id);

-- + comment on materialized view slotease.user_activity_summary  [Slotease/Reports.swift]
COMMENT ON MATERIALIZED VIEW slotease.user_activity_summary IS 'What people have done; the forgotten are gone with the next refresh.';

-- + trigger api_keys_audit on slotease.api_keys  [Slotease/APIKeys.swift]
CREATE TRIGGER api_keys_audit AFTER INSERT OR DELETE OR UPDATE OF name, scopes, hourly_limit, created_by, expires_at, revoked_at ON slotease.api_keys FOR EACH ROW EXECUTE FUNCTION slotease.audit_change('api_keys');

-- + trigger appointments_audit on slotease.appointments  [Slotease/Appointments.swift]
CREATE TRIGGER appointments_audit AFTER INSERT OR DELETE OR UPDATE ON slotease.appointments FOR EACH ROW EXECUTE FUNCTION slotease.audit_change('appointments');

-- + trigger appointments_reserve on slotease.appointments  [Slotease/Appointments.swift]
CREATE TRIGGER appointments_reserve AFTER INSERT OR DELETE OR UPDATE ON slotease.appointments FOR EACH ROW EXECUTE FUNCTION slotease.reserve_time();

-- + trigger appointments_step on slotease.appointments  [Slotease/Appointments.swift]
CREATE TRIGGER appointments_step BEFORE UPDATE OF status ON slotease.appointments FOR EACH ROW EXECUTE FUNCTION slotease.check_appointment_step();

-- + trigger appointments_tell on slotease.appointments  [Slotease/Appointments.swift]
CREATE TRIGGER appointments_tell AFTER INSERT OR UPDATE ON slotease.appointments FOR EACH ROW EXECUTE FUNCTION slotease.tell_of_appointment();

-- + trigger appointments_touch on slotease.appointments  [Slotease/Appointments.swift]
CREATE TRIGGER appointments_touch BEFORE UPDATE ON slotease.appointments FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- + comment on trigger appointments_reserve on slotease.appointments  [Slotease/Appointments.swift]
COMMENT ON TRIGGER appointments_reserve ON slotease.appointments IS 'Whoever writes an appointment, its time is reserved.';

-- + comment on trigger appointments_step on slotease.appointments  [Slotease/Appointments.swift]
COMMENT ON TRIGGER appointments_step ON slotease.appointments IS 'What is over does not begin again.';

-- + trigger closures_audit on slotease.closures  [Slotease/Resources.swift]
CREATE TRIGGER closures_audit AFTER INSERT OR DELETE OR UPDATE ON slotease.closures FOR EACH ROW EXECUTE FUNCTION slotease.audit_change('closures');

-- + trigger consents_audit on slotease.consents  [Slotease/People.swift]
CREATE TRIGGER consents_audit AFTER INSERT OR DELETE OR UPDATE ON slotease.consents FOR EACH ROW EXECUTE FUNCTION slotease.audit_change('consents');

-- + trigger feedback_audit on slotease.feedback  [Slotease/Analytics.swift]
CREATE TRIGGER feedback_audit AFTER INSERT OR DELETE OR UPDATE ON slotease.feedback FOR EACH ROW EXECUTE FUNCTION slotease.audit_change('feedback');

-- + trigger opening_hours_audit on slotease.opening_hours  [Slotease/Resources.swift]
CREATE TRIGGER opening_hours_audit AFTER INSERT OR DELETE OR UPDATE ON slotease.opening_hours FOR EACH ROW EXECUTE FUNCTION slotease.audit_change('opening_hours');

-- + trigger organization_members_audit on slotease.organization_members  [Slotease/Organizations.swift]
CREATE TRIGGER organization_members_audit AFTER INSERT OR DELETE OR UPDATE ON slotease.organization_members FOR EACH ROW EXECUTE FUNCTION slotease.audit_change('organization_members');

-- + trigger organizations_audit on slotease.organizations  [Slotease/Organizations.swift]
CREATE TRIGGER organizations_audit AFTER INSERT OR DELETE OR UPDATE ON slotease.organizations FOR EACH ROW EXECUTE FUNCTION slotease.audit_change('organizations');

-- + trigger organizations_touch on slotease.organizations  [Slotease/Organizations.swift]
CREATE TRIGGER organizations_touch BEFORE UPDATE ON slotease.organizations FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- + trigger queue_entries_audit on slotease.queue_entries  [Slotease/Queues.swift]
CREATE TRIGGER queue_entries_audit AFTER INSERT OR DELETE OR UPDATE OF status, priority, guest_name ON slotease.queue_entries FOR EACH ROW EXECUTE FUNCTION slotease.audit_change('queue_entries');

-- + trigger queue_entries_order_delete on slotease.queue_entries  [Slotease/Queues.swift]
CREATE TRIGGER queue_entries_order_delete AFTER DELETE ON slotease.queue_entries REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION slotease.reorder_queue();

-- + trigger queue_entries_order_insert on slotease.queue_entries  [Slotease/Queues.swift]
CREATE TRIGGER queue_entries_order_insert AFTER INSERT ON slotease.queue_entries REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION slotease.reorder_queue();

-- + trigger queue_entries_order_update on slotease.queue_entries  [Slotease/Queues.swift]
CREATE TRIGGER queue_entries_order_update AFTER UPDATE ON slotease.queue_entries REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION slotease.reorder_queue();

-- + trigger queue_entries_tell on slotease.queue_entries  [Slotease/Queues.swift]
CREATE TRIGGER queue_entries_tell AFTER UPDATE OF status ON slotease.queue_entries FOR EACH ROW EXECUTE FUNCTION slotease.tell_of_entry();

-- + comment on trigger queue_entries_order_insert on slotease.queue_entries  [Slotease/Queues.swift]
COMMENT ON TRIGGER queue_entries_order_insert ON slotease.queue_entries IS 'Positions are always right.';

-- + comment on trigger queue_entries_tell on slotease.queue_entries  [Slotease/Queues.swift]
COMMENT ON TRIGGER queue_entries_tell ON slotease.queue_entries IS 'Who is called hears of it.';

-- + trigger queues_audit on slotease.queues  [Slotease/Queues.swift]
CREATE TRIGGER queues_audit AFTER INSERT OR DELETE OR UPDATE OF name, service_id, status, counters ON slotease.queues FOR EACH ROW EXECUTE FUNCTION slotease.audit_change('queues');

-- + trigger queues_tell on slotease.queues  [Slotease/Queues.swift]
CREATE TRIGGER queues_tell AFTER UPDATE OF status, counters ON slotease.queues FOR EACH ROW EXECUTE FUNCTION slotease.tell_of_queue();

-- + trigger resources_audit on slotease.resources  [Slotease/Resources.swift]
CREATE TRIGGER resources_audit AFTER INSERT OR DELETE OR UPDATE ON slotease.resources FOR EACH ROW EXECUTE FUNCTION slotease.audit_change('resources');

-- + trigger service_resources_audit on slotease.service_resources  [Slotease/Resources.swift]
CREATE TRIGGER service_resources_audit AFTER INSERT OR DELETE OR UPDATE ON slotease.service_resources FOR EACH ROW EXECUTE FUNCTION slotease.audit_change('service_resources');

-- + trigger services_audit on slotease.services  [Slotease/Organizations.swift]
CREATE TRIGGER services_audit AFTER INSERT OR DELETE OR UPDATE ON slotease.services FOR EACH ROW EXECUTE FUNCTION slotease.audit_change('services');

-- + trigger services_touch on slotease.services  [Slotease/Organizations.swift]
CREATE TRIGGER services_touch BEFORE UPDATE ON slotease.services FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- + trigger user_profiles_audit on slotease.user_profiles  [Slotease/People.swift]
CREATE TRIGGER user_profiles_audit AFTER INSERT OR DELETE OR UPDATE ON slotease.user_profiles FOR EACH ROW EXECUTE FUNCTION slotease.audit_change('user_profiles');

-- + trigger user_profiles_touch on slotease.user_profiles  [Slotease/People.swift]
CREATE TRIGGER user_profiles_touch BEFORE UPDATE ON slotease.user_profiles FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- + policy admin_read on slotease.analytics_events  [Slotease/Analytics.swift]
CREATE POLICY admin_read ON slotease.analytics_events FOR SELECT TO authenticated
  USING ((organization_id = ANY (( SELECT slotease.my_organizations('admin'::slotease.user_role) AS my_organizations)::uuid[])));

-- + policy service on slotease.analytics_events  [Slotease/Analytics.swift]
CREATE POLICY service ON slotease.analytics_events FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy admin_read on slotease.api_keys  [Slotease/APIKeys.swift]
CREATE POLICY admin_read ON slotease.api_keys FOR SELECT TO authenticated
  USING ((organization_id = ANY (( SELECT slotease.my_organizations('admin'::slotease.user_role) AS my_organizations)::uuid[])));

-- + policy admin_update on slotease.api_keys  [Slotease/APIKeys.swift]
CREATE POLICY admin_update ON slotease.api_keys FOR UPDATE TO authenticated
  USING ((organization_id = ANY (( SELECT slotease.my_organizations('admin'::slotease.user_role) AS my_organizations)::uuid[])));

-- + policy service on slotease.api_keys  [Slotease/APIKeys.swift]
CREATE POLICY service ON slotease.api_keys FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy own on slotease.appointments  [Slotease/Appointments.swift]
CREATE POLICY own ON slotease.appointments FOR SELECT TO authenticated
  USING ((customer_id = ( SELECT p.id
   FROM slotease.user_profiles p
  WHERE (p.user_id = ( SELECT auth.uid() AS uid)))));

-- + policy service on slotease.appointments  [Slotease/Appointments.swift]
CREATE POLICY service ON slotease.appointments FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy staff on slotease.appointments  [Slotease/Appointments.swift]
CREATE POLICY staff ON slotease.appointments FOR SELECT TO authenticated
  USING ((organization_id = ANY (( SELECT slotease.my_organizations('staff'::slotease.user_role) AS my_organizations)::uuid[])));

-- + policy staff_update on slotease.appointments  [Slotease/Appointments.swift]
CREATE POLICY staff_update ON slotease.appointments FOR UPDATE TO authenticated
  USING ((organization_id = ANY (( SELECT slotease.my_organizations('staff'::slotease.user_role) AS my_organizations)::uuid[])));

-- + policy admin_read on slotease.audit_log  [Slotease/Audit.swift]
CREATE POLICY admin_read ON slotease.audit_log FOR SELECT TO authenticated
  USING ((organization_id = ANY (( SELECT slotease.my_organizations('admin'::slotease.user_role) AS my_organizations)::uuid[])));

-- + policy service on slotease.audit_log  [Slotease/Audit.swift]
CREATE POLICY service ON slotease.audit_log FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy service on slotease.booking_requests  [Slotease/Appointments.swift]
CREATE POLICY service ON slotease.booking_requests FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy public_read on slotease.closures  [Slotease/Resources.swift]
CREATE POLICY public_read ON slotease.closures FOR SELECT TO anon, authenticated
  USING (true);

-- + policy service on slotease.closures  [Slotease/Resources.swift]
CREATE POLICY service ON slotease.closures FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy staff on slotease.closures  [Slotease/Resources.swift]
CREATE POLICY staff ON slotease.closures FOR ALL TO authenticated
  USING ((organization_id = ANY (( SELECT slotease.my_organizations('staff'::slotease.user_role) AS my_organizations)::uuid[])));

-- + policy own on slotease.consents  [Slotease/People.swift]
CREATE POLICY own ON slotease.consents FOR SELECT TO authenticated
  USING ((profile_id = ( SELECT p.id
   FROM slotease.user_profiles p
  WHERE (p.user_id = ( SELECT auth.uid() AS uid)))));

-- + policy own_insert on slotease.consents  [Slotease/People.swift]
CREATE POLICY own_insert ON slotease.consents FOR INSERT TO authenticated
  WITH CHECK ((profile_id = ( SELECT p.id
   FROM slotease.user_profiles p
  WHERE (p.user_id = ( SELECT auth.uid() AS uid)))));

-- + policy own_update on slotease.consents  [Slotease/People.swift]
CREATE POLICY own_update ON slotease.consents FOR UPDATE TO authenticated
  USING ((profile_id = ( SELECT p.id
   FROM slotease.user_profiles p
  WHERE (p.user_id = ( SELECT auth.uid() AS uid)))));

-- + policy service on slotease.consents  [Slotease/People.swift]
CREATE POLICY service ON slotease.consents FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy admin_update on slotease.feedback  [Slotease/Analytics.swift]
CREATE POLICY admin_update ON slotease.feedback FOR UPDATE TO authenticated
  USING ((organization_id = ANY (( SELECT slotease.my_organizations('admin'::slotease.user_role) AS my_organizations)::uuid[])));

-- + policy own on slotease.feedback  [Slotease/Analytics.swift]
CREATE POLICY own ON slotease.feedback FOR SELECT TO authenticated
  USING ((customer_id = ( SELECT p.id
   FROM slotease.user_profiles p
  WHERE (p.user_id = ( SELECT auth.uid() AS uid)))));

-- + policy own_insert on slotease.feedback  [Slotease/Analytics.swift]
CREATE POLICY own_insert ON slotease.feedback FOR INSERT TO authenticated
  WITH CHECK (((NOT published) AND (reply IS NULL) AND (EXISTS ( SELECT
   FROM slotease.appointments a
  WHERE ((a.id = feedback.appointment_id) AND (a.customer_id = feedback.customer_id) AND (a.organization_id = feedback.organization_id) AND (NOT (feedback.service_id IS DISTINCT FROM a.service_id)) AND (a.status = 'completed'::slotease.appointment_status) AND (a.customer_id = ( SELECT p.id
           FROM slotease.user_profiles p
          WHERE (p.user_id = ( SELECT auth.uid() AS uid)))))))));

-- + policy service on slotease.feedback  [Slotease/Analytics.swift]
CREATE POLICY service ON slotease.feedback FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy staff on slotease.feedback  [Slotease/Analytics.swift]
CREATE POLICY staff ON slotease.feedback FOR SELECT TO authenticated
  USING ((organization_id = ANY (( SELECT slotease.my_organizations('staff'::slotease.user_role) AS my_organizations)::uuid[])));

-- + comment on policy own_insert on slotease.feedback  [Slotease/Analytics.swift]
COMMENT ON POLICY own_insert ON slotease.feedback IS 'Of appointments that took place, by whose they were.';

-- + policy own on slotease.notifications  [Slotease/Notifications.swift]
CREATE POLICY own ON slotease.notifications FOR SELECT TO authenticated
  USING ((profile_id = ( SELECT p.id
   FROM slotease.user_profiles p
  WHERE (p.user_id = ( SELECT auth.uid() AS uid)))));

-- + policy own_update on slotease.notifications  [Slotease/Notifications.swift]
CREATE POLICY own_update ON slotease.notifications FOR UPDATE TO authenticated
  USING ((profile_id = ( SELECT p.id
   FROM slotease.user_profiles p
  WHERE (p.user_id = ( SELECT auth.uid() AS uid)))));

-- + policy service on slotease.notifications  [Slotease/Notifications.swift]
CREATE POLICY service ON slotease.notifications FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy admin on slotease.opening_hours  [Slotease/Resources.swift]
CREATE POLICY admin ON slotease.opening_hours FOR ALL TO authenticated
  USING ((organization_id = ANY (( SELECT slotease.my_organizations('admin'::slotease.user_role) AS my_organizations)::uuid[])));

-- + policy public_read on slotease.opening_hours  [Slotease/Resources.swift]
CREATE POLICY public_read ON slotease.opening_hours FOR SELECT TO anon, authenticated
  USING (true);

-- + policy service on slotease.opening_hours  [Slotease/Resources.swift]
CREATE POLICY service ON slotease.opening_hours FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy admin on slotease.organization_members  [Slotease/Organizations.swift]
CREATE POLICY admin ON slotease.organization_members FOR ALL TO authenticated
  USING (((organization_id = ANY (( SELECT slotease.my_organizations('admin'::slotease.user_role) AS my_organizations)::uuid[])) AND (role < 'admin'::slotease.user_role)));

-- + policy own on slotease.organization_members  [Slotease/Organizations.swift]
CREATE POLICY own ON slotease.organization_members FOR SELECT TO authenticated
  USING ((user_id = ( SELECT auth.uid() AS uid)));

-- + policy service on slotease.organization_members  [Slotease/Organizations.swift]
CREATE POLICY service ON slotease.organization_members FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy staff_read on slotease.organization_members  [Slotease/Organizations.swift]
CREATE POLICY staff_read ON slotease.organization_members FOR SELECT TO authenticated
  USING ((organization_id = ANY (( SELECT slotease.my_organizations('staff'::slotease.user_role) AS my_organizations)::uuid[])));

-- + policy super_admin on slotease.organization_members  [Slotease/Organizations.swift]
CREATE POLICY super_admin ON slotease.organization_members FOR ALL TO authenticated
  USING ((organization_id = ANY (( SELECT slotease.my_organizations('super_admin'::slotease.user_role) AS my_organizations)::uuid[])));

-- + comment on policy admin on slotease.organization_members  [Slotease/Organizations.swift]
COMMENT ON POLICY admin ON slotease.organization_members IS 'Admins say who works there.';

-- + comment on policy super_admin on slotease.organization_members  [Slotease/Organizations.swift]
COMMENT ON POLICY super_admin ON slotease.organization_members IS 'Super admins say who runs it.';

-- + policy admin_update on slotease.organizations  [Slotease/Organizations.swift]
CREATE POLICY admin_update ON slotease.organizations FOR UPDATE TO authenticated
  USING ((id = ANY (( SELECT slotease.my_organizations('admin'::slotease.user_role) AS my_organizations)::uuid[])));

-- + policy public_read on slotease.organizations  [Slotease/Organizations.swift]
CREATE POLICY public_read ON slotease.organizations FOR SELECT TO anon, authenticated
  USING (active);

-- + policy service on slotease.organizations  [Slotease/Organizations.swift]
CREATE POLICY service ON slotease.organizations FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy own on slotease.queue_entries  [Slotease/Queues.swift]
CREATE POLICY own ON slotease.queue_entries FOR SELECT TO authenticated
  USING ((customer_id = ( SELECT p.id
   FROM slotease.user_profiles p
  WHERE (p.user_id = ( SELECT auth.uid() AS uid)))));

-- + policy service on slotease.queue_entries  [Slotease/Queues.swift]
CREATE POLICY service ON slotease.queue_entries FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy staff on slotease.queue_entries  [Slotease/Queues.swift]
CREATE POLICY staff ON slotease.queue_entries FOR SELECT TO authenticated
  USING ((organization_id = ANY (( SELECT slotease.my_organizations('staff'::slotease.user_role) AS my_organizations)::uuid[])));

-- + policy admin on slotease.queues  [Slotease/Queues.swift]
CREATE POLICY admin ON slotease.queues FOR ALL TO authenticated
  USING ((organization_id = ANY (( SELECT slotease.my_organizations('admin'::slotease.user_role) AS my_organizations)::uuid[])));

-- + policy public_read on slotease.queues  [Slotease/Queues.swift]
CREATE POLICY public_read ON slotease.queues FOR SELECT TO anon, authenticated
  USING (true);

-- + policy service on slotease.queues  [Slotease/Queues.swift]
CREATE POLICY service ON slotease.queues FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy staff_update on slotease.queues  [Slotease/Queues.swift]
CREATE POLICY staff_update ON slotease.queues FOR UPDATE TO authenticated
  USING ((organization_id = ANY (( SELECT slotease.my_organizations('staff'::slotease.user_role) AS my_organizations)::uuid[])));

-- + policy service on slotease.rate_limits  [Slotease/APIKeys.swift]
CREATE POLICY service ON slotease.rate_limits FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy admin on slotease.resources  [Slotease/Resources.swift]
CREATE POLICY admin ON slotease.resources FOR ALL TO authenticated
  USING ((organization_id = ANY (( SELECT slotease.my_organizations('admin'::slotease.user_role) AS my_organizations)::uuid[])));

-- + policy public_read on slotease.resources  [Slotease/Resources.swift]
CREATE POLICY public_read ON slotease.resources FOR SELECT TO anon, authenticated
  USING (active);

-- + policy service on slotease.resources  [Slotease/Resources.swift]
CREATE POLICY service ON slotease.resources FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy admin on slotease.service_resources  [Slotease/Resources.swift]
CREATE POLICY admin ON slotease.service_resources FOR ALL TO authenticated
  USING ((EXISTS ( SELECT
   FROM (slotease.services s
     JOIN slotease.resources r ON ((r.organization_id = s.organization_id)))
  WHERE ((s.id = service_resources.service_id) AND (r.id = service_resources.resource_id) AND (s.organization_id = ANY (( SELECT slotease.my_organizations('admin'::slotease.user_role) AS my_organizations)::uuid[]))))));

-- + policy public_read on slotease.service_resources  [Slotease/Resources.swift]
CREATE POLICY public_read ON slotease.service_resources FOR SELECT TO anon, authenticated
  USING (true);

-- + policy service on slotease.service_resources  [Slotease/Resources.swift]
CREATE POLICY service ON slotease.service_resources FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + comment on policy admin on slotease.service_resources  [Slotease/Resources.swift]
COMMENT ON POLICY admin ON slotease.service_resources IS 'Nobody''s services are done by another organisation''s people.';

-- + policy admin on slotease.services  [Slotease/Organizations.swift]
CREATE POLICY admin ON slotease.services FOR ALL TO authenticated
  USING ((organization_id = ANY (( SELECT slotease.my_organizations('admin'::slotease.user_role) AS my_organizations)::uuid[])));

-- + policy public_read on slotease.services  [Slotease/Organizations.swift]
CREATE POLICY public_read ON slotease.services FOR SELECT TO anon, authenticated
  USING (active);

-- + policy service on slotease.services  [Slotease/Organizations.swift]
CREATE POLICY service ON slotease.services FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy public_read on slotease.slot_reservations  [Slotease/Appointments.swift]
CREATE POLICY public_read ON slotease.slot_reservations FOR SELECT TO anon, authenticated
  USING (true);

-- + policy service on slotease.slot_reservations  [Slotease/Appointments.swift]
CREATE POLICY service ON slotease.slot_reservations FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + comment on policy public_read on slotease.slot_reservations  [Slotease/Appointments.swift]
COMMENT ON POLICY public_read ON slotease.slot_reservations IS 'That a time is taken is no secret; by which appointment is.';

-- + policy own on slotease.user_profiles  [Slotease/People.swift]
CREATE POLICY own ON slotease.user_profiles FOR SELECT TO authenticated
  USING ((user_id = ( SELECT auth.uid() AS uid)));

-- + policy own_insert on slotease.user_profiles  [Slotease/People.swift]
CREATE POLICY own_insert ON slotease.user_profiles FOR INSERT TO authenticated
  WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- + policy own_update on slotease.user_profiles  [Slotease/People.swift]
CREATE POLICY own_update ON slotease.user_profiles FOR UPDATE TO authenticated
  USING ((user_id = ( SELECT auth.uid() AS uid)));

-- + policy service on slotease.user_profiles  [Slotease/People.swift]
CREATE POLICY service ON slotease.user_profiles FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy staff_read on slotease.user_profiles  [Slotease/People.swift]
CREATE POLICY staff_read ON slotease.user_profiles FOR SELECT TO authenticated
  USING (slotease.is_served_by_me(id));

-- + comment on policy staff_read on slotease.user_profiles  [Slotease/People.swift]
COMMENT ON POLICY staff_read ON slotease.user_profiles IS 'People are known where they book and wait.';

-- + grant to anon on schema slotease  [Slotease/Slotease.swift]
GRANT USAGE ON SCHEMA slotease TO anon;

-- + grant to authenticated on schema slotease  [Slotease/Types.swift]
GRANT USAGE ON SCHEMA slotease TO authenticated;

-- + grant to service_role on schema slotease  [Slotease/Types.swift]
GRANT USAGE ON SCHEMA slotease TO service_role;

-- + grant to authenticated on table slotease.analytics_events  [Slotease/Analytics.swift]
GRANT SELECT ON TABLE slotease.analytics_events TO authenticated;

-- + grant to service_role on table slotease.analytics_events  [Slotease/Analytics.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.analytics_events TO service_role;

-- + grant to authenticated on table slotease.api_keys  [Slotease/APIKeys.swift]
GRANT SELECT ON TABLE slotease.api_keys TO authenticated;

-- + grant to service_role on table slotease.api_keys  [Slotease/APIKeys.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.api_keys TO service_role;

-- + grant to authenticated on column slotease.api_keys.expires_at  [Slotease/APIKeys.swift]
GRANT UPDATE (expires_at) ON TABLE slotease.api_keys TO authenticated;

-- + grant to authenticated on column slotease.api_keys.name  [Slotease/APIKeys.swift]
GRANT UPDATE (name) ON TABLE slotease.api_keys TO authenticated;

-- + grant to authenticated on column slotease.api_keys.revoked_at  [Slotease/APIKeys.swift]
GRANT UPDATE (revoked_at) ON TABLE slotease.api_keys TO authenticated;

-- + grant to authenticated on table slotease.appointments  [Slotease/Appointments.swift]
GRANT SELECT ON TABLE slotease.appointments TO authenticated;

-- + grant to service_role on table slotease.appointments  [Slotease/Appointments.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.appointments TO service_role;

-- + grant to authenticated on column slotease.appointments.metadata  [Slotease/Appointments.swift]
GRANT UPDATE (metadata) ON TABLE slotease.appointments TO authenticated;

-- + grant to authenticated on column slotease.appointments.notes  [Slotease/Appointments.swift]
GRANT UPDATE (notes) ON TABLE slotease.appointments TO authenticated;

-- + grant to authenticated on column slotease.appointments.status  [Slotease/Appointments.swift]
GRANT UPDATE (status) ON TABLE slotease.appointments TO authenticated;

-- + grant to PUBLIC on function slotease.audit_change()  [Slotease/Audit.swift]
REVOKE EXECUTE ON ROUTINE slotease.audit_change() FROM PUBLIC;

-- + grant to authenticated on table slotease.audit_log  [Slotease/Audit.swift]
GRANT SELECT ON TABLE slotease.audit_log TO authenticated;

-- + grant to service_role on table slotease.audit_log  [Slotease/Audit.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.audit_log TO service_role;

-- + grant to PUBLIC on function slotease.authenticate_api_key(text)  [Slotease/APIKeys.swift]
REVOKE EXECUTE ON ROUTINE slotease.authenticate_api_key(text) FROM PUBLIC;

-- + grant to service_role on function slotease.authenticate_api_key(text)  [Slotease/APIKeys.swift]
GRANT EXECUTE ON ROUTINE slotease.authenticate_api_key(text) TO service_role;

-- + grant to PUBLIC on function slotease.available_slots(uuid, date, integer)  [Slotease/Appointments.swift]
REVOKE EXECUTE ON ROUTINE slotease.available_slots(uuid, date, integer) FROM PUBLIC;

-- + grant to anon on function slotease.available_slots(uuid, date, integer)  [Slotease/Appointments.swift]
GRANT EXECUTE ON ROUTINE slotease.available_slots(uuid, date, integer) TO anon;

-- + grant to authenticated on function slotease.available_slots(uuid, date, integer)  [Slotease/Appointments.swift]
GRANT EXECUTE ON ROUTINE slotease.available_slots(uuid, date, integer) TO authenticated;

-- + grant to service_role on function slotease.available_slots(uuid, date, integer)  [Slotease/Appointments.swift]
GRANT EXECUTE ON ROUTINE slotease.available_slots(uuid, date, integer) TO service_role;

-- + grant to PUBLIC on function slotease.book_appointment(uuid, uuid, timestamp with time zone, text, uuid, text, jsonb)  [Slotease/Appointments.swift]
REVOKE EXECUTE ON ROUTINE slotease.book_appointment(uuid, uuid, timestamp with time zone, text, uuid, text, jsonb) FROM PUBLIC;

-- + grant to service_role on function slotease.book_appointment(uuid, uuid, timestamp with time zone, text, uuid, text, jsonb)  [Slotease/Appointments.swift]
GRANT EXECUTE ON ROUTINE slotease.book_appointment(uuid, uuid, timestamp with time zone, text, uuid, text, jsonb) TO service_role;

-- + grant to PUBLIC on function slotease.booking_horizon()  [Slotease/Appointments.swift]
REVOKE EXECUTE ON ROUTINE slotease.booking_horizon() FROM PUBLIC;

-- + grant to anon on function slotease.booking_horizon()  [Slotease/Appointments.swift]
GRANT EXECUTE ON ROUTINE slotease.booking_horizon() TO anon;

-- + grant to authenticated on function slotease.booking_horizon()  [Slotease/Appointments.swift]
GRANT EXECUTE ON ROUTINE slotease.booking_horizon() TO authenticated;

-- + grant to service_role on function slotease.booking_horizon()  [Slotease/Appointments.swift]
GRANT EXECUTE ON ROUTINE slotease.booking_horizon() TO service_role;

-- + grant to service_role on table slotease.booking_requests  [Slotease/Appointments.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.booking_requests TO service_role;

-- + grant to PUBLIC on function slotease.call_next(uuid)  [Slotease/Queues.swift]
REVOKE EXECUTE ON ROUTINE slotease.call_next(uuid) FROM PUBLIC;

-- + grant to service_role on function slotease.call_next(uuid)  [Slotease/Queues.swift]
GRANT EXECUTE ON ROUTINE slotease.call_next(uuid) TO service_role;

-- + grant to PUBLIC on function slotease.cancel_appointment(uuid, text)  [Slotease/Appointments.swift]
REVOKE EXECUTE ON ROUTINE slotease.cancel_appointment(uuid, text) FROM PUBLIC;

-- + grant to service_role on function slotease.cancel_appointment(uuid, text)  [Slotease/Appointments.swift]
GRANT EXECUTE ON ROUTINE slotease.cancel_appointment(uuid, text) TO service_role;

-- + grant to PUBLIC on function slotease.claim_notifications(integer)  [Slotease/Notifications.swift]
REVOKE EXECUTE ON ROUTINE slotease.claim_notifications(integer) FROM PUBLIC;

-- + grant to service_role on function slotease.claim_notifications(integer)  [Slotease/Notifications.swift]
GRANT EXECUTE ON ROUTINE slotease.claim_notifications(integer) TO service_role;

-- + grant to PUBLIC on function slotease.cleanup_old_data()  [Slotease/Maintenance.swift]
REVOKE EXECUTE ON ROUTINE slotease.cleanup_old_data() FROM PUBLIC;

-- + grant to service_role on function slotease.cleanup_old_data()  [Slotease/Maintenance.swift]
GRANT EXECUTE ON ROUTINE slotease.cleanup_old_data() TO service_role;

-- + grant to anon on table slotease.closures  [Slotease/Resources.swift]
GRANT SELECT ON TABLE slotease.closures TO anon;

-- + grant to authenticated on table slotease.closures  [Slotease/Resources.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.closures TO authenticated;

-- + grant to service_role on table slotease.closures  [Slotease/Resources.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.closures TO service_role;

-- + grant to authenticated on table slotease.consents  [Slotease/People.swift]
GRANT SELECT ON TABLE slotease.consents TO authenticated;

-- + grant to service_role on table slotease.consents  [Slotease/People.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.consents TO service_role;

-- + grant to authenticated on column slotease.consents.address  [Slotease/People.swift]
GRANT INSERT (address) ON TABLE slotease.consents TO authenticated;

-- + grant to authenticated on column slotease.consents.document_version  [Slotease/People.swift]
GRANT INSERT (document_version) ON TABLE slotease.consents TO authenticated;

-- + grant to authenticated on column slotease.consents.profile_id  [Slotease/People.swift]
GRANT INSERT (profile_id) ON TABLE slotease.consents TO authenticated;

-- + grant to authenticated on column slotease.consents.purpose  [Slotease/People.swift]
GRANT INSERT (purpose) ON TABLE slotease.consents TO authenticated;

-- + grant to authenticated on column slotease.consents.withdrawn_at  [Slotease/People.swift]
GRANT UPDATE (withdrawn_at) ON TABLE slotease.consents TO authenticated;

-- + grant to PUBLIC on function slotease.create_api_key(uuid, text, text[], uuid, timestamp with time zone)  [Slotease/APIKeys.swift]
REVOKE EXECUTE ON ROUTINE slotease.create_api_key(uuid, text, text[], uuid, timestamp with time zone) FROM PUBLIC;

-- + grant to service_role on function slotease.create_api_key(uuid, text, text[], uuid, timestamp with time zone)  [Slotease/APIKeys.swift]
GRANT EXECUTE ON ROUTINE slotease.create_api_key(uuid, text, text[], uuid, timestamp with time zone) TO service_role;

-- + grant to service_role on materialized view slotease.daily_appointment_metrics  [Slotease/Reports.swift]
GRANT SELECT ON TABLE slotease.daily_appointment_metrics TO service_role;

-- + grant to PUBLIC on function slotease.export_user_data(uuid)  [Slotease/People.swift]
REVOKE EXECUTE ON ROUTINE slotease.export_user_data(uuid) FROM PUBLIC;

-- + grant to service_role on function slotease.export_user_data(uuid)  [Slotease/People.swift]
GRANT EXECUTE ON ROUTINE slotease.export_user_data(uuid) TO service_role;

-- + grant to authenticated on table slotease.feedback  [Slotease/Analytics.swift]
GRANT INSERT, SELECT ON TABLE slotease.feedback TO authenticated;

-- + grant to service_role on table slotease.feedback  [Slotease/Analytics.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.feedback TO service_role;

-- + grant to authenticated on column slotease.feedback.published  [Slotease/Analytics.swift]
GRANT UPDATE (published) ON TABLE slotease.feedback TO authenticated;

-- + grant to authenticated on column slotease.feedback.reply  [Slotease/Analytics.swift]
GRANT UPDATE (reply) ON TABLE slotease.feedback TO authenticated;

-- + grant to PUBLIC on function slotease.finish_entry(bigint, slotease.entry_status)  [Slotease/Queues.swift]
REVOKE EXECUTE ON ROUTINE slotease.finish_entry(bigint, slotease.entry_status) FROM PUBLIC;

-- + grant to service_role on function slotease.finish_entry(bigint, slotease.entry_status)  [Slotease/Queues.swift]
GRANT EXECUTE ON ROUTINE slotease.finish_entry(bigint, slotease.entry_status) TO service_role;

-- + grant to PUBLIC on function slotease.finish_notification(uuid, timestamp with time zone, boolean)  [Slotease/Notifications.swift]
REVOKE EXECUTE ON ROUTINE slotease.finish_notification(uuid, timestamp with time zone, boolean) FROM PUBLIC;

-- + grant to service_role on function slotease.finish_notification(uuid, timestamp with time zone, boolean)  [Slotease/Notifications.swift]
GRANT EXECUTE ON ROUTINE slotease.finish_notification(uuid, timestamp with time zone, boolean) TO service_role;

-- + grant to PUBLIC on function slotease.forget_user(uuid)  [Slotease/People.swift]
REVOKE EXECUTE ON ROUTINE slotease.forget_user(uuid) FROM PUBLIC;

-- + grant to service_role on function slotease.forget_user(uuid)  [Slotease/People.swift]
GRANT EXECUTE ON ROUTINE slotease.forget_user(uuid) TO service_role;

-- + grant to PUBLIC on function slotease.has_consent(uuid, slotease.consent_purpose)  [Slotease/People.swift]
REVOKE EXECUTE ON ROUTINE slotease.has_consent(uuid, slotease.consent_purpose) FROM PUBLIC;

-- + grant to authenticated on function slotease.has_consent(uuid, slotease.consent_purpose)  [Slotease/People.swift]
GRANT EXECUTE ON ROUTINE slotease.has_consent(uuid, slotease.consent_purpose) TO authenticated;

-- + grant to service_role on function slotease.has_consent(uuid, slotease.consent_purpose)  [Slotease/People.swift]
GRANT EXECUTE ON ROUTINE slotease.has_consent(uuid, slotease.consent_purpose) TO service_role;

-- + grant to PUBLIC on function slotease.is_free(uuid, uuid, timestamp with time zone, timestamp with time zone, interval)  [Slotease/Appointments.swift]
REVOKE EXECUTE ON ROUTINE slotease.is_free(uuid, uuid, timestamp with time zone, timestamp with time zone, interval) FROM PUBLIC;

-- + grant to service_role on function slotease.is_free(uuid, uuid, timestamp with time zone, timestamp with time zone, interval)  [Slotease/Appointments.swift]
GRANT EXECUTE ON ROUTINE slotease.is_free(uuid, uuid, timestamp with time zone, timestamp with time zone, interval) TO service_role;

-- + grant to PUBLIC on function slotease.is_open(uuid, timestamp with time zone, timestamp with time zone)  [Slotease/Appointments.swift]
REVOKE EXECUTE ON ROUTINE slotease.is_open(uuid, timestamp with time zone, timestamp with time zone) FROM PUBLIC;

-- + grant to anon on function slotease.is_open(uuid, timestamp with time zone, timestamp with time zone)  [Slotease/Appointments.swift]
GRANT EXECUTE ON ROUTINE slotease.is_open(uuid, timestamp with time zone, timestamp with time zone) TO anon;

-- + grant to authenticated on function slotease.is_open(uuid, timestamp with time zone, timestamp with time zone)  [Slotease/Appointments.swift]
GRANT EXECUTE ON ROUTINE slotease.is_open(uuid, timestamp with time zone, timestamp with time zone) TO authenticated;

-- + grant to service_role on function slotease.is_open(uuid, timestamp with time zone, timestamp with time zone)  [Slotease/Appointments.swift]
GRANT EXECUTE ON ROUTINE slotease.is_open(uuid, timestamp with time zone, timestamp with time zone) TO service_role;

-- + grant to PUBLIC on function slotease.is_served_by_me(uuid)  [Slotease/People.swift]
REVOKE EXECUTE ON ROUTINE slotease.is_served_by_me(uuid) FROM PUBLIC;

-- + grant to authenticated on function slotease.is_served_by_me(uuid)  [Slotease/People.swift]
GRANT EXECUTE ON ROUTINE slotease.is_served_by_me(uuid) TO authenticated;

-- + grant to service_role on function slotease.is_served_by_me(uuid)  [Slotease/People.swift]
GRANT EXECUTE ON ROUTINE slotease.is_served_by_me(uuid) TO service_role;

-- + grant to PUBLIC on function slotease.join_queue(uuid, uuid, text, integer)  [Slotease/Queues.swift]
REVOKE EXECUTE ON ROUTINE slotease.join_queue(uuid, uuid, text, integer) FROM PUBLIC;

-- + grant to service_role on function slotease.join_queue(uuid, uuid, text, integer)  [Slotease/Queues.swift]
GRANT EXECUTE ON ROUTINE slotease.join_queue(uuid, uuid, text, integer) TO service_role;

-- + grant to PUBLIC on function slotease.my_organizations(slotease.user_role)  [Slotease/Organizations.swift]
REVOKE EXECUTE ON ROUTINE slotease.my_organizations(slotease.user_role) FROM PUBLIC;

-- + grant to authenticated on function slotease.my_organizations(slotease.user_role)  [Slotease/Organizations.swift]
GRANT EXECUTE ON ROUTINE slotease.my_organizations(slotease.user_role) TO authenticated;

-- + grant to service_role on function slotease.my_organizations(slotease.user_role)  [Slotease/Organizations.swift]
GRANT EXECUTE ON ROUTINE slotease.my_organizations(slotease.user_role) TO service_role;

-- + grant to PUBLIC on function slotease.nearest_organizations(double precision, double precision, integer, slotease.organization_kind)  [Slotease/Organizations.swift]
REVOKE EXECUTE ON ROUTINE slotease.nearest_organizations(double precision, double precision, integer, slotease.organization_kind) FROM PUBLIC;

-- + grant to anon on function slotease.nearest_organizations(double precision, double precision, integer, slotease.organization_kind)  [Slotease/Organizations.swift]
GRANT EXECUTE ON ROUTINE slotease.nearest_organizations(double precision, double precision, integer, slotease.organization_kind) TO anon;

-- + grant to authenticated on function slotease.nearest_organizations(double precision, double precision, integer, slotease.organization_kind)  [Slotease/Organizations.swift]
GRANT EXECUTE ON ROUTINE slotease.nearest_organizations(double precision, double precision, integer, slotease.organization_kind) TO authenticated;

-- + grant to service_role on function slotease.nearest_organizations(double precision, double precision, integer, slotease.organization_kind)  [Slotease/Organizations.swift]
GRANT EXECUTE ON ROUTINE slotease.nearest_organizations(double precision, double precision, integer, slotease.organization_kind) TO service_role;

-- + grant to authenticated on table slotease.notifications  [Slotease/Notifications.swift]
GRANT SELECT ON TABLE slotease.notifications TO authenticated;

-- + grant to service_role on table slotease.notifications  [Slotease/Notifications.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.notifications TO service_role;

-- + grant to authenticated on column slotease.notifications.read_at  [Slotease/Notifications.swift]
GRANT UPDATE (read_at) ON TABLE slotease.notifications TO authenticated;

-- + grant to PUBLIC on function slotease.notify_user(uuid, text, jsonb, uuid)  [Slotease/Notifications.swift]
REVOKE EXECUTE ON ROUTINE slotease.notify_user(uuid, text, jsonb, uuid) FROM PUBLIC;

-- + grant to service_role on function slotease.notify_user(uuid, text, jsonb, uuid)  [Slotease/Notifications.swift]
GRANT EXECUTE ON ROUTINE slotease.notify_user(uuid, text, jsonb, uuid) TO service_role;

-- + grant to anon on table slotease.opening_hours  [Slotease/Resources.swift]
GRANT SELECT ON TABLE slotease.opening_hours TO anon;

-- + grant to authenticated on table slotease.opening_hours  [Slotease/Resources.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.opening_hours TO authenticated;

-- + grant to service_role on table slotease.opening_hours  [Slotease/Resources.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.opening_hours TO service_role;

-- + grant to PUBLIC on function slotease.organization_dashboard(uuid, integer)  [Slotease/Reports.swift]
REVOKE EXECUTE ON ROUTINE slotease.organization_dashboard(uuid, integer) FROM PUBLIC;

-- + grant to authenticated on function slotease.organization_dashboard(uuid, integer)  [Slotease/Reports.swift]
GRANT EXECUTE ON ROUTINE slotease.organization_dashboard(uuid, integer) TO authenticated;

-- + grant to service_role on function slotease.organization_dashboard(uuid, integer)  [Slotease/Reports.swift]
GRANT EXECUTE ON ROUTINE slotease.organization_dashboard(uuid, integer) TO service_role;

-- + grant to authenticated on table slotease.organization_members  [Slotease/Organizations.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.organization_members TO authenticated;

-- + grant to service_role on table slotease.organization_members  [Slotease/Organizations.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.organization_members TO service_role;

-- + grant to service_role on materialized view slotease.organization_stats  [Slotease/Reports.swift]
GRANT SELECT ON TABLE slotease.organization_stats TO service_role;

-- + grant to anon on table slotease.organizations  [Slotease/Organizations.swift]
GRANT SELECT ON TABLE slotease.organizations TO anon;

-- + grant to authenticated on table slotease.organizations  [Slotease/Organizations.swift]
GRANT SELECT ON TABLE slotease.organizations TO authenticated;

-- + grant to service_role on table slotease.organizations  [Slotease/Organizations.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.organizations TO service_role;

-- + grant to authenticated on column slotease.organizations.address  [Slotease/Organizations.swift]
GRANT UPDATE (address) ON TABLE slotease.organizations TO authenticated;

-- + grant to authenticated on column slotease.organizations.kind  [Slotease/Organizations.swift]
GRANT UPDATE (kind) ON TABLE slotease.organizations TO authenticated;

-- + grant to authenticated on column slotease.organizations.latitude  [Slotease/Organizations.swift]
GRANT UPDATE (latitude) ON TABLE slotease.organizations TO authenticated;

-- + grant to authenticated on column slotease.organizations.longitude  [Slotease/Organizations.swift]
GRANT UPDATE (longitude) ON TABLE slotease.organizations TO authenticated;

-- + grant to authenticated on column slotease.organizations.name  [Slotease/Organizations.swift]
GRANT UPDATE (name) ON TABLE slotease.organizations TO authenticated;

-- + grant to authenticated on column slotease.organizations.settings  [Slotease/Organizations.swift]
GRANT UPDATE (settings) ON TABLE slotease.organizations TO authenticated;

-- + grant to authenticated on column slotease.organizations.timezone  [Slotease/Organizations.swift]
GRANT UPDATE (timezone) ON TABLE slotease.organizations TO authenticated;

-- + grant to PUBLIC on function slotease.organizations_within(jsonb)  [Slotease/Organizations.swift]
REVOKE EXECUTE ON ROUTINE slotease.organizations_within(jsonb) FROM PUBLIC;

-- + grant to anon on function slotease.organizations_within(jsonb)  [Slotease/Organizations.swift]
GRANT EXECUTE ON ROUTINE slotease.organizations_within(jsonb) TO anon;

-- + grant to authenticated on function slotease.organizations_within(jsonb)  [Slotease/Organizations.swift]
GRANT EXECUTE ON ROUTINE slotease.organizations_within(jsonb) TO authenticated;

-- + grant to service_role on function slotease.organizations_within(jsonb)  [Slotease/Organizations.swift]
GRANT EXECUTE ON ROUTINE slotease.organizations_within(jsonb) TO service_role;

-- + grant to PUBLIC on function slotease.prioritize_entry(bigint, integer)  [Slotease/Queues.swift]
REVOKE EXECUTE ON ROUTINE slotease.prioritize_entry(bigint, integer) FROM PUBLIC;

-- + grant to service_role on function slotease.prioritize_entry(bigint, integer)  [Slotease/Queues.swift]
GRANT EXECUTE ON ROUTINE slotease.prioritize_entry(bigint, integer) TO service_role;

-- + grant to anon on view slotease.published_feedback  [Slotease/Analytics.swift]
GRANT SELECT ON TABLE slotease.published_feedback TO anon;

-- + grant to authenticated on view slotease.published_feedback  [Slotease/Analytics.swift]
GRANT SELECT ON TABLE slotease.published_feedback TO authenticated;

-- + grant to service_role on view slotease.published_feedback  [Slotease/Analytics.swift]
GRANT SELECT ON TABLE slotease.published_feedback TO service_role;

-- + grant to authenticated on table slotease.queue_entries  [Slotease/Queues.swift]
GRANT SELECT ON TABLE slotease.queue_entries TO authenticated;

-- + grant to service_role on table slotease.queue_entries  [Slotease/Queues.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.queue_entries TO service_role;

-- + grant to service_role on materialized view slotease.queue_performance  [Slotease/Reports.swift]
GRANT SELECT ON TABLE slotease.queue_performance TO service_role;

-- + grant to PUBLIC on function slotease.queue_place(bigint)  [Slotease/Queues.swift]
REVOKE EXECUTE ON ROUTINE slotease.queue_place(bigint) FROM PUBLIC;

-- + grant to authenticated on function slotease.queue_place(bigint)  [Slotease/Queues.swift]
GRANT EXECUTE ON ROUTINE slotease.queue_place(bigint) TO authenticated;

-- + grant to service_role on function slotease.queue_place(bigint)  [Slotease/Queues.swift]
GRANT EXECUTE ON ROUTINE slotease.queue_place(bigint) TO service_role;

-- + grant to anon on table slotease.queues  [Slotease/Queues.swift]
GRANT SELECT ON TABLE slotease.queues TO anon;

-- + grant to authenticated on table slotease.queues  [Slotease/Queues.swift]
GRANT DELETE, INSERT, SELECT ON TABLE slotease.queues TO authenticated;

-- + grant to service_role on table slotease.queues  [Slotease/Queues.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.queues TO service_role;

-- + grant to authenticated on column slotease.queues.counters  [Slotease/Queues.swift]
GRANT UPDATE (counters) ON TABLE slotease.queues TO authenticated;

-- + grant to authenticated on column slotease.queues.name  [Slotease/Queues.swift]
GRANT UPDATE (name) ON TABLE slotease.queues TO authenticated;

-- + grant to authenticated on column slotease.queues.service_id  [Slotease/Queues.swift]
GRANT UPDATE (service_id) ON TABLE slotease.queues TO authenticated;

-- + grant to authenticated on column slotease.queues.status  [Slotease/Queues.swift]
GRANT UPDATE (status) ON TABLE slotease.queues TO authenticated;

-- + grant to service_role on table slotease.rate_limits  [Slotease/APIKeys.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.rate_limits TO service_role;

-- + grant to PUBLIC on function slotease.refresh_all_materialized_views()  [Slotease/Maintenance.swift]
REVOKE EXECUTE ON ROUTINE slotease.refresh_all_materialized_views() FROM PUBLIC;

-- + grant to service_role on function slotease.refresh_all_materialized_views()  [Slotease/Maintenance.swift]
GRANT EXECUTE ON ROUTINE slotease.refresh_all_materialized_views() TO service_role;

-- + grant to PUBLIC on function slotease.reorder_queue()  [Slotease/Queues.swift]
REVOKE EXECUTE ON ROUTINE slotease.reorder_queue() FROM PUBLIC;

-- + grant to PUBLIC on function slotease.reschedule_appointment(uuid, timestamp with time zone, uuid)  [Slotease/Appointments.swift]
REVOKE EXECUTE ON ROUTINE slotease.reschedule_appointment(uuid, timestamp with time zone, uuid) FROM PUBLIC;

-- + grant to service_role on function slotease.reschedule_appointment(uuid, timestamp with time zone, uuid)  [Slotease/Appointments.swift]
GRANT EXECUTE ON ROUTINE slotease.reschedule_appointment(uuid, timestamp with time zone, uuid) TO service_role;

-- + grant to PUBLIC on function slotease.reserve_time()  [Slotease/Appointments.swift]
REVOKE EXECUTE ON ROUTINE slotease.reserve_time() FROM PUBLIC;

-- + grant to authenticated on table slotease.resources  [Slotease/Resources.swift]
GRANT DELETE, INSERT, UPDATE ON TABLE slotease.resources TO authenticated;

-- + grant to service_role on table slotease.resources  [Slotease/Resources.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.resources TO service_role;

-- + grant to anon on column slotease.resources.active  [Slotease/Resources.swift]
GRANT SELECT (active) ON TABLE slotease.resources TO anon;

-- + grant to authenticated on column slotease.resources.active  [Slotease/Resources.swift]
GRANT SELECT (active) ON TABLE slotease.resources TO authenticated;

-- + grant to anon on column slotease.resources.id  [Slotease/Resources.swift]
GRANT SELECT (id) ON TABLE slotease.resources TO anon;

-- + grant to authenticated on column slotease.resources.id  [Slotease/Resources.swift]
GRANT SELECT (id) ON TABLE slotease.resources TO authenticated;

-- + grant to anon on column slotease.resources.name  [Slotease/Resources.swift]
GRANT SELECT (name) ON TABLE slotease.resources TO anon;

-- + grant to authenticated on column slotease.resources.name  [Slotease/Resources.swift]
GRANT SELECT (name) ON TABLE slotease.resources TO authenticated;

-- + grant to anon on column slotease.resources.organization_id  [Slotease/Resources.swift]
GRANT SELECT (organization_id) ON TABLE slotease.resources TO anon;

-- + grant to authenticated on column slotease.resources.organization_id  [Slotease/Resources.swift]
GRANT SELECT (organization_id) ON TABLE slotease.resources TO authenticated;

-- + grant to service_role on materialized view slotease.service_performance  [Slotease/Reports.swift]
GRANT SELECT ON TABLE slotease.service_performance TO service_role;

-- + grant to anon on table slotease.service_resources  [Slotease/Resources.swift]
GRANT SELECT ON TABLE slotease.service_resources TO anon;

-- + grant to authenticated on table slotease.service_resources  [Slotease/Resources.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.service_resources TO authenticated;

-- + grant to service_role on table slotease.service_resources  [Slotease/Resources.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.service_resources TO service_role;

-- + grant to anon on table slotease.services  [Slotease/Organizations.swift]
GRANT SELECT ON TABLE slotease.services TO anon;

-- + grant to authenticated on table slotease.services  [Slotease/Organizations.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.services TO authenticated;

-- + grant to service_role on table slotease.services  [Slotease/Organizations.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.services TO service_role;

-- + grant to service_role on table slotease.slot_reservations  [Slotease/Appointments.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.slot_reservations TO service_role;

-- + grant to anon on column slotease.slot_reservations.during  [Slotease/Appointments.swift]
GRANT SELECT (during) ON TABLE slotease.slot_reservations TO anon;

-- + grant to authenticated on column slotease.slot_reservations.during  [Slotease/Appointments.swift]
GRANT SELECT (during) ON TABLE slotease.slot_reservations TO authenticated;

-- + grant to anon on column slotease.slot_reservations.resource_id  [Slotease/Appointments.swift]
GRANT SELECT (resource_id) ON TABLE slotease.slot_reservations TO anon;

-- + grant to authenticated on column slotease.slot_reservations.resource_id  [Slotease/Appointments.swift]
GRANT SELECT (resource_id) ON TABLE slotease.slot_reservations TO authenticated;

-- + grant to PUBLIC on function slotease.tell_of_appointment()  [Slotease/Notifications.swift]
REVOKE EXECUTE ON ROUTINE slotease.tell_of_appointment() FROM PUBLIC;

-- + grant to PUBLIC on function slotease.tell_of_entry()  [Slotease/Queues.swift]
REVOKE EXECUTE ON ROUTINE slotease.tell_of_entry() FROM PUBLIC;

-- + grant to PUBLIC on function slotease.track_event(text, jsonb, uuid, uuid, text)  [Slotease/Analytics.swift]
REVOKE EXECUTE ON ROUTINE slotease.track_event(text, jsonb, uuid, uuid, text) FROM PUBLIC;

-- + grant to service_role on function slotease.track_event(text, jsonb, uuid, uuid, text)  [Slotease/Analytics.swift]
GRANT EXECUTE ON ROUTINE slotease.track_event(text, jsonb, uuid, uuid, text) TO service_role;

-- + grant to PUBLIC on function slotease.update_table_statistics()  [Slotease/Maintenance.swift]
REVOKE EXECUTE ON ROUTINE slotease.update_table_statistics() FROM PUBLIC;

-- + grant to service_role on function slotease.update_table_statistics()  [Slotease/Maintenance.swift]
GRANT EXECUTE ON ROUTINE slotease.update_table_statistics() TO service_role;

-- + grant to service_role on materialized view slotease.user_activity_summary  [Slotease/Reports.swift]
GRANT SELECT ON TABLE slotease.user_activity_summary TO service_role;

-- + grant to authenticated on table slotease.user_profiles  [Slotease/People.swift]
GRANT INSERT, SELECT ON TABLE slotease.user_profiles TO authenticated;

-- + grant to service_role on table slotease.user_profiles  [Slotease/People.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slotease.user_profiles TO service_role;

-- + grant to authenticated on column slotease.user_profiles.email  [Slotease/People.swift]
GRANT UPDATE (email) ON TABLE slotease.user_profiles TO authenticated;

-- + grant to authenticated on column slotease.user_profiles.full_name  [Slotease/People.swift]
GRANT UPDATE (full_name) ON TABLE slotease.user_profiles TO authenticated;

-- + grant to authenticated on column slotease.user_profiles.locale  [Slotease/People.swift]
GRANT UPDATE (locale) ON TABLE slotease.user_profiles TO authenticated;

-- + grant to authenticated on column slotease.user_profiles.phone  [Slotease/People.swift]
GRANT UPDATE (phone) ON TABLE slotease.user_profiles TO authenticated;

-- + grant to authenticated on column slotease.user_profiles.preferences  [Slotease/People.swift]
GRANT UPDATE (preferences) ON TABLE slotease.user_profiles TO authenticated;

-- + server setting checkpoint_completion_target  [Platform/Platform.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- + cron job "cleanup-old-data"  [Slotease/Maintenance.swift]
DO $dbtool$
BEGIN
  IF to_regclass('cron.job') IS NOT NULL THEN
    PERFORM cron.schedule('cleanup-old-data', '0 2 * * *', 'SELECT slotease.cleanup_old_data()');
  ELSE
    RAISE NOTICE 'pg_cron is not installed in this database: the job % is skipped', 'cleanup-old-data';
  END IF;
END
$dbtool$;

-- + server setting default_statistics_target  [Platform/Platform.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- + server setting effective_io_concurrency  [Platform/Platform.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- + server setting random_page_cost  [Platform/Platform.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- + cron job "refresh-materialized-views"  [Slotease/Maintenance.swift]
DO $dbtool$
BEGIN
  IF to_regclass('cron.job') IS NOT NULL THEN
    PERFORM cron.schedule('refresh-materialized-views', '0 6-22 * * *', 'SELECT slotease.refresh_all_materialized_views()');
  ELSE
    RAISE NOTICE 'pg_cron is not installed in this database: the job % is skipped', 'refresh-materialized-views';
  END IF;
END
$dbtool$;

-- + cron job "update-statistics"  [Slotease/Maintenance.swift]
DO $dbtool$
BEGIN
  IF to_regclass('cron.job') IS NOT NULL THEN
    PERFORM cron.schedule('update-statistics', '0 */6 * * *', 'SELECT slotease.update_table_statistics()');
  ELSE
    RAISE NOTICE 'pg_cron is not installed in this database: the job % is skipped', 'update-statistics';
  END IF;
END
$dbtool$;

-- + server setting wal_buffers  [Platform/Platform.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- + partition window slotease.analytics_events  [Slotease/Analytics.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- + partition window slotease.appointments  [Slotease/Appointments.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- + partition window slotease.audit_log  [Slotease/Audit.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- + partition window slotease.notifications  [Slotease/Notifications.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

COMMIT;
