-- 20261121172326_core_booking_rpcs
-- create 14 functions, 28 grants, 14 comments
-- proved on PostgreSQL 15.20: converges; 64 rows in 22 tables kept
-- hazards: none

BEGIN;
SET LOCAL lock_timeout = '5s';
-- Bodies may refer to what is created after them.
SET LOCAL check_function_bodies = off;

-- + function public.book_event(uuid, uuid, text, text, text)  [Booking/BookingFunctions.swift]
CREATE OR REPLACE FUNCTION public.book_event(p_event_id uuid, p_customer_id uuid, p_idempotency_key text, p_payment_provider text DEFAULT NULL::text, p_payment_reference text DEFAULT NULL::text)
 RETURNS TABLE(outcome text, registration_id uuid, waitlist_id bigint, waitlist_position integer, repeated boolean)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
DECLARE
  v_started timestamptz := clock_timestamp();
  v_event class_events;
  v_organization uuid;
  v_earlier uuid;
BEGIN
  IF coalesce(btrim(p_idempotency_key), '') = '' THEN
    RAISE EXCEPTION 'a booking needs an idempotency key' USING ERRCODE = 'invalid_parameter_value';
  END IF;

  -- Whoever books or cancels for this event comes one after the other from here on; what is read below is what they left.
  SELECT * INTO v_event FROM class_events e WHERE e.id = p_event_id FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no event %', p_event_id USING ERRCODE = 'no_data_found';
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
      waitlist_position := (SELECT count(*) FROM (
        SELECT FROM event_waitlists w
         WHERE w.event_id = p_event_id AND w.promoted_at IS NULL AND w.left_at IS NULL AND w.id <= waitlist_id
         LIMIT 1000) waiting);
    END IF;
    repeated := true;
    RETURN NEXT;
    RETURN;
  END IF;

  SELECT c.organization_id INTO v_organization FROM customers c WHERE c.id = p_customer_id AND c.anonymized_at IS NULL;
  IF v_organization IS DISTINCT FROM v_event.organization_id THEN
    RAISE EXCEPTION 'customer % is not one of the organisation of event %', p_customer_id, p_event_id
      USING ERRCODE = 'foreign_key_violation';
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

  IF v_event.reg_count < v_event.capacity THEN
    INSERT INTO registrations (event_id, event_starts_at, organization_id, customer_id, idempotency_key)
    VALUES (p_event_id, v_event.starts_at, v_event.organization_id, p_customer_id, p_idempotency_key)
    ON CONFLICT (event_id, customer_id) WHERE status = 'confirmed' DO NOTHING
    RETURNING id INTO registration_id;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'customer % has a place in event % already', p_customer_id, p_event_id
        USING ERRCODE = 'unique_violation';
    END IF;
    UPDATE class_events e SET reg_count = reg_count + 1 WHERE e.id = p_event_id AND e.starts_at = v_event.starts_at;
    IF v_event.price > 0 AND p_payment_provider IS NOT NULL THEN
      INSERT INTO payments (registration_id, organization_id, customer_id, amount, currency, provider, provider_reference)
      VALUES (registration_id, v_event.organization_id, p_customer_id, v_event.price, v_event.currency,
              p_payment_provider, p_payment_reference);
    END IF;
    outcome := 'confirmed';
  ELSE
    IF EXISTS (SELECT FROM registrations r
                WHERE r.event_id = p_event_id AND r.customer_id = p_customer_id AND r.status = 'confirmed') THEN
      RAISE EXCEPTION 'customer % has a place in event % already', p_customer_id, p_event_id
        USING ERRCODE = 'unique_violation';
    END IF;
    INSERT INTO event_waitlists (event_id, event_starts_at, organization_id, customer_id, idempotency_key)
    VALUES (p_event_id, v_event.starts_at, v_event.organization_id, p_customer_id, p_idempotency_key)
    ON CONFLICT (event_id, customer_id) WHERE promoted_at IS NULL AND left_at IS NULL DO NOTHING
    RETURNING id INTO waitlist_id;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'customer % waits for event % already', p_customer_id, p_event_id
        USING ERRCODE = 'unique_violation';
    END IF;
    -- Everybody else waits for this to be counted; who is further behind than that knows enough.
    waitlist_position := (SELECT count(*) FROM (
      SELECT FROM event_waitlists w
       WHERE w.event_id = p_event_id AND w.promoted_at IS NULL AND w.left_at IS NULL LIMIT 1000) waiting);
    outcome := 'waitlisted';
  END IF;

  INSERT INTO notifications_outbox (organization_id, customer_id, template, payload)
  VALUES (v_event.organization_id, p_customer_id, 'booking_' || outcome,
          jsonb_build_object('event_id', p_event_id, 'registration_id', registration_id, 'waitlist_id', waitlist_id));
  INSERT INTO performance_metrics (metric_name, metric_value, tags)
  VALUES ('booking_operation_duration', extract(epoch FROM clock_timestamp() - v_started) * 1000,
          jsonb_build_object('operation', 'book', 'outcome', outcome));
  RETURN NEXT;
