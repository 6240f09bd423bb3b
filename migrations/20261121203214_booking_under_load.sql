-- 20261121203214_booking_under_load
-- create 1 function, 2 grants, 1 comment; alter 4 functions, 1 comment
-- proved on PostgreSQL 15.20: converges; 73 rows in 25 tables kept
-- hazards: none

BEGIN;
SET LOCAL lock_timeout = '5s';
-- Bodies may refer to what is created after them.
SET LOCAL check_function_bodies = off;

-- ~ function public.book_event(uuid, uuid, text, text, text)  [Booking/BookingFunctions.swift]
CREATE OR REPLACE FUNCTION public.book_event(p_event_id uuid, p_customer_id uuid, p_idempotency_key text, p_payment_provider text DEFAULT NULL::text, p_payment_reference text DEFAULT NULL::text)
 RETURNS TABLE(outcome text, registration_id uuid, waitlist_id bigint, waitlist_position integer, repeated boolean)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
DECLARE
  v_started timestamptz := clock_timestamp();
  v_event class_events;
  v_starts_at timestamptz;
  v_organization uuid;
  v_earlier uuid;
BEGIN
  IF coalesce(btrim(p_idempotency_key), '') = '' THEN
    RAISE EXCEPTION 'a booking needs an idempotency key' USING ERRCODE = 'invalid_parameter_value';
  END IF;

  -- What does not change while others book is looked up before anybody has to wait for it.
  SELECT e.starts_at, e.organization_id INTO v_starts_at, v_organization FROM class_events e WHERE e.id = p_event_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no event %', p_event_id USING ERRCODE = 'no_data_found';
  END IF;
  PERFORM FROM customers c WHERE c.id = p_customer_id AND c.organization_id = v_organization AND c.anonymized_at IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'customer % is not one of the organisation of event %', p_customer_id, p_event_id
      USING ERRCODE = 'foreign_key_violation';
  END IF;

  -- Whoever books or cancels for this event comes one after the other from here on; what is read below is what they left.
  SELECT * INTO v_event FROM class_events e WHERE e.id = p_event_id AND e.starts_at = v_starts_at FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'event % was moved or removed meanwhile', p_event_id
      USING ERRCODE = 'serialization_failure', HINT = 'Try again.';
  END IF;

  -- The same attempt again has the same answer.
  SELECT r.id, r.event_id INTO registration_id, v_earlier
    FROM registrations r WHERE r.customer_id = p_customer_id AND r.idempotency_key = p_idempotency_key;
  IF NOT FOUND THEN
    SELECT w.id, w.event_id, w.registration_id INTO waitlist_id, v_earlier, registration_id
      FROM event_waitlists w WHERE w.customer_id = p_customer_id AND w.idempotency_key = p_idempotency_key;
  END IF;
  IF v_earlier IS NOT NULL THEN
    IF v_earlier <> p_event_id THEN
      RAISE EXCEPTION 'the idempotency key was used for event %', v_earlier
        USING ERRCODE = 'unique_violation', HINT = 'Use another key for another booking.';
    END IF;
    outcome := CASE WHEN registration_id IS NOT NULL THEN 'confirmed' ELSE 'waitlisted' END;
    IF outcome = 'waitlisted' THEN
      waitlist_position := waitlist_position(p_event_id, waitlist_id);
    END IF;
    repeated := true;
    RETURN NEXT;
    RETURN;
  END IF;

  IF v_event.status <> 'scheduled' OR v_event.starts_at <= now() THEN
    RAISE EXCEPTION 'event % cannot be booked: it is % and starts at %', p_event_id, v_event.status, v_event.starts_at
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;

  repeated := false;
  -- Places that have become free belong to those who wait.
  IF v_event.reg_count < v_event.capacity
     AND EXISTS (SELECT FROM event_waitlists w
                  WHERE w.event_id = p_event_id AND w.promoted_at IS NULL AND w.left_at IS NULL) THEN
    v_event.reg_count := v_event.reg_count + promote_event_waitlist(p_event_id);
  END IF;

  IF EXISTS (SELECT FROM registrations r
              WHERE r.event_id = p_event_id AND r.customer_id = p_customer_id AND r.status = 'confirmed') THEN
    RAISE EXCEPTION 'customer % has a place in event % already', p_customer_id, p_event_id
      USING ERRCODE = 'unique_violation';
  END IF;
  IF v_event.reg_count < v_event.capacity THEN
    INSERT INTO registrations (event_id, event_starts_at, organization_id, customer_id, idempotency_key)
    VALUES (p_event_id, v_starts_at, v_organization, p_customer_id, p_idempotency_key)
    RETURNING id INTO registration_id;
    UPDATE class_events e SET reg_count = reg_count + 1 WHERE e.id = p_event_id AND e.starts_at = v_starts_at;
    IF v_event.price > 0 AND p_payment_provider IS NOT NULL THEN
      INSERT INTO payments (registration_id, organization_id, customer_id, amount, currency, provider, provider_reference)
      VALUES (registration_id, v_organization, p_customer_id, v_event.price, v_event.currency,
              p_payment_provider, p_payment_reference);
    END IF;
    outcome := 'confirmed';
  ELSE
    INSERT INTO event_waitlists (event_id, event_starts_at, organization_id, customer_id, idempotency_key)
    VALUES (p_event_id, v_starts_at, v_organization, p_customer_id, p_idempotency_key)
    ON CONFLICT (event_id, customer_id) WHERE promoted_at IS NULL AND left_at IS NULL DO NOTHING
    RETURNING id INTO waitlist_id;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'customer % waits for event % already', p_customer_id, p_event_id
        USING ERRCODE = 'unique_violation';
    END IF;
    waitlist_position := waitlist_position(p_event_id, waitlist_id);
    outcome := 'waitlisted';
  END IF;

  INSERT INTO notifications_outbox (organization_id, customer_id, template, payload)
  VALUES (v_organization, p_customer_id, 'booking_' || outcome,
          jsonb_build_object('event_id', p_event_id, 'registration_id', registration_id, 'waitlist_id', waitlist_id));
  INSERT INTO performance_metrics (metric_name, metric_value, tags)
  VALUES ('booking_operation_duration', extract(epoch FROM clock_timestamp() - v_started) * 1000,
          jsonb_build_object('operation', 'book', 'outcome', outcome));
  RETURN NEXT;
