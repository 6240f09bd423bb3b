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
