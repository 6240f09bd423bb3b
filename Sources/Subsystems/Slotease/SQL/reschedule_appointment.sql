#variable_conflict use_column
DECLARE
  v_appointment appointments;
BEGIN
  SELECT * INTO v_appointment FROM appointments a WHERE a.id = p_appointment_id FOR UPDATE;
  IF NOT FOUND OR v_appointment.status NOT IN ('scheduled', 'confirmed') THEN
    RAISE EXCEPTION 'there is no appointment % to be moved', p_appointment_id USING ERRCODE = 'no_data_found';
  END IF;
  appointment_id := p_appointment_id;
  resource_id := coalesce(p_resource_id, v_appointment.resource_id);
  starts_at := p_starts_at;
  ends_at := p_starts_at + (v_appointment.ends_at - v_appointment.starts_at);
  repeated := false;

  -- As in book_appointment.
  PERFORM FROM resources r JOIN service_resources sr ON sr.resource_id = r.id
   WHERE r.id = reschedule_appointment.resource_id AND sr.service_id = v_appointment.service_id
     AND r.organization_id = v_appointment.organization_id AND r.active
     FOR NO KEY UPDATE OF r;
  IF NOT FOUND OR starts_at <= now() OR starts_at >= booking_horizon() OR NOT is_open(v_appointment.organization_id, starts_at, ends_at)
     OR EXISTS (SELECT FROM closures c
                 WHERE c.organization_id = v_appointment.organization_id
                   AND (c.resource_id IS NULL OR c.resource_id = reschedule_appointment.resource_id)
                   AND c.during && tstzrange(reschedule_appointment.starts_at, reschedule_appointment.ends_at)) THEN
    RAISE EXCEPTION 'appointment % cannot be moved to %', p_appointment_id, p_starts_at
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Ask available_slots for the times that can be booked.';
  END IF;
  UPDATE appointments a
     SET resource_id = reschedule_appointment.resource_id, starts_at = reschedule_appointment.starts_at,
         ends_at = reschedule_appointment.ends_at,
         blocked_until = reschedule_appointment.ends_at + (v_appointment.blocked_until - v_appointment.ends_at)
   WHERE a.id = p_appointment_id AND a.starts_at = v_appointment.starts_at;
  RETURN NEXT;
END