END
$function$;

-- ~ comment on function public.book_event(uuid, uuid, text, text, text)  [Booking/BookingFunctions.swift]
COMMENT ON ROUTINE public.book_event(uuid, uuid, text, text, text) IS 'Books a place: outcome confirmed, or waitlisted when the event is full, with the position. The same key again gives the same answer; however many book at once, never more than the event''s capacity are confirmed.';

-- ~ function public.health_check_booking_system()  [Booking/Monitoring.swift]
CREATE OR REPLACE FUNCTION public.health_check_booking_system()
 RETURNS TABLE(check_name text, status public.health_status, value double precision, message text)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT r.check_name, r.status, r.value, r.message
    FROM (
      SELECT 1 AS place, 'counters' AS name, count(*)::double precision AS value, 0 AS warning, 0 AS critical,
             format('%s events to come count other registrations than they have', count(*)) AS message
        FROM class_events e
       WHERE e.starts_at > now()
         AND e.reg_count <> (SELECT count(*) FROM registrations x WHERE x.event_id = e.id AND x.status = 'confirmed')
      UNION ALL
      SELECT 2, 'overbooked', count(*), 0, 0, format('%s events have more registrations than places', count(*))
        FROM class_events e WHERE e.starts_at > now() AND e.reg_count > e.capacity
      UNION ALL
      SELECT 3, 'waitlist_delay', coalesce(extract(epoch FROM now() - min(w.joined_at)), 0), 300, 900,
             format('%s people wait for events with free places', count(*))
        FROM event_waitlists w JOIN class_events e ON e.id = w.event_id AND e.starts_at = w.event_starts_at
       WHERE w.promoted_at IS NULL AND w.left_at IS NULL AND e.status = 'scheduled' AND e.starts_at > now()
         AND e.reg_count < e.capacity
      UNION ALL
      SELECT 4, 'outbox_delay', coalesce(extract(epoch FROM now() - min(o.created_at)), 0), 300, 1800,
             format('%s notifications are to be sent', count(*))
        FROM notifications_outbox o WHERE o.status = 'pending' AND o.due_at <= now()
      UNION ALL
      SELECT 5, 'webhook_delay', coalesce(extract(epoch FROM now() - min(w.received_at)), 0), 300, 1800,
             format('%s webhooks are to be processed', count(*))
        FROM webhook_events w WHERE w.processed_at IS NULL) k
   CROSS JOIN LATERAL record_health_check(k.name, k.value, k.warning, k.critical, k.message) r
   ORDER BY k.place;
