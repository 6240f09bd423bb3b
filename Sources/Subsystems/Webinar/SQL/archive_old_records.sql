DECLARE
  v_before timestamptz := now() - p_retention;
BEGIN
  IF p_retention < interval '30 days' THEN
    RAISE EXCEPTION 'a retention of % is too short', p_retention
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Keep at least 30 days.';
  END IF;

  WITH moved AS (
    DELETE FROM attendance_checks c
     WHERE c.id IN (SELECT o.id FROM attendance_checks o WHERE o.checked_at < v_before
                     ORDER BY o.checked_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING c.*)
  INSERT INTO attendance_checks_archive (id, registrant_id, email, attended, attendance_status, response_time_ms, checked_at)
  SELECT m.id, m.registrant_id, m.email, m.attended, m.attendance_status, m.response_time_ms, m.checked_at FROM moved m;
  GET DIAGNOSTICS checks = ROW_COUNT;

  -- Checks of a registrant that are younger than the retention stay, without their reference.
  WITH moved AS (
    DELETE FROM webinar_registrants r
     WHERE r.id IN (SELECT o.id FROM webinar_registrants o WHERE o.event_date < v_before
                     ORDER BY o.event_date LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING r.*)
  INSERT INTO webinar_registrants_archive (id, webinarjam_id, webinar_id, schedule_id, email, event_date, record)
  SELECT m.id, m.webinarjam_id, m.webinar_id, m.schedule_id, m.email, m.event_date, to_jsonb(m) FROM moved m
  ON CONFLICT (id) DO UPDATE SET record = excluded.record, archived_at = now();
  GET DIAGNOSTICS registrants = ROW_COUNT;

  RETURN NEXT;
END
