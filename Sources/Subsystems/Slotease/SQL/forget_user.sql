DECLARE
  v_profile user_profiles;
  v_appointment record;
BEGIN
  SELECT * INTO v_profile FROM user_profiles p WHERE p.id = p_profile_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no profile %', p_profile_id USING ERRCODE = 'no_data_found';
  END IF;

  item := 'appointments cancelled';
  rows := 0;
  FOR v_appointment IN
    SELECT a.id FROM appointments a
     WHERE a.customer_id = p_profile_id AND a.starts_at > now() AND a.status IN ('scheduled', 'confirmed')
     ORDER BY a.starts_at, a.id
  LOOP
    PERFORM cancel_appointment(v_appointment.id);
    rows := rows + 1;
  END LOOP;
  RETURN NEXT;

  UPDATE appointments a SET notes = NULL, cancel_reason = NULL, metadata = '{}' WHERE a.customer_id = p_profile_id;
  item := 'appointments'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  PERFORM FROM queues q WHERE q.id IN (SELECT e.queue_id FROM queue_entries e WHERE e.customer_id = p_profile_id)
    ORDER BY q.id FOR NO KEY UPDATE;
  UPDATE queue_entries e
     SET guest_name = NULL, status = CASE WHEN e.status IN ('waiting', 'called') THEN 'left' ELSE e.status END,
         finished_at = CASE WHEN e.status IN ('waiting', 'called') THEN now() ELSE e.finished_at END
   WHERE e.customer_id = p_profile_id;
  item := 'queue_entries'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  UPDATE feedback f SET comment = NULL, reply = NULL WHERE f.customer_id = p_profile_id;
  item := 'feedback'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  UPDATE analytics_events v SET profile_id = NULL, session_id = NULL, properties = '{}' WHERE v.profile_id = p_profile_id;
  item := 'analytics_events'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  UPDATE consents c SET withdrawn_at = coalesce(c.withdrawn_at, greatest(now(), c.given_at)), address = NULL WHERE c.profile_id = p_profile_id;
  item := 'consents'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  -- Whoever works somewhere leaves a resource without a name.
  UPDATE resources r SET name = 'forgotten', user_id = NULL, active = false WHERE r.user_id = v_profile.user_id;
  item := 'resources'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  DELETE FROM organization_members m WHERE m.user_id = v_profile.user_id;
  item := 'organization_members'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  UPDATE api_keys k SET created_by = NULL WHERE k.created_by = v_profile.user_id;
  item := 'api_keys'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  UPDATE user_profiles p
     SET user_id = NULL, full_name = 'forgotten', email = NULL, phone = NULL, preferences = '{}', anonymized_at = now()
   WHERE p.id = p_profile_id;
  item := 'user_profiles'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  -- Last, with what the changes above have said of themselves.
  DELETE FROM notifications n WHERE n.profile_id = p_profile_id;
  item := 'notifications'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  UPDATE audit_log l SET changes = '{}'
   WHERE l.subject_id = p_profile_id OR l.subject_user_id = v_profile.user_id;
  item := 'audit_log'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  UPDATE audit_log l SET subject_user_id = NULL WHERE l.subject_user_id = v_profile.user_id;
  UPDATE audit_log l SET actor_id = NULL WHERE l.actor_id = v_profile.user_id;
  item := 'audit_log actors'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
END
