#variable_conflict use_column
DECLARE
  v_record jsonb;
  v_row webinar_registrants;
  v_good webinar_registrants[] := '{}';
  v_reason text;
BEGIN
  received := 0; inserted := 0; updated := 0; rejected := 0;
  IF jsonb_typeof(p_records) IS DISTINCT FROM 'array' THEN
    RAISE EXCEPTION 'a page is a JSON array of records, not %', coalesce(jsonb_typeof(p_records), 'NULL')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;

  FOR v_record IN SELECT value FROM jsonb_array_elements(p_records) LOOP
    received := received + 1;
    BEGIN
      v_row := NULL;
      v_row.webinarjam_id := (v_record ->> 'id')::integer;
      v_row.lead_id := nullif(v_record ->> 'lead_id', '')::integer;
      v_row.webinar_id := (v_record ->> 'webinar_id')::integer;
      v_row.schedule_id := (v_record ->> 'schedule_id')::integer;
      v_row.event_id := nullif(v_record ->> 'event_id', '')::integer;
      v_row.email := lower(btrim(v_record ->> 'email'));
      v_row.first_name := nullif(btrim(v_record ->> 'first_name'), '');
      v_row.last_name := nullif(btrim(v_record ->> 'last_name'), '');
      v_row.phone_country_code := nullif(btrim(v_record ->> 'phone_country_code'), '');
      v_row.phone_number := nullif(btrim(v_record ->> 'phone_number'), '');
      v_row.webinar_name := v_record ->> 'webinar_name';
      v_row.schedule := v_record ->> 'schedule';
      v_row.event_date := parse_timestamp(v_record ->> 'event_date');
      v_row.signup_date := parse_timestamp(v_record ->> 'signup_date');
      v_row.attended_live := parse_flag(v_record ->> 'attended_live');
      v_row.date_live := parse_timestamp(v_record ->> 'date_live');
      v_row.entered_live := parse_interval(v_record ->> 'entered_live');
      v_row.time_live := parse_interval(v_record ->> 'time_live');
      v_row.purchased_live := parse_flag(v_record ->> 'purchased_live');
      v_row.revenue_live := parse_revenue(v_record ->> 'revenue_live');
      v_row.attended_replay := parse_flag(v_record ->> 'attended_replay');
      v_row.date_replay := parse_timestamp(v_record ->> 'date_replay');
      v_row.time_replay := parse_interval(v_record ->> 'time_replay');
      v_row.purchased_replay := parse_flag(v_record ->> 'purchased_replay');
      v_row.revenue_replay := parse_revenue(v_record ->> 'revenue_replay');

      v_reason := CASE
        WHEN jsonb_typeof(v_record) <> 'object' THEN 'the record is no JSON object'
        WHEN v_row.webinarjam_id IS NULL THEN 'id is missing'
        WHEN v_row.webinar_id IS NULL THEN 'webinar_id is missing'
        WHEN v_row.schedule_id IS NULL THEN 'schedule_id is missing'
        WHEN coalesce(v_row.email, '') = '' THEN 'email is missing'
        WHEN position('@' IN v_row.email) = 0 THEN format('"%s" is no email address', left(v_row.email, 100)) END;
      IF v_reason IS NOT NULL THEN
        RAISE EXCEPTION USING MESSAGE = v_reason, ERRCODE = 'data_exception';
      END IF;
      v_good := v_good || v_row;
    EXCEPTION WHEN data_exception THEN
      -- Whatever does not fit its type: the record is kept for review, the page goes on.
      rejected := rejected + 1;
      INSERT INTO sync_rejects (run_id, record, reason) VALUES (p_run_id, v_record, SQLERRM);
    END;
  END LOOP;

  -- Of several records of one registration in a page, the last one wins.
  WITH page AS (
    SELECT DISTINCT ON (g.webinarjam_id) g.*
      FROM unnest(v_good) WITH ORDINALITY AS g
     ORDER BY g.webinarjam_id, g.ordinality DESC),
  written AS (
    INSERT INTO webinar_registrants AS r (
      webinarjam_id, lead_id, webinar_id, schedule_id, event_id, email, first_name, last_name, phone_country_code,
      phone_number, webinar_name, schedule, event_date, signup_date, attended_live, date_live, entered_live, time_live,
      purchased_live, revenue_live, attended_replay, date_replay, time_replay, purchased_replay, revenue_replay,
      last_synced_at)
    SELECT webinarjam_id, lead_id, webinar_id, schedule_id, event_id, email, first_name, last_name, phone_country_code,
           phone_number, webinar_name, schedule, event_date, signup_date, attended_live, date_live, entered_live,
           time_live, purchased_live, revenue_live, attended_replay, date_replay, time_replay, purchased_replay,
           revenue_replay, now()
      FROM page ORDER BY webinarjam_id
    ON CONFLICT (webinarjam_id) DO UPDATE SET
      lead_id = excluded.lead_id, webinar_id = excluded.webinar_id, schedule_id = excluded.schedule_id,
      event_id = excluded.event_id, email = excluded.email, first_name = excluded.first_name,
      last_name = excluded.last_name, phone_country_code = excluded.phone_country_code,
      phone_number = excluded.phone_number, webinar_name = excluded.webinar_name, schedule = excluded.schedule,
      event_date = excluded.event_date, signup_date = excluded.signup_date, attended_live = excluded.attended_live,
      date_live = excluded.date_live, entered_live = excluded.entered_live, time_live = excluded.time_live,
      purchased_live = excluded.purchased_live, revenue_live = excluded.revenue_live,
      attended_replay = excluded.attended_replay, date_replay = excluded.date_replay, time_replay = excluded.time_replay,
      purchased_replay = excluded.purchased_replay, revenue_replay = excluded.revenue_replay,
      last_synced_at = excluded.last_synced_at
    RETURNING (xmax = 0) AS is_new)
  SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) INTO inserted, updated FROM written;

  IF p_run_id IS NOT NULL THEN
    UPDATE sync_runs s
       SET pages = s.pages + 1, received = s.received + upsert_registrants.received,
           inserted = s.inserted + upsert_registrants.inserted, updated = s.updated + upsert_registrants.updated,
           rejected = s.rejected + upsert_registrants.rejected
     WHERE s.id = p_run_id;
  END IF;
  RETURN NEXT;
END
