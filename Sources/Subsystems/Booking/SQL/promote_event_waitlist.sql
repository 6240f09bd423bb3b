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