END
$function$;

-- + comment on function public.book_event(uuid, uuid, text, text, text)  [Booking/BookingFunctions.swift]
COMMENT ON ROUTINE public.book_event(uuid, uuid, text, text, text) IS 'Books a place: outcome confirmed, or waitlisted when the event is full, with the position (1000 for all that are further behind). The same key again gives the same answer; however many book at once, never more than the event''s capacity are confirmed.';

-- + function public.cancel_booking(uuid, text)  [Booking/BookingFunctions.swift]
CREATE OR REPLACE FUNCTION public.cancel_booking(p_registration_id uuid, p_reason text DEFAULT NULL::text)
 RETURNS TABLE(outcome text, promoted integer, repeated boolean)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
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

-- + comment on function public.cancel_booking(uuid, text)  [Booking/BookingFunctions.swift]
COMMENT ON ROUTINE public.cancel_booking(uuid, text) IS 'Cancels a registration, and gives its place to who is next on the waitlist. Again, it does nothing.';

-- + function public.cancel_event(uuid, text)  [Booking/BookingFunctions.swift]
CREATE OR REPLACE FUNCTION public.cancel_event(p_event_id uuid, p_reason text DEFAULT NULL::text)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  v_event class_events;
  v_cancelled integer;
BEGIN
  SELECT * INTO v_event FROM class_events e WHERE e.id = p_event_id FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no event %', p_event_id USING ERRCODE = 'no_data_found';
  END IF;
  UPDATE event_waitlists w SET left_at = now()
   WHERE w.event_id = p_event_id AND w.promoted_at IS NULL AND w.left_at IS NULL;
  WITH gone AS (
    UPDATE registrations r SET status = 'cancelled', cancelled_at = now(), cancel_reason = p_reason
     WHERE r.event_id = p_event_id AND r.status = 'confirmed'
    RETURNING r.id, r.customer_id, r.organization_id),
  refunds AS (
    UPDATE payments p SET status = 'refund_pending' FROM gone
     WHERE p.registration_id = gone.id AND p.status = 'succeeded'),
  told AS (
    INSERT INTO notifications_outbox (organization_id, customer_id, template, payload)
    SELECT organization_id, customer_id, 'event_cancelled', jsonb_build_object('event_id', p_event_id, 'registration_id', id)
      FROM gone)
  SELECT count(*) INTO v_cancelled FROM gone;
  UPDATE class_events e SET status = 'cancelled', reg_count = 0
   WHERE e.id = p_event_id AND e.starts_at = v_event.starts_at;
  RETURN v_cancelled;
END
$function$;

-- + comment on function public.cancel_event(uuid, text)  [Booking/BookingFunctions.swift]
COMMENT ON ROUTINE public.cancel_event(uuid, text) IS 'Cancels an event with its registrations and its waitlist; says how many had a place.';

