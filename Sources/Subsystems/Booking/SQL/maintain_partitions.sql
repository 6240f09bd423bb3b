DECLARE
  v_month date;
  v_name text;
  v_made integer := 0;
BEGIN
  IF p_from IS NULL OR p_until IS NULL OR p_until - p_from > 12000 THEN
    RAISE EXCEPTION 'partitions from % until % are too many', p_from, p_until USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOR v_month IN
    SELECT generate_series(date_trunc('month', p_from::timestamp), p_until::timestamp, interval '1 month')
  LOOP
    v_name := 'class_events_' || to_char(v_month, 'YYYY_MM');
    CONTINUE WHEN to_regclass(format('public.%I', v_name)) IS NOT NULL;
    -- Two runs at once make one partition.
    PERFORM pg_advisory_xact_lock(hashtext('public.class_events partitions'));
    CONTINUE WHEN to_regclass(format('public.%I', v_name)) IS NOT NULL;
    EXECUTE format(
      'CREATE TABLE public.%I PARTITION OF public.class_events FOR VALUES FROM (%L) TO (%L)', v_name,
      to_char(v_month, 'YYYY-MM-DD') || ' 00:00:00+00',
      to_char(v_month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
    -- A partition that is asked directly does not go past the parent's policies.
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', v_name);
    v_made := v_made + 1;
  END LOOP;
  RETURN v_made;
END
