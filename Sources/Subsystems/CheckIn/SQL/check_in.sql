DECLARE
  v_failed integer;
  v_right boolean;
BEGIN
  IF NOT count_request(p_address) THEN
    RETURN jsonb_build_object('ok', false, 'error', 'rate_limited');
  END IF;

  -- Tries of one address come one after the other: twenty guesses at once are not twenty tries.
  PERFORM pg_advisory_xact_lock(hashtext('checkin.pin'), hashtext(host(p_address)));
  SELECT count(*) INTO v_failed FROM pin_attempts a
   WHERE a.address = p_address AND NOT a.succeeded AND a.attempted_at > now() - interval '15 minutes';
  IF v_failed >= 5 THEN
    RETURN jsonb_build_object('ok', false, 'error', 'locked_out');
  END IF;

  v_right := EXISTS (SELECT FROM staff_pins s WHERE s.active AND s.pin_hash = crypt(coalesce(p_pin, ''), s.pin_hash));
  IF NOT v_right THEN
    INSERT INTO pin_attempts (address, succeeded) VALUES (p_address, false);
    RETURN jsonb_build_object('ok', false, 'error', 'invalid_pin', 'attempts_left', 4 - v_failed);
  END IF;
  INSERT INTO pin_attempts (address, succeeded) VALUES (p_address, true);

  IF NOT EXISTS (SELECT FROM paidparticipants p WHERE p.row_hash = p_row_hash) THEN
    RETURN jsonb_build_object('ok', false, 'error', 'not_found');
  END IF;

  -- The first one stays; whoever comes later waits for it and reads it.
  INSERT INTO checkins AS c (row_hash, checked_in_at, checked_in_by)
  VALUES (p_row_hash, now(), host(p_address))
  ON CONFLICT (row_hash) DO UPDATE SET row_hash = c.row_hash;

  RETURN pass_json(p_row_hash);
END
