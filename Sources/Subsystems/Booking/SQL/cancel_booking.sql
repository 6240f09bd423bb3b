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