-- + function public.claim_notifications(integer)  [Booking/Messages.swift]
CREATE OR REPLACE FUNCTION public.claim_notifications(p_limit integer DEFAULT 100)
 RETURNS SETOF public.notifications_outbox
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
UPDATE notifications_outbox o
   SET attempts = o.attempts + 1, due_at = now() + interval '1 minute' * power(2, least(o.attempts, 8))
 WHERE o.id IN (SELECT n.id FROM notifications_outbox n
                 WHERE n.status = 'pending' AND n.due_at <= now()
                 ORDER BY n.due_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
RETURNING o.*
$function$;

-- + comment on function public.claim_notifications(integer)  [Booking/Messages.swift]
COMMENT ON ROUTINE public.claim_notifications(integer) IS 'Takes notifications that are due, each for one caller; one that is not reported as sent comes again.';

-- + function public.finish_notification(bigint, text)  [Booking/Messages.swift]
CREATE OR REPLACE FUNCTION public.finish_notification(p_id bigint, p_error text DEFAULT NULL::text)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
UPDATE notifications_outbox o
   SET status = CASE WHEN p_error IS NULL THEN 'sent' WHEN o.attempts >= 10 THEN 'failed' ELSE 'pending' END::delivery_status,
       sent_at = CASE WHEN p_error IS NULL THEN now() END, last_error = p_error
 WHERE o.id = p_id AND o.status = 'pending'
RETURNING true
$function$;

-- + comment on function public.finish_notification(bigint, text)  [Booking/Messages.swift]
COMMENT ON ROUTINE public.finish_notification(bigint, text) IS 'Notes that a notification was sent, or why not; after ten attempts it has failed.';

-- + function public.forget_customer(uuid)  [Booking/BookingFunctions.swift]
CREATE OR REPLACE FUNCTION public.forget_customer(p_customer_id uuid)
 RETURNS TABLE(item text, rows bigint)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  v_customer customers;
  v_registration uuid;
BEGIN
  SELECT * INTO v_customer FROM customers c WHERE c.id = p_customer_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no customer %', p_customer_id USING ERRCODE = 'no_data_found';
  END IF;

  -- Places to come go to others; in the order in which promotion goes through events, so that nobody waits in a circle.
  item := 'bookings cancelled';
  rows := 0;
  FOR v_registration IN
    SELECT r.id FROM registrations r
     WHERE r.customer_id = p_customer_id AND r.status = 'confirmed' AND r.event_starts_at > now()
     ORDER BY r.event_starts_at, r.event_id
  LOOP
    PERFORM cancel_booking(v_registration);
    rows := rows + 1;
  END LOOP;
  RETURN NEXT;

  UPDATE event_waitlists w SET left_at = now()
   WHERE w.customer_id = p_customer_id AND w.promoted_at IS NULL AND w.left_at IS NULL;
  item := 'event_waitlists'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  DELETE FROM notifications_outbox o WHERE o.customer_id = p_customer_id;
  item := 'notifications_outbox'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  UPDATE registrations r SET attendance = NULL, cancel_reason = NULL WHERE r.customer_id = p_customer_id;
  item := 'registrations'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  DELETE FROM webhook_events w USING payments p
   WHERE p.customer_id = p_customer_id AND w.provider = p.provider
     AND p.provider_reference IN (w.payload #>> '{data,object,id}', w.payload #>> '{data,object,payment_intent}');
  item := 'webhook_events'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  UPDATE payments p SET provider_reference = NULL WHERE p.customer_id = p_customer_id;
  item := 'payments'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  DELETE FROM rate_limits l WHERE position(v_customer.email IN l.key) > 0 OR position(p_customer_id::text IN l.key) > 0;
  item := 'rate_limits'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  -- The old tables, from before the move to events.
  UPDATE class_registrations l SET customer_name = NULL, customer_email = NULL, notes = NULL
   WHERE lower(btrim(l.customer_email)) = v_customer.email AND l.class_instance_id IN (
     SELECT i.id FROM class_instances i WHERE i.organization_id = v_customer.organization_id);
  item := 'class_registrations'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  UPDATE waitlists l SET customer_name = NULL, customer_email = NULL
   WHERE lower(btrim(l.customer_email)) = v_customer.email AND l.class_instance_id IN (
     SELECT i.id FROM class_instances i WHERE i.organization_id = v_customer.organization_id);
  item := 'waitlists'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  UPDATE customers c
     SET user_id = NULL, email = 'forgotten-' || c.id || '@invalid', full_name = 'forgotten', phone = NULL, notes = NULL,
         anonymized_at = now()
   WHERE c.id = p_customer_id;
  item := 'customers'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
END
$function$;

-- + comment on function public.forget_customer(uuid)  [Booking/BookingFunctions.swift]
COMMENT ON ROUTINE public.forget_customer(uuid) IS 'Forgets a customer (GDPR, article 17): bookings still to come are cancelled, what says who they are is removed, and what was paid stays for the books without a name. Says what it removed.';

-- + function public.forget_instructor(uuid)  [Booking/BookingFunctions.swift]
CREATE OR REPLACE FUNCTION public.forget_instructor(p_instructor_id uuid)
 RETURNS TABLE(item text, rows bigint)
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
WITH person AS (DELETE FROM instructors i WHERE i.id = p_instructor_id RETURNING i.user_id, i.organization_id, i.name),
old AS (
  UPDATE class_instances c SET instructor_name = NULL FROM person p
   WHERE c.organization_id = p.organization_id AND lower(btrim(c.instructor_name)) = lower(btrim(p.name)) RETURNING 1),
member AS (
  DELETE FROM organization_members m USING person p
   WHERE m.user_id = p.user_id AND m.organization_id = p.organization_id RETURNING 1)
SELECT 'instructors', (SELECT count(*) FROM person)
UNION ALL SELECT 'organization_members', (SELECT count(*) FROM member)
UNION ALL SELECT 'class_instances', (SELECT count(*) FROM old)
$function$;

-- + comment on function public.forget_instructor(uuid)  [Booking/BookingFunctions.swift]
COMMENT ON ROUTINE public.forget_instructor(uuid) IS 'Forgets an instructor: the classes stay, without them.';

-- + function public.leave_waitlist(bigint)  [Booking/BookingFunctions.swift]
CREATE OR REPLACE FUNCTION public.leave_waitlist(p_waitlist_id bigint)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
WITH gone AS (
  UPDATE event_waitlists w SET left_at = now()
   WHERE w.id = p_waitlist_id AND w.promoted_at IS NULL AND w.left_at IS NULL
  RETURNING 1)
SELECT EXISTS (SELECT FROM gone)
$function$;

-- + comment on function public.leave_waitlist(bigint)  [Booking/BookingFunctions.swift]
COMMENT ON ROUTINE public.leave_waitlist(bigint) IS 'Takes somebody off a waitlist; false when they were not waiting.';

-- + function public.mark_attendance(uuid, public.attendance)  [Booking/BookingFunctions.swift]
CREATE OR REPLACE FUNCTION public.mark_attendance(p_registration_id uuid, p_attendance public.attendance)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
WITH marked AS (
  UPDATE registrations SET attendance = p_attendance
   WHERE id = p_registration_id AND status = 'confirmed'
  RETURNING 1)
SELECT EXISTS (SELECT FROM marked)
$function$;

-- + comment on function public.mark_attendance(uuid, public.attendance)  [Booking/BookingFunctions.swift]
COMMENT ON ROUTINE public.mark_attendance(uuid, public.attendance) IS 'Notes whether somebody came; false when the registration is not confirmed.';

-- + function public.process_webhooks(integer)  [Booking/Messages.swift]
CREATE OR REPLACE FUNCTION public.process_webhooks(p_limit integer DEFAULT 100)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  v_event webhook_events;
  v_done integer := 0;
BEGIN
  FOR v_event IN
    SELECT * FROM webhook_events w
     WHERE w.processed_at IS NULL AND w.attempts < 10
     ORDER BY w.received_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  LOOP
    BEGIN
      CASE v_event.type
        WHEN 'payment_intent.succeeded' THEN
          UPDATE payments SET status = 'succeeded'
           WHERE provider = v_event.provider AND provider_reference = v_event.payload #>> '{data,object,id}'
             AND status = 'pending';
        WHEN 'payment_intent.payment_failed' THEN
          UPDATE payments SET status = 'failed'
           WHERE provider = v_event.provider AND provider_reference = v_event.payload #>> '{data,object,id}'
             AND status = 'pending';
        WHEN 'charge.refunded' THEN
          UPDATE payments SET status = 'refunded'
           WHERE provider = v_event.provider AND provider_reference = v_event.payload #>> '{data,object,payment_intent}'
             AND status IN ('succeeded', 'refund_pending');
        ELSE NULL; -- Nothing of ours.
      END CASE;
      UPDATE webhook_events SET processed_at = now(), attempts = attempts + 1, last_error = NULL WHERE id = v_event.id;
      v_done := v_done + 1;
    EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
      UPDATE webhook_events SET attempts = attempts + 1, last_error = SQLERRM WHERE id = v_event.id;
    END;
  END LOOP;
  RETURN v_done;
END
$function$;

-- + comment on function public.process_webhooks(integer)  [Booking/Messages.swift]
COMMENT ON ROUTINE public.process_webhooks(integer) IS 'Carries out what payment webhooks say; several callers at once share the work. Says how many it did.';

-- + function public.promote_event_waitlist(uuid)  [Booking/BookingFunctions.swift]
CREATE OR REPLACE FUNCTION public.promote_event_waitlist(p_event_id uuid)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
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

-- + comment on function public.promote_event_waitlist(uuid)  [Booking/BookingFunctions.swift]
COMMENT ON ROUTINE public.promote_event_waitlist(uuid) IS 'Gives the free places of one event to those who wait, first come, first served; says to how many.';

-- + function public.promote_waitlists(integer)  [Booking/BookingFunctions.swift]
CREATE OR REPLACE FUNCTION public.promote_waitlists(p_limit integer DEFAULT 1000)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  v_event uuid;
  v_promoted integer := 0;
BEGIN
  FOR v_event IN
    SELECT e.id FROM class_events e
     WHERE e.status = 'scheduled' AND e.starts_at > now() AND e.reg_count < e.capacity
       AND EXISTS (SELECT FROM event_waitlists w
                    WHERE w.event_id = e.id AND w.promoted_at IS NULL AND w.left_at IS NULL)
     ORDER BY e.starts_at, e.id LIMIT p_limit
  LOOP
    v_promoted := v_promoted + promote_event_waitlist(v_event);
  END LOOP;
  RETURN v_promoted;
END
$function$;

-- + comment on function public.promote_waitlists(integer)  [Booking/BookingFunctions.swift]
COMMENT ON ROUTINE public.promote_waitlists(integer) IS 'Promotes for all events with free places and somebody who waits; every minute''s job.';

-- + function public.receive_webhook(text, text, text, jsonb)  [Booking/Messages.swift]
CREATE OR REPLACE FUNCTION public.receive_webhook(p_provider text, p_external_id text, p_type text, p_payload jsonb)
 RETURNS bigint
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
INSERT INTO webhook_events (provider, external_id, type, payload)
VALUES (p_provider, p_external_id, p_type, p_payload)
ON CONFLICT (provider, external_id) DO NOTHING
RETURNING id
$function$;

-- + comment on function public.receive_webhook(text, text, text, jsonb)  [Booking/Messages.swift]
COMMENT ON ROUTINE public.receive_webhook(text, text, text, jsonb) IS 'Puts a webhook into the inbox; NULL when it was there already.';

-- + function public.take_rate_limit(text, integer, interval)  [Booking/Messages.swift]
CREATE OR REPLACE FUNCTION public.take_rate_limit(p_key text, p_limit integer, p_window interval DEFAULT '00:01:00'::interval)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
INSERT INTO rate_limits AS r (key, window_start)
VALUES (p_key, date_bin(p_window, clock_timestamp(), timestamptz '2000-01-01 00:00:00+00'))
ON CONFLICT (key, window_start) DO UPDATE SET requests = r.requests + 1
RETURNING r.requests <= p_limit
$function$;

-- + comment on function public.take_rate_limit(text, integer, interval)  [Booking/Messages.swift]
COMMENT ON ROUTINE public.take_rate_limit(text, integer, interval) IS 'Counts a request; false once there are more than p_limit in the window of time.';

-- + grant to PUBLIC on function public.book_event(uuid, uuid, text, text, text)  [Booking/BookingFunctions.swift]
REVOKE EXECUTE ON ROUTINE public.book_event(uuid, uuid, text, text, text) FROM PUBLIC;

-- + grant to service_role on function public.book_event(uuid, uuid, text, text, text)  [Booking/BookingFunctions.swift]
GRANT EXECUTE ON ROUTINE public.book_event(uuid, uuid, text, text, text) TO service_role;

-- + grant to PUBLIC on function public.cancel_booking(uuid, text)  [Booking/BookingFunctions.swift]
REVOKE EXECUTE ON ROUTINE public.cancel_booking(uuid, text) FROM PUBLIC;

-- + grant to service_role on function public.cancel_booking(uuid, text)  [Booking/BookingFunctions.swift]
GRANT EXECUTE ON ROUTINE public.cancel_booking(uuid, text) TO service_role;

-- + grant to PUBLIC on function public.cancel_event(uuid, text)  [Booking/BookingFunctions.swift]
REVOKE EXECUTE ON ROUTINE public.cancel_event(uuid, text) FROM PUBLIC;

-- + grant to service_role on function public.cancel_event(uuid, text)  [Booking/BookingFunctions.swift]
GRANT EXECUTE ON ROUTINE public.cancel_event(uuid, text) TO service_role;

-- + grant to PUBLIC on function public.claim_notifications(integer)  [Booking/Messages.swift]
REVOKE EXECUTE ON ROUTINE public.claim_notifications(integer) FROM PUBLIC;

-- + grant to service_role on function public.claim_notifications(integer)  [Booking/Messages.swift]
GRANT EXECUTE ON ROUTINE public.claim_notifications(integer) TO service_role;

-- + grant to PUBLIC on function public.finish_notification(bigint, text)  [Booking/Messages.swift]
REVOKE EXECUTE ON ROUTINE public.finish_notification(bigint, text) FROM PUBLIC;

-- + grant to service_role on function public.finish_notification(bigint, text)  [Booking/Messages.swift]
GRANT EXECUTE ON ROUTINE public.finish_notification(bigint, text) TO service_role;

-- + grant to PUBLIC on function public.forget_customer(uuid)  [Booking/BookingFunctions.swift]
REVOKE EXECUTE ON ROUTINE public.forget_customer(uuid) FROM PUBLIC;

-- + grant to service_role on function public.forget_customer(uuid)  [Booking/BookingFunctions.swift]
GRANT EXECUTE ON ROUTINE public.forget_customer(uuid) TO service_role;

-- + grant to PUBLIC on function public.forget_instructor(uuid)  [Booking/BookingFunctions.swift]
REVOKE EXECUTE ON ROUTINE public.forget_instructor(uuid) FROM PUBLIC;

-- + grant to service_role on function public.forget_instructor(uuid)  [Booking/BookingFunctions.swift]
GRANT EXECUTE ON ROUTINE public.forget_instructor(uuid) TO service_role;

-- + grant to PUBLIC on function public.leave_waitlist(bigint)  [Booking/BookingFunctions.swift]
REVOKE EXECUTE ON ROUTINE public.leave_waitlist(bigint) FROM PUBLIC;

-- + grant to service_role on function public.leave_waitlist(bigint)  [Booking/BookingFunctions.swift]
GRANT EXECUTE ON ROUTINE public.leave_waitlist(bigint) TO service_role;

-- + grant to PUBLIC on function public.mark_attendance(uuid, public.attendance)  [Booking/BookingFunctions.swift]
REVOKE EXECUTE ON ROUTINE public.mark_attendance(uuid, public.attendance) FROM PUBLIC;

-- + grant to service_role on function public.mark_attendance(uuid, public.attendance)  [Booking/BookingFunctions.swift]
GRANT EXECUTE ON ROUTINE public.mark_attendance(uuid, public.attendance) TO service_role;

-- + grant to PUBLIC on function public.process_webhooks(integer)  [Booking/Messages.swift]
REVOKE EXECUTE ON ROUTINE public.process_webhooks(integer) FROM PUBLIC;

-- + grant to service_role on function public.process_webhooks(integer)  [Booking/Messages.swift]
GRANT EXECUTE ON ROUTINE public.process_webhooks(integer) TO service_role;

-- + grant to PUBLIC on function public.promote_event_waitlist(uuid)  [Booking/BookingFunctions.swift]
REVOKE EXECUTE ON ROUTINE public.promote_event_waitlist(uuid) FROM PUBLIC;

-- + grant to service_role on function public.promote_event_waitlist(uuid)  [Booking/BookingFunctions.swift]
GRANT EXECUTE ON ROUTINE public.promote_event_waitlist(uuid) TO service_role;

-- + grant to PUBLIC on function public.promote_waitlists(integer)  [Booking/BookingFunctions.swift]
REVOKE EXECUTE ON ROUTINE public.promote_waitlists(integer) FROM PUBLIC;

-- + grant to service_role on function public.promote_waitlists(integer)  [Booking/BookingFunctions.swift]
GRANT EXECUTE ON ROUTINE public.promote_waitlists(integer) TO service_role;

-- + grant to PUBLIC on function public.receive_webhook(text, text, text, jsonb)  [Booking/Messages.swift]
REVOKE EXECUTE ON ROUTINE public.receive_webhook(text, text, text, jsonb) FROM PUBLIC;

-- + grant to service_role on function public.receive_webhook(text, text, text, jsonb)  [Booking/Messages.swift]
GRANT EXECUTE ON ROUTINE public.receive_webhook(text, text, text, jsonb) TO service_role;

-- + grant to PUBLIC on function public.take_rate_limit(text, integer, interval)  [Booking/Messages.swift]
REVOKE EXECUTE ON ROUTINE public.take_rate_limit(text, integer, interval) FROM PUBLIC;

-- + grant to service_role on function public.take_rate_limit(text, integer, interval)  [Booking/Messages.swift]
GRANT EXECUTE ON ROUTINE public.take_rate_limit(text, integer, interval) TO service_role;

COMMIT;
