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
