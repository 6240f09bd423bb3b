#variable_conflict use_column
DECLARE
  v_start timestamptz := clock_timestamp();
  v_email text := lower(btrim(p_email));
  v_found webinar_registrants;
BEGIN
  IF coalesce(v_email, '') = '' THEN
    RAISE EXCEPTION 'an email address is needed' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT r.* INTO v_found
    FROM webinar_registrants r
   WHERE r.email = v_email AND r.webinar_id = p_webinar_id AND r.schedule_id = p_schedule_id
   ORDER BY r.event_date DESC
   LIMIT 1;

  registrant_id := v_found.id;
  email := v_email;
  first_name := v_found.first_name;
  last_name := v_found.last_name;
  webinar_name := v_found.webinar_name;
  attended := CASE WHEN v_found.id IS NULL THEN NULL ELSE coalesce(v_found.attended_live, false) END;
  status := CASE WHEN v_found.id IS NULL THEN 'not_found' WHEN v_found.attended_live THEN 'attended'
                 ELSE 'no_show' END::attendance_outcome;
  date_live := v_found.date_live;
  time_live := v_found.time_live;
  purchased_live := v_found.purchased_live;
  revenue_live := v_found.revenue_live;
  response_time_ms := round(1000 * extract(epoch FROM clock_timestamp() - v_start));

  INSERT INTO attendance_checks (registrant_id, ghl_contact_id, email, attended, attendance_status, response_time_ms)
  VALUES (v_found.id, p_ghl_contact_id, left(v_email, 255), attended, status::text, response_time_ms)
  RETURNING id INTO check_id;
  RETURN NEXT;
END
