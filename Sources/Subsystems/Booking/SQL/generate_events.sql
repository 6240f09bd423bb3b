DECLARE
  v_until date := p_until::date;
BEGIN
  IF p_until IS NULL OR v_until > current_date + 800 THEN
    RAISE EXCEPTION 'events are generated for 800 days at most, not until %', coalesce(v_until::text, 'NULL')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- A day more on both sides: the partitions' months are UTC's, the series' days are those of their time zones.
  PERFORM maintain_event_partitions(current_date - 1, v_until + 2);

  WITH due AS (
    SELECT s.* FROM class_series s
     WHERE s.active AND (s.generated_until IS NULL OR s.generated_until < v_until)
       FOR UPDATE),
  made AS (
    INSERT INTO class_events (
      series_id, organization_id, location_id, instructor_id, title, starts_at, ends_at, capacity, price, currency)
    SELECT s.id, s.organization_id, s.location_id, s.instructor_id, s.title, t.starts_at, t.starts_at + s.duration,
           s.capacity, s.price, s.currency
      FROM due s
     CROSS JOIN LATERAL recurrence_dates(
             s.rrule, s.starts_on,
             greatest(s.starts_on, (now() AT TIME ZONE s.timezone)::date, s.generated_until + 1), v_until) AS d (day)
     CROSS JOIN LATERAL (SELECT (d.day + s.start_time) AT TIME ZONE s.timezone AS starts_at) t
    ON CONFLICT (series_id, starts_at) DO NOTHING
    RETURNING 1),
  noted AS (
    UPDATE class_series s SET generated_until = v_until FROM due d WHERE s.id = d.id RETURNING 1)
  SELECT (SELECT count(*) FROM noted), (SELECT count(*) FROM made) INTO series, events;
  RETURN NEXT;
END
