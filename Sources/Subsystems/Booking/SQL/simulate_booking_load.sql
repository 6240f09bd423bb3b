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