END
$function$;

-- ~ function public.health_check_database()  [Booking/Monitoring.swift]
CREATE OR REPLACE FUNCTION public.health_check_database()
 RETURNS TABLE(check_name text, status public.health_status, value double precision, message text)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
DECLARE
  v_started timestamptz := clock_timestamp();
  v_elapsed double precision;
BEGIN
  -- A query that touches a table and its index, as a booking does.
  PERFORM FROM class_events e WHERE e.starts_at > now() AND e.status = 'scheduled' ORDER BY e.starts_at LIMIT 1;
  v_elapsed := extract(epoch FROM clock_timestamp() - v_started) * 1000;
  INSERT INTO performance_metrics (metric_name, metric_value, tags)
  VALUES ('database_response_time', v_elapsed, '{"operation": "health_check"}');

  RETURN QUERY
  SELECT r.check_name, r.status, r.value, r.message
    FROM (
      SELECT 1 AS place, 'response_time' AS name, v_elapsed AS value, 500 AS warning, 1000 AS critical,
             format('a query takes %s ms', round(v_elapsed::numeric, 1)) AS message
      UNION ALL
      SELECT 2, 'connections', 100.0 * count(*) / current_setting('max_connections')::integer, 80, 95,
             format('%s of %s connections are in use', count(*), current_setting('max_connections'))
        FROM pg_stat_activity
      UNION ALL
      SELECT 3, 'long_transactions', coalesce(max(extract(epoch FROM now() - a.xact_start)), 0), 300, 1800,
             format('the longest transaction is %s old', coalesce(date_trunc('second', max(now() - a.xact_start)), interval '0'))
        FROM pg_stat_activity a WHERE a.datname = current_database() AND a.state <> 'idle' AND a.pid <> pg_backend_pid()
      UNION ALL
      SELECT 4, 'partitions_missing', count(*) FILTER (WHERE to_regclass('public.class_events_' || to_char(m, 'YYYY_MM')) IS NULL),
             0, 1, format('%s of the next four months have no partition of class_events',
                          count(*) FILTER (WHERE to_regclass('public.class_events_' || to_char(m, 'YYYY_MM')) IS NULL))
        FROM generate_series(date_trunc('month', now() AT TIME ZONE 'UTC'),
                             now() AT TIME ZONE 'UTC' + interval '4 months', interval '1 month') m
      UNION ALL
      SELECT 5, 'dead_rows', coalesce(max(100.0 * t.n_dead_tup / nullif(t.n_live_tup + t.n_dead_tup, 0))
                                        FILTER (WHERE t.n_dead_tup > 10000), 0), 40, 80,
             'the largest share of dead rows in a table, in percent'
        FROM pg_stat_user_tables t) k
   CROSS JOIN LATERAL record_health_check(k.name, k.value, k.warning, k.critical, k.message) r
   ORDER BY k.place;
END
$function$;

-- ~ function public.simulate_booking_load(integer, integer)  [Booking/Monitoring.swift]
CREATE OR REPLACE FUNCTION public.simulate_booking_load(p_bookings integer, p_seconds integer)
 RETURNS TABLE(bookings integer, confirmed integer, waitlisted integer, failed integer, average_ms double precision, p95_ms double precision, per_second double precision)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
