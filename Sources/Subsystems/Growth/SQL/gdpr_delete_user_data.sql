#variable_conflict use_variable
DECLARE
  v_email text := lower(btrim(user_email));
  v_leads uuid[];
  v_tokens text[];
  v_users uuid[];
  v_accounts uuid[];
  v_rows text[];
  v_known text[];
BEGIN
  IF v_email IS NULL AND user_id IS NULL AND session_token IS NULL AND ip_address IS NULL THEN
    RAISE EXCEPTION 'nobody is named whose data should be deleted' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- From what is known to what it leads to. Not from a session to its lead or another's address: those a visitor may
  -- have made up.
  v_users := ARRAY[user_id];
  v_leads := ARRAY(SELECT l.id FROM marketing.leads l WHERE l.email = v_email)
             || ARRAY(SELECT a.lead_id FROM whatsapp.accounts a WHERE a.owner_id = user_id AND a.lead_id IS NOT NULL);
  v_accounts := ARRAY(SELECT a.id FROM whatsapp.accounts a WHERE a.lead_id = ANY (v_leads) OR a.owner_id = user_id);
  v_users := v_users || ARRAY(SELECT a.owner_id FROM whatsapp.accounts a WHERE a.id = ANY (v_accounts));
  v_tokens := ARRAY(SELECT s.session_token FROM onboarding.sessions s
                     WHERE s.email = v_email OR s.user_id = ANY (v_users)
                        OR (s.lead_id = ANY (v_leads) AND s.email IN (SELECT l.email FROM marketing.leads l WHERE l.id = ANY (v_leads))))
              || ARRAY(SELECT e.session_id FROM analytics.events e WHERE e.user_id = ANY (v_users))
              || ARRAY(SELECT a.session_id FROM experiments.assignments a WHERE a.user_id = ANY (v_users))
              || session_token;
  v_known := v_leads::text[] || v_accounts::text[] || v_users::text[] || v_tokens || v_email
             || ARRAY(SELECT l.email FROM marketing.leads l WHERE l.id = ANY (v_leads));
  v_rows := v_leads::text[] || v_accounts::text[]
            || ARRAY(SELECT s.id::text FROM onboarding.sessions s WHERE s.session_token = ANY (v_tokens))
            || ARRAY(SELECT t.id::text FROM whatsapp.templates t WHERE t.account_id = ANY (v_accounts));

  DELETE FROM analytics.events e
   WHERE e.session_id = ANY (v_tokens) OR e.user_id = ANY (v_users) OR e.lead_id = ANY (v_leads);
  item := 'analytics.events'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM analytics.pending_events p WHERE p.lead_id = ANY (v_leads);
  item := 'analytics.pending_events'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM experiments.assignments a WHERE a.session_id = ANY (v_tokens) OR a.user_id = ANY (v_users);
  item := 'experiments.assignments'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM whatsapp.templates t WHERE t.account_id = ANY (v_accounts);
  item := 'whatsapp.templates'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM whatsapp.accounts a WHERE a.id = ANY (v_accounts);
  item := 'whatsapp.accounts'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM onboarding.step_activities s USING onboarding.sessions o
   WHERE o.id = s.session_id AND o.session_token = ANY (v_tokens);
  item := 'onboarding.step_activities'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM onboarding.sessions s WHERE s.session_token = ANY (v_tokens);
  item := 'onboarding.sessions'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM marketing.lead_interactions i WHERE i.lead_id = ANY (v_leads);
  item := 'marketing.lead_interactions'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM marketing.leads l WHERE l.id = ANY (v_leads);
  item := 'marketing.leads'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  -- Somebody who works with leads: what they did stays, without them.
  UPDATE marketing.leads l SET assigned_to = NULL WHERE l.assigned_to = ANY (v_users);
  item := 'marketing.leads assigned'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  UPDATE marketing.lead_interactions i SET created_by = NULL WHERE i.created_by = ANY (v_users);
  item := 'marketing.lead_interactions made'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM marketing.request_rates r WHERE right(r.key, length(host(ip_address)) + 1) = ':' || host(ip_address);
  item := 'marketing.request_rates'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  -- Last, with what the changes above have said of themselves.
  DELETE FROM analytics.audit_trail t
   WHERE t.row_id = ANY (v_rows)
      -- As a value of its own: an address may be the end of another.
      OR EXISTS (SELECT FROM unnest(v_known) AS k WHERE position(to_jsonb(k)::text IN t.changes::text) > 0);
  item := 'analytics.audit_trail'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  UPDATE analytics.audit_trail t SET actor = NULL WHERE t.actor = ANY (v_known);
  item := 'analytics.audit_trail actors'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
END
