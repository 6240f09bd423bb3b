-- 20261122012614_plans_that_are_kept
-- alter 6 functions
-- proved on PostgreSQL 15.20: converges; 145 rows in 49 tables kept
-- hazards: none

BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL statement_timeout = '1min';
-- Bodies may refer to what is created after them.
SET LOCAL check_function_bodies = off;

-- ~ function checkin.count_request(inet, integer)  [CheckIn/Functions.swift]
CREATE OR REPLACE FUNCTION checkin.count_request(p_address inet, p_limit integer DEFAULT 100)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO 'checkin', 'pg_temp'
AS $function$
DECLARE
  v_requests integer;
BEGIN
  INSERT INTO request_rates AS r (address, minute) VALUES (p_address, date_trunc('minute', clock_timestamp()))
  ON CONFLICT (address, minute) DO UPDATE SET requests = r.requests + 1
  RETURNING r.requests INTO v_requests;
  RETURN v_requests <= p_limit;
END
$function$;

-- ~ function checkin.pass_json(text)  [CheckIn/Functions.swift]
CREATE OR REPLACE FUNCTION checkin.pass_json(p_row_hash text)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'checkin', 'pg_temp'
AS $function$
BEGIN
  RETURN (
    SELECT jsonb_build_object(
             'ok', true,
             'participant', jsonb_build_object('row_number', p.row_number, 'headers', p.headers, 'data', p.data),
             'checkin', CASE WHEN c.row_hash IS NOT NULL THEN jsonb_build_object(
               'row_hash', c.row_hash,
               'checked_in_at', to_char(c.checked_in_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
               'checked_in_by', c.checked_in_by) END)
      FROM paidparticipants p LEFT JOIN checkins c ON c.row_hash = p.row_hash
     WHERE p.row_hash = p_row_hash);
END
$function$;

-- ~ function public.book_event(uuid, uuid, text, text, text)  [Booking/BookingFunctions.swift]
CREATE OR REPLACE FUNCTION public.book_event(p_event_id uuid, p_customer_id uuid, p_idempotency_key text, p_payment_provider text DEFAULT NULL::text, p_payment_reference text DEFAULT NULL::text)
 RETURNS TABLE(outcome text, registration_id uuid, waitlist_id bigint, waitlist_position integer, repeated boolean)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
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

-- ~ function public.cancel_booking(uuid, text)  [Booking/BookingFunctions.swift]
CREATE OR REPLACE FUNCTION public.cancel_booking(p_registration_id uuid, p_reason text DEFAULT NULL::text)
 RETURNS TABLE(outcome text, promoted integer, repeated boolean)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
#variable_conflict use_column
DECLARE
  v_started timestamptz := clock_timestamp();
  v_registration registrations;
BEGIN
  SELECT * INTO v_registration FROM registrations r WHERE r.id = p_registration_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no registration %', p_registration_id USING ERRCODE = 'no_data_found';
  END IF;
  -- The event first, as booking does: two that wait for each other cannot be.
  PERFORM FROM class_events e
    WHERE e.id = v_registration.event_id AND e.starts_at = v_registration.event_starts_at FOR UPDATE;

  outcome := 'cancelled';
  promoted := 0;
  UPDATE registrations r SET status = 'cancelled', cancelled_at = now(), cancel_reason = p_reason
   WHERE r.id = p_registration_id AND r.status = 'confirmed';
  repeated := NOT FOUND;
  IF NOT repeated THEN
    UPDATE class_events e SET reg_count = reg_count - 1
     WHERE e.id = v_registration.event_id AND e.starts_at = v_registration.event_starts_at;
    UPDATE payments p SET status = 'refund_pending' WHERE p.registration_id = p_registration_id AND p.status = 'succeeded';
    INSERT INTO notifications_outbox (organization_id, customer_id, template, payload)
    VALUES (v_registration.organization_id, v_registration.customer_id, 'booking_cancelled',
            jsonb_build_object('event_id', v_registration.event_id, 'registration_id', p_registration_id));
    promoted := promote_event_waitlist(v_registration.event_id);
    INSERT INTO performance_metrics (metric_name, metric_value, tags)
    VALUES ('booking_operation_duration', extract(epoch FROM clock_timestamp() - v_started) * 1000,
            jsonb_build_object('operation', 'cancel'));
  END IF;
  RETURN NEXT;
END
$function$;

-- ~ function public.promote_event_waitlist(uuid)  [Booking/BookingFunctions.swift]
CREATE OR REPLACE FUNCTION public.promote_event_waitlist(p_event_id uuid)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
DECLARE
  v_event class_events;
  v_waiting record;
  v_registration uuid;
  v_promoted integer := 0;
BEGIN
  SELECT * INTO v_event FROM class_events e WHERE e.id = p_event_id FOR UPDATE;
  IF NOT FOUND OR v_event.status <> 'scheduled' OR v_event.starts_at <= now() THEN
    RETURN 0;
  END IF;
  FOR v_waiting IN
    SELECT w.id, w.customer_id, w.joined_at FROM event_waitlists w
     WHERE w.event_id = p_event_id AND w.promoted_at IS NULL AND w.left_at IS NULL
     ORDER BY w.id FOR UPDATE
  LOOP
    EXIT WHEN v_event.reg_count + v_promoted >= v_event.capacity;
    INSERT INTO registrations (event_id, event_starts_at, organization_id, customer_id, idempotency_key)
    VALUES (p_event_id, v_event.starts_at, v_event.organization_id, v_waiting.customer_id, 'waitlist:' || v_waiting.id)
    ON CONFLICT (event_id, customer_id) WHERE status = 'confirmed' DO NOTHING
    RETURNING id INTO v_registration;
    IF NOT FOUND THEN
      -- They have got a place in another way.
      UPDATE event_waitlists SET left_at = now() WHERE id = v_waiting.id;
      CONTINUE;
    END IF;
    UPDATE event_waitlists SET promoted_at = now(), registration_id = v_registration WHERE id = v_waiting.id;
    INSERT INTO notifications_outbox (organization_id, customer_id, template, payload)
    VALUES (v_event.organization_id, v_waiting.customer_id, 'waitlist_promoted',
            jsonb_build_object('event_id', p_event_id, 'registration_id', v_registration));
    INSERT INTO performance_metrics (metric_name, metric_value, tags)
    VALUES ('waitlist_wait', extract(epoch FROM now() - v_waiting.joined_at), '{"operation": "promote"}');
    v_promoted := v_promoted + 1;
  END LOOP;
  IF v_promoted > 0 THEN
    UPDATE class_events e SET reg_count = reg_count + v_promoted
     WHERE e.id = p_event_id AND e.starts_at = v_event.starts_at;
  END IF;
  RETURN v_promoted;
END
$function$;

-- ~ function public.waitlist_position(uuid, bigint)  [Booking/BookingFunctions.swift]
CREATE OR REPLACE FUNCTION public.waitlist_position(p_event_id uuid, p_waitlist_id bigint)
 RETURNS integer
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
BEGIN
  RETURN (
    SELECT count(*) FROM (
      SELECT FROM event_waitlists w
       WHERE w.event_id = p_event_id AND w.promoted_at IS NULL AND w.left_at IS NULL AND w.id <= p_waitlist_id
       LIMIT 100) waiting);
END
$function$;

COMMIT;