DECLARE
  v_started timestamptz := clock_timestamp();
  v_before timestamptz;
  v_event uuid;
  v_organization uuid;
  v_customers uuid[];
  v_outcome text;
  v_times double precision[] := '{}';
BEGIN
  IF p_bookings NOT BETWEEN 1 AND 100000 OR p_seconds NOT BETWEEN 1 AND 3600 THEN
    RAISE EXCEPTION 'between 1 and 100000 bookings in 1 to 3600 seconds, not % in %', p_bookings, p_seconds
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  confirmed := 0; waitlisted := 0; failed := 0;
  BEGIN
    INSERT INTO organizations (name, slug) VALUES ('simulation', 'simulation-' || gen_random_uuid())
    RETURNING id INTO v_organization;
    PERFORM maintain_event_partitions(current_date, current_date + 2);
    INSERT INTO class_events (organization_id, title, starts_at, ends_at, capacity)
    VALUES (v_organization, 'simulation', now() + interval '1 day', now() + interval '25 hours', greatest(1, p_bookings * 4 / 5))
    RETURNING id INTO v_event;
    WITH made AS (
      INSERT INTO customers (organization_id, email, full_name)
      SELECT v_organization, format('simulation-%s@invalid', n), 'simulation' FROM generate_series(1, p_bookings) n
      RETURNING id)
    SELECT array_agg(id) INTO v_customers FROM made;
    FOR i IN 1..p_bookings LOOP
      EXIT WHEN clock_timestamp() > v_started + make_interval(secs => p_seconds);
      v_before := clock_timestamp();
      BEGIN
        SELECT b.outcome INTO v_outcome FROM book_event(v_event, v_customers[i], 'simulation') b;
        confirmed := confirmed + (v_outcome = 'confirmed')::integer;
        waitlisted := waitlisted + (v_outcome = 'waitlisted')::integer;
      EXCEPTION WHEN OTHERS THEN
        failed := failed + 1;
        RAISE WARNING 'booking % failed: %', i, SQLERRM USING ERRCODE = SQLSTATE;
      END;
      v_times := v_times || extract(epoch FROM clock_timestamp() - v_before)::double precision * 1000;
    END LOOP;
    -- Back to how it was; variables keep their values.
    RAISE EXCEPTION 'undo' USING ERRCODE = 'triggered_action_exception';
  EXCEPTION WHEN triggered_action_exception THEN NULL;
  END;
  bookings := cardinality(v_times);
  SELECT avg(t), percentile_cont(0.95) WITHIN GROUP (ORDER BY t), count(*) / nullif(sum(t), 0) * 1000
    INTO average_ms, p95_ms, per_second FROM unnest(v_times) t;
  INSERT INTO performance_metrics (metric_name, metric_value, tags)
  SELECT 'booking_operation_duration', t, '{"operation": "simulate"}' FROM unnest(v_times) t;
  RETURN NEXT;
END
$function$;

-- + function public.waitlist_position(uuid, bigint)  [Booking/BookingFunctions.swift]
CREATE OR REPLACE FUNCTION public.waitlist_position(p_event_id uuid, p_waitlist_id bigint)
 RETURNS integer
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
SELECT count(*)::integer FROM (
  SELECT FROM event_waitlists w
   WHERE w.event_id = p_event_id AND w.promoted_at IS NULL AND w.left_at IS NULL AND w.id <= p_waitlist_id
   LIMIT 100) waiting
$function$;

-- + comment on function public.waitlist_position(uuid, bigint)  [Booking/BookingFunctions.swift]
COMMENT ON ROUTINE public.waitlist_position(uuid, bigint) IS 'The place of somebody who waits; 100 for all that are further behind, since whoever books waits for this to be counted.';

-- + grant to PUBLIC on function public.waitlist_position(uuid, bigint)  [Booking/BookingFunctions.swift]
REVOKE EXECUTE ON ROUTINE public.waitlist_position(uuid, bigint) FROM PUBLIC;

-- + grant to service_role on function public.waitlist_position(uuid, bigint)  [Booking/BookingFunctions.swift]
GRANT EXECUTE ON ROUTINE public.waitlist_position(uuid, bigint) TO service_role;

COMMIT;
