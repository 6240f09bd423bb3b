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
