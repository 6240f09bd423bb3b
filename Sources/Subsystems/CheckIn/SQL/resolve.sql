BEGIN
  IF NOT count_request(p_address) THEN
    RETURN jsonb_build_object('ok', false, 'error', 'rate_limited');
  END IF;
  RETURN coalesce(pass_json(p_row_hash), jsonb_build_object('ok', false, 'error', 'not_found'));
END
